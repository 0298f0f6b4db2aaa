package dev.godwit.activities.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.LongConsumer;

/** Writes that have reached the disk when the call returns, but for {@link #replace}. */
public final class DurableFiles {
    private DurableFiles() {}

    /** Creates or replaces a small file: at any moment, also after a crash, it is whole. */
    public static void write(Path file, byte[] content) throws IOException {
        Path temporary = temporary(file);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            writeFully(channel, content);
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(file.getParent());
    }

    /** The same without waiting for the disk: whole for other processes, whatever happens to this one. */
    static void replace(Path file, byte[] content) throws IOException {
        Path temporary = temporary(file);
        Files.write(temporary, content);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path temporary(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".tmp");
    }

    /** Makes names in a directory survive a crash. */
    public static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Makes a file's content survive a crash. */
    public static void syncFile(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * The same for a file that may be large, of which the disk may have nothing yet.
     *
     * @param pulse called about twice a second
     */
    public static void syncFile(Path file, Runnable pulse) throws IOException {
        LongCall.<Void, IOException>run(pulse, () -> {
            syncFile(file);
            return null;
        });
    }

    /** The same failure, naming the file that was being written, which the streams of Java do not. */
    public static IOException naming(Path file, IOException failure) {
        if (failure instanceof FileSystemException) {
            return failure;
        }
        FileSystemException named = new FileSystemException(file.toString(), null, failure.getMessage());
        named.initCause(failure);
        return named;
    }

    /** Removes a file or a directory with all that is in it; fine if it is not there, or others remove from it too. */
    public static void deleteTree(Path tree) throws IOException {
        deleteTree(tree, removed -> {});
    }

    /**
     * The same for a tree that may be large: some file systems take minutes for what was written just before.
     *
     * @param progress is told how many files and directories are gone
     */
    public static void deleteTree(Path tree, LongConsumer progress) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            private long removed;

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                progress.accept(++removed);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(directory);
                progress.accept(++removed);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    static void writeFully(FileChannel channel, byte[] content) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
