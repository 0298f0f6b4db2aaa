package dev.godwit.activities.tables.copy;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.tables.values.CopyBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Rows that were read, checked and encoded, on their way into PostgreSQL: files of chunks, each a number of rows, a number
 * of bytes, and the rows in the form of a binary COPY. Because all rows are here before the first is written, nothing is
 * written if one of them does not fit; and because they stay until the last is written, a copy that dies goes on with the
 * same rows whatever happens to the source meanwhile.
 */
final class RowSpool {
    /** How large a chunk becomes before it is written. */
    static final int CHUNK = 1 << 20;

    private static final int HEADER = 8;

    private final Path directory;

    RowSpool(Path directory) {
        this.directory = directory;
    }

    /** A part that is being written, by one thread. */
    private Writer write(int part) throws IOException {
        return new Writer(FileChannel.open(file(part), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    }

    /** A part that was written, from an offset at which a chunk begins. */
    Reader read(int part, long offset) throws IOException {
        FileChannel channel = FileChannel.open(file(part), StandardOpenOption.READ);
        channel.position(offset);
        return new Reader(channel, offset);
    }

    /** Gives all rows to a sink. */
    @FunctionalInterface
    interface Filling {
        void into(RowSource.Sink sink) throws Exception;
    }

    /**
     * Writes so many parts, and what is in them outlives the machine.
     *
     * @return how many rows each has
     */
    List<Long> fill(int parts, Filling filling) throws Exception {
        Writer[] writers = new Writer[parts];
        try {
            for (int i = 0; i < parts; i++) {
                writers[i] = write(i);
            }
            filling.into((part, rows, buffer) -> writers[part].chunk(rows, buffer));
            for (Writer writer : writers) {
                writer.sync();
            }
        } finally {
            for (Writer writer : writers) {
                if (writer != null) {
                    writer.close();
                }
            }
        }
        sync();
        return Stream.of(writers).map(Writer::rows).toList();
    }

    /** What is in it outlives the machine. */
    private void sync() throws IOException {
        DurableFiles.syncDirectory(directory);
        DurableFiles.syncDirectory(directory.getParent());
    }

    private Path file(int part) {
        return directory.resolve("part-" + part);
    }

    /** Removes it, also if it is not there. */
    void delete() throws IOException {
        if (Files.exists(directory)) {
            DurableFiles.deleteTree(directory);
        }
    }

    static final class Writer implements AutoCloseable {
        private final FileChannel channel;
        private final ByteBuffer header = ByteBuffer.allocate(HEADER);
        private long rows;

        private Writer(FileChannel channel) {
            this.channel = channel;
        }

        void chunk(int rowsInIt, CopyBuffer rowsOfIt) throws IOException {
            header.clear().putInt(rowsInIt).putInt(rowsOfIt.length()).flip();
            ByteBuffer[] both = {header, ByteBuffer.wrap(rowsOfIt.bytes(), 0, rowsOfIt.length())};
            while (both[1].hasRemaining()) {
                channel.write(both);
            }
            rows += rowsInIt;
        }

        long rows() {
            return rows;
        }

        void sync() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    static final class Reader implements AutoCloseable {
        private final FileChannel channel;
        private final ByteBuffer header = ByteBuffer.allocate(HEADER);
        private long offset;
        private int rows;
        private byte[] bytes = new byte[CHUNK];
        private int length;

        private Reader(FileChannel channel, long offset) {
            this.channel = channel;
            this.offset = offset;
        }

        /** Goes to the next chunk, if there is one. */
        boolean next() throws IOException {
            header.clear();
            if (channel.read(header) < 0) {
                return false;
            }
            fill(header);
            header.flip();
            rows = header.getInt();
            length = header.getInt();
            if (bytes.length < length) {
                bytes = new byte[length];
            }
            fill(ByteBuffer.wrap(bytes, 0, length));
            offset += HEADER + length;
            return true;
        }

        int rows() {
            return rows;
        }

        byte[] bytes() {
            return bytes;
        }

        int length() {
            return length;
        }

        /** Where the chunk ends. */
        long offset() {
            return offset;
        }

        private void fill(ByteBuffer buffer) throws IOException {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw new EOFException("the rows that were kept for the copy end too early");
                }
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
