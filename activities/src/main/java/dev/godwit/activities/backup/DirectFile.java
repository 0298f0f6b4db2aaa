package dev.godwit.activities.backup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A file that is read or written past the page cache, in whole blocks and from buffers of its own.
 *
 * @param block bytes of a block: positions, lengths and buffers are multiples of it
 */
record DirectFile(FileChannel channel, int block) {
    /** Long enough for a disk to be busy with it. */
    static final int BUFFER = 4 << 20;
    /** An option of OpenJDK, at which the compiler warns, and which other JVMs need not have. */
    private static final Optional<OpenOption> DIRECT = direct();

    private static Optional<OpenOption> direct() {
        try {
            for (Object option : Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option.toString().equals("DIRECT")) {
                    return Optional.of((OpenOption) option);
                }
            }
        } catch (ClassNotFoundException e) {
            // Files are read and written as usual, then.
        }
        return Optional.empty();
    }

    /** Empty where the file system, or the JVM, knows no such way; the file may have been made then. */
    static Optional<DirectFile> open(Path file, OpenOption... options) throws IOException {
        if (DIRECT.isEmpty()) {
            return Optional.empty();
        }
        Set<OpenOption> all = new HashSet<>(List.of(options));
        all.add(DIRECT.get());
        try {
            int block = Math.toIntExact(Files.getFileStore(file.getParent()).getBlockSize());
            return BUFFER % block == 0
                    ? Optional.of(new DirectFile(FileChannel.open(file, all), block))
                    : Optional.empty();
        } catch (UnsupportedOperationException e) {
            return Optional.empty();
        } catch (FileSystemException e) {
            if (e.getClass() == FileSystemException.class) {
                return Optional.empty(); // That an argument is invalid.
            }
            throw e;
        }
    }

    /** A new one that a disk can take from, or put into. */
    ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(BUFFER + block).alignedSlice(block).slice(0, BUFFER);
    }
}
