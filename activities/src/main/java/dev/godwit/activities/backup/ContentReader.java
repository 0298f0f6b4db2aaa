package dev.godwit.activities.backup;

import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.host.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** Reads files once: for their copy and for their hash. */
final class ContentReader {
    private static final int BUFFER = 1 << 18;
    private static final int CHUNK = 1 << 14;
    private static final int BLOCK = 1 << 12;
    private static final int TRIES = 3;
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(BLOCK).asReadOnlyBuffer();
    private static final ThreadLocal<ContentReader> OF_THREAD = ThreadLocal.withInitial(ContentReader::new);

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private final byte[] chunk = new byte[CHUNK];
    private final MessageDigest digest = Hashes.newSha256();

    /** This thread's own. */
    static ContentReader ofThread() {
        return OF_THREAD.get();
    }

    /**
     * What was read.
     *
     * @param facts of the file when it was read
     * @param size how much of it
     * @param sparse whether it has holes
     * @param changed whether it changed each time it was read, so that it may be a mixture
     * @param replaced whether it may be another file than the one that was to be read
     */
    record Content(FileFacts facts, long size, String sha256, boolean sparse, boolean changed, boolean replaced) {}

    /** Reads a file into a copy; once more if it changed meanwhile. */
    Content copy(Path file, FileFacts before, NewBackup.Copy copy) throws IOException {
        FileFacts facts = before;
        boolean replaced = false;
        for (int tries = 1;; tries++) {
            Content content = copyOnce(file, facts, copy);
            FileFacts after = FileFacts.of(file);
            boolean changed = !after.sameContentAs(facts);
            replaced |= !after.key().equals(before.key());
            if (!changed || tries == TRIES) {
                return new Content(facts, content.size, content.sha256, content.sparse, changed, replaced);
            }
            facts = after;
            copy.restart();
        }
    }

    private Content copyOnce(Path file, FileFacts facts, NewBackup.Copy copy) throws IOException {
        long size = 0;
        Holes holes = new Holes(file, facts);
        digest.reset();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            boolean end = false;
            while (!end) {
                end = !fill(channel, file);
                size += buffer.remaining();
                update(buffer.duplicate());
                write(copy, holes);
            }
        }
        return new Content(facts, size, Hashes.hex(digest), holes.found(), false, false);
    }

    /**
     * Reads a file once, and as much of it as was said; what is missing then is filled up with zeros.
     *
     * @param channel reads it from its beginning, also if it is deleted meanwhile
     */
    Content copyExactly(FileChannel channel, Path file, FileFacts facts, NewBackup.Copy copy) throws IOException {
        Holes holes = new Holes(file, facts);
        digest.reset();
        long left = facts.size();
        boolean filled = false;
        while (left > 0) {
            filled |= !fill(channel, file);
            if (filled && buffer.remaining() < Math.min(left, BUFFER)) {
                buffer.position(buffer.limit()).limit((int) Math.min(left, BUFFER));
                while (buffer.hasRemaining()) {
                    buffer.put((byte) 0);
                }
                buffer.flip();
            }
            buffer.limit((int) Math.min(left, buffer.limit()));
            left -= buffer.remaining();
            update(buffer.duplicate());
            write(copy, holes);
        }
        boolean changed;
        boolean replaced;
        try {
            FileFacts after = FileFacts.of(file);
            changed = !after.sameContentAs(facts);
            replaced = !after.key().equals(facts.key());
        } catch (NoSuchFileException deleted) {
            // Its length is all that can still be asked for.
            changed = channel.size() != facts.size();
            replaced = true;
        }
        return new Content(facts, facts.size(), Hashes.hex(digest), holes.found(), changed, replaced);
    }

    /** Reads until the buffer is full; false when the end was reached. */
    private boolean fill(FileChannel channel, Path file) throws IOException {
        buffer.clear();
        try {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException failure) {
            throw DurableFiles.naming(file, failure);
        } finally {
            buffer.flip();
        }
    }

    private void write(NewBackup.Copy copy, Holes holes) throws IOException {
        int written = 0;
        int end = buffer.limit();
        for (int at = 0; at + BLOCK <= end; at += BLOCK) {
            if (buffer.get(at) == 0 && buffer.slice(at, BLOCK).mismatch(ZEROS) < 0 && holes.here()) {
                if (written < at) {
                    copy.write(buffer.slice(written, at - written));
                }
                copy.skip(buffer.slice(at, BLOCK));
                written = at + BLOCK;
            }
        }
        if (written < end) {
            copy.write(buffer.slice(written, end - written));
        }
    }

    /** The hash of a file. */
    String sha256(Path file) throws IOException {
        digest.reset();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            boolean end = false;
            while (!end) {
                end = !fill(channel, file);
                update(buffer);
            }
        }
        return Hashes.hex(digest);
    }

    /** The hash of a stream's content, of which at most so much is read and one byte more. */
    String sha256(InputStream in, long size) throws IOException {
        digest.reset();
        long left = size + 1;
        while (left > 0) {
            int read = in.read(chunk, 0, (int) Math.min(left, chunk.length));
            if (read < 0) {
                break;
            }
            digest.update(chunk, 0, read);
            left -= read;
        }
        return Hashes.hex(digest);
    }

    private void update(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            int length = Math.min(bytes.remaining(), chunk.length);
            bytes.get(chunk, 0, length);
            digest.update(chunk, 0, length);
        }
    }
}
