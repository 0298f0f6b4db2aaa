package dev.godwit.activities.backup;

import dev.godwit.activities.backup.ContentReader.Content;
import dev.godwit.activities.backup.NewBackup.Copy;
import dev.godwit.activities.backup.Noticed.What;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Keeps all files in one compressed archive. Small ones are read ahead by several threads. */
final class ArchiveKeeping implements Keeping, AutoCloseable {
    private static final int SMALL = 1 << 18;
    private static final int PERMISSIONS = 07777;
    /** As tar has it; the library hands everything on in pieces of this size. */
    private static final int TAR_BLOCK = 20 * 512;

    private final OutputStream archive;
    private final ZstdFrames.Output frames;
    private final TarArchiveOutputStream tar;
    private final Noticed noticed;

    ArchiveKeeping(OutputStream archive, int threads, Noticed noticed) {
        this.archive = archive;
        this.frames = new ZstdFrames.Output(archive, threads);
        this.tar = new TarArchiveOutputStream(frames, TAR_BLOCK, StandardCharsets.UTF_8.name());
        this.noticed = noticed;
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
    }

    @Override
    public Rest begin(Found found) throws IOException {
        if (found.facts().size() > SMALL) {
            return () -> large(found);
        }
        Memory memory = new Memory(Math.toIntExact(found.facts().size()));
        Content content = ContentReader.ofThread().copy(found.file(), found.facts(), memory);
        return () -> {
            Kept kept = kept(found, content);
            tar.putArchiveEntry(header(kept.entry(), content.size()));
            tar.write(memory.bytes, 0, memory.filled);
            tar.closeArchiveEntry();
            return kept;
        };
    }

    /** The size is said before the content, so that a file which grows or shrinks meanwhile is cut off or filled up. */
    private Kept large(Found found) throws IOException {
        TarArchiveEntry header = header(Entry.ofFile(found.path(), found.facts(), 0, "", false, Optional.empty()),
                found.facts().size());
        // Opened before the archive says that it comes: from then on it can be read, even if it is deleted.
        try (FileChannel channel = FileChannel.open(found.file(), StandardOpenOption.READ)) {
            tar.putArchiveEntry(header);
            Content content = ContentReader.ofThread()
                    .copyExactly(channel, found.file(), found.facts(), new Streamed());
            tar.closeArchiveEntry();
            return kept(found, content);
        }
    }

    private Kept kept(Found found, Content content) {
        if (content.changed()) {
            noticed.add(What.CHANGED_WHILE_READ, found.path());
        }
        Entry entry = Entry.ofFile(found.path(), content.facts(), content.size(), content.sha256(), content.sparse(),
                Optional.empty());
        return new Kept(entry, content.replaced());
    }

    @Override
    public void directory(Entry directory) throws IOException {
        put(header(directory, 0));
    }

    @Override
    public void name(Entry entry, boolean firstIsHere) throws IOException {
        byte type = entry.link().isPresent() ? TarConstants.LF_SYMLINK : TarConstants.LF_LINK;
        TarArchiveEntry header = new TarArchiveEntry(entry.path(), type);
        header.setLinkName(entry.link().orElseGet(() -> entry.sameAs().orElseThrow()));
        put(describe(header, entry));
    }

    private void put(TarArchiveEntry header) throws IOException {
        tar.putArchiveEntry(header);
        tar.closeArchiveEntry();
    }

    private static TarArchiveEntry header(Entry entry, long size) {
        TarArchiveEntry header = new TarArchiveEntry(entry.path());
        header.setSize(size);
        return describe(header, entry);
    }

    private static TarArchiveEntry describe(TarArchiveEntry header, Entry entry) {
        String owner = entry.owner().orElseThrow();
        int colon = owner.indexOf(':');
        header.setUserId(Integer.toUnsignedLong(Integer.parseInt(owner.substring(0, colon))));
        header.setGroupId(Integer.toUnsignedLong(Integer.parseInt(owner.substring(colon + 1))));
        header.setMode(Permissions.mode(entry.mode()) & PERMISSIONS);
        header.setModTime(FileTime.from(entry.modified()));
        return header;
    }

    /** Ends the archive; without, it is none. */
    long finish() throws IOException {
        tar.finish();
        frames.finish();
        archive.close();
        return frames.written();
    }

    @Override
    public void close() throws IOException {
        frames.close();
        archive.close();
    }

    private static final class Memory implements Copy {
        private byte[] bytes;
        private int filled;

        Memory(int size) {
            bytes = new byte[size];
        }

        @Override
        public void write(ByteBuffer some) {
            int length = some.remaining();
            if (bytes.length - filled < length) {
                bytes = Arrays.copyOf(bytes, Math.addExact(filled, length));
            }
            some.get(bytes, filled, length);
            filled += length;
        }

        @Override
        public void skip(ByteBuffer zeros) {
            write(zeros);
        }

        @Override
        public void restart() {
            filled = 0;
        }

        @Override
        public Optional<Instant> finish(Path file, FileFacts facts, String sha256) {
            return Optional.empty();
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }

    private final class Streamed implements Copy {
        private final byte[] chunk = new byte[1 << 16];

        @Override
        public void write(ByteBuffer some) throws IOException {
            while (some.hasRemaining()) {
                int length = Math.min(chunk.length, some.remaining());
                some.get(chunk, 0, length);
                tar.write(chunk, 0, length);
            }
        }

        @Override
        public void skip(ByteBuffer zeros) throws IOException {
            write(zeros);
        }

        @Override
        public void restart() {
            throw new IllegalStateException("what was streamed cannot be taken back");
        }

        @Override
        public Optional<Instant> finish(Path file, FileFacts facts, String sha256) {
            return Optional.empty();
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
