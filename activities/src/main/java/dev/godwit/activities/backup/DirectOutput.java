package dev.godwit.activities.backup;

import dev.godwit.activities.host.DurableFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Writes a large file past the page cache. Copying a gigabyte there, only to have it written to disk and read back from memory,
 * costs as much of a processor as a third of its compression; and what is read back for a proof is then what the disk has.
 */
final class DirectOutput extends OutputStream {
    private final Path file;
    private final FileChannel channel;
    private final int block;
    private final ByteBuffer buffer;
    private boolean closed;

    private DirectOutput(Path file, DirectFile direct) {
        this.file = file;
        this.channel = direct.channel();
        this.block = direct.block();
        this.buffer = direct.buffer();
    }

    /** Of a new file; empty where the file system, or the JVM, knows no such way. */
    static Optional<OutputStream> create(Path file) throws IOException {
        Optional<DirectFile> opened = DirectFile.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (opened.isEmpty()) {
            Files.deleteIfExists(file);
        }
        return opened.map(direct -> new DirectOutput(file, direct));
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[]{(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int at = offset;
        while (at < offset + length) {
            int some = Math.min(buffer.remaining(), offset + length - at);
            buffer.put(bytes, at, some);
            at += some;
            if (!buffer.hasRemaining()) {
                drain();
            }
        }
    }

    private void drain() throws IOException {
        buffer.flip();
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException failure) {
            throw DurableFiles.naming(file, failure);
        }
        buffer.clear();
    }

    /** Whole blocks only can be written: the last one is filled up, and cut off again. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (channel) {
            long size = channel.position() + buffer.position();
            while (buffer.position() % block != 0) {
                buffer.put((byte) 0);
            }
            drain();
            channel.truncate(size);
        }
    }
}
