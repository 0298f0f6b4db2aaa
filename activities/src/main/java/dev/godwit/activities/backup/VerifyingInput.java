package dev.godwit.activities.backup;

import dev.godwit.activities.files.Hashes;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** The content of a backed-up file; that it is what was backed up is known when its end was read. */
final class VerifyingInput extends FilterInputStream {
    private final MessageDigest digest = Hashes.newSha256();
    private final Entry entry;
    private final StoredBackup backup;
    private boolean ended;

    VerifyingInput(InputStream in, Entry entry, StoredBackup backup) {
        super(in);
        this.entry = entry;
        this.backup = backup;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = in.read(bytes, offset, length);
        if (read > 0) {
            digest.update(bytes, offset, read);
        } else if (read < 0 && !ended) {
            ended = true;
            if (!Hashes.hex(digest).equals(entry.sha256().orElseThrow())) {
                throw backup.damaged(entry.path() + ": its content is not what was backed up");
            }
        }
        return read;
    }
}
