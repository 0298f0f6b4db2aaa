package dev.godwit.activities.backup;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A backup that is being made in a directory. A file gets its modification time last: what has another one was left half-way
 * by an attempt that died, and is removed, not written to, since that attempt may only be very slow.
 */
final class DirectoryBackup implements NewBackup {
    /** From this size on a file is on its way to the disk while the next ones are copied. */
    private static final long EARLY = 1 << 22;
    private static final int PERMISSIONS = 0777;
    private static final int FEW = 64;

    private final Path root;
    private final Path directory;
    private final String name;
    private final boolean again;
    private final String self;
    private final FileSystemSync sync;
    private final AtomicInteger names = new AtomicInteger();

    /** @param again whether an earlier attempt has left something in the directory */
    DirectoryBackup(Path root, Path directory, String name, boolean again) throws IOException {
        this.root = root;
        this.directory = directory;
        this.name = name;
        this.again = again;
        // What lies in it may be less open where it comes from: the modes of its directories are in the inventory only.
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        Files.createDirectories(directory.resolve(BackupStore.TREE));
        this.self = FileFacts.of(directory).owner();
        this.sync = new FileSystemSync(directory);
    }

    @Override
    public String name() {
        return directory.getFileName().toString();
    }

    @Override
    public void directory(Entry entry) throws IOException {
        Files.createDirectories(path(entry.path()));
    }

    @Override
    public void name(Entry entry) throws IOException {
        Path copy = path(entry.path());
        Files.createDirectories(copy.getParent());
        Files.deleteIfExists(copy);
        if (entry.link().isPresent()) {
            Files.createSymbolicLink(copy, Path.of(entry.link().get()));
        } else {
            Files.createLink(copy, path(entry.sameAs().orElseThrow()));
        }
    }

    @Override
    public boolean has(String path, FileFacts facts) throws IOException {
        if (!again) {
            return false;
        }
        Path copy = path(path);
        try {
            FileFacts there = FileFacts.of(copy);
            if (there.isRegular() && there.size() == facts.size() && there.modified().equals(facts.modified())) {
                return true;
            }
            DurableFiles.deleteTree(copy);
        } catch (NoSuchFileException e) {
            return false;
        }
        return false;
    }

    @Override
    public void remove(String path) throws IOException {
        Files.delete(path(path));
    }

    @Override
    public Copy copy(String path, FileFacts facts) throws IOException {
        Path copy = path(path);
        try {
            return new FileCopy(copy);
        } catch (NoSuchFileException e) {
            Files.createDirectories(copy.getParent());
            return new FileCopy(copy);
        } catch (FileAlreadyExistsException e) {
            throw StepFailure.user("names-collide", "the directory for backups takes " + path
                    + " for the name of another file, as file systems do that ignore upper and lower case; keep the"
                    + " backup elsewhere, or as an archive").causedBy(e);
        }
    }

    /** A new file, whatever an attempt that may only be very slow has left under this name, or still writes to. */
    @Override
    public OutputStream create(String part) throws IOException {
        Path file = directory.resolve(part);
        Files.deleteIfExists(file);
        if (!part.equals(BackupStore.ARCHIVE)) {
            return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        }
        Optional<OutputStream> direct = DirectOutput.create(file);
        return direct.isPresent() ? direct.get() : new EarlyOutput(file);
    }

    /** What is written is on its way to the disk while more comes. */
    private final class EarlyOutput extends FilterOutputStream {
        private static final long OFTEN = 64 << 20;

        private final Path file;
        private long since;

        EarlyOutput(Path file) throws IOException {
            super(Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
            this.file = file;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException failure) {
                throw DurableFiles.naming(file, failure);
            }
            since += length;
            if (since >= OFTEN) {
                since = 0;
                sync.early(file);
            }
        }
    }

    @Override
    public InputStream open(String part) throws IOException {
        return DirectoryStore.open(directory, part);
    }

    @Override
    public Settling settle() throws IOException {
        return sync.begin(names.get() < FEW);
    }

    @Override
    public void publish() throws IOException {
        Files.move(directory, root.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncDirectory(root);
    }

    @Override
    public void complete(Complete complete) throws IOException {
        DurableFiles.write(root.resolve(name).resolve(BackupStore.COMPLETE),
                Json.pretty(complete).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void discard() throws IOException {
        DurableFiles.deleteTree(directory);
        DurableFiles.deleteTree(root.resolve(name));
    }

    @Override
    public void close() throws IOException {
        sync.close();
    }

    private Path path(String entry) {
        names.incrementAndGet();
        return directory.resolve(BackupStore.TREE).resolve(entry);
    }

    private final class FileCopy implements Copy {
        private final Path copy;
        private final FileChannel channel;
        private boolean endsWithHole;

        FileCopy(Path copy) throws IOException {
            this.copy = copy;
            this.channel = FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            endsWithHole = false;
            try {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            } catch (IOException failure) {
                throw DurableFiles.naming(copy, failure);
            }
        }

        @Override
        public void skip(ByteBuffer zeros) throws IOException {
            channel.position(channel.position() + zeros.remaining());
            endsWithHole = true;
        }

        @Override
        public void restart() throws IOException {
            channel.truncate(0);
            endsWithHole = false;
        }

        @Override
        public Optional<Instant> finish(Path file, FileFacts facts, String sha256) throws IOException {
            if (endsWithHole) {
                // A hole at the end needs something after it.
                channel.position(channel.position() - 1);
                write(ByteBuffer.allocate(1));
            }
            long size = channel.position();
            channel.close();
            if (!facts.owner().equals(self)) {
                Owner.tryToGive(copy, facts.owner());
            }
            Files.setAttribute(copy, "unix:mode", facts.mode() & PERMISSIONS, LinkOption.NOFOLLOW_LINKS);
            Files.setLastModifiedTime(copy, FileTime.from(facts.modified()));
            if (size >= EARLY) {
                sync.early(copy);
            }
            return Optional.of(FileFacts.of(copy).changed());
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
