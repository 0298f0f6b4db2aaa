package dev.godwit.activities.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Writes a file that gets holes where there are whole blocks of zeros. */
final class SparseOutput extends OutputStream {
    private static final int BLOCK = 1 << 12;
    private static final byte[] ZEROS = new byte[BLOCK];

    private final FileChannel channel;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK);

    SparseOutput(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[]{(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int at = offset;
        while (at < offset + length) {
            int part = Math.min(block.remaining(), offset + length - at);
            block.put(bytes, at, part);
            at += part;
            if (!block.hasRemaining()) {
                writeBlock();
            }
        }
    }

    private void writeBlock() throws IOException {
        block.flip();
        if (block.limit() == BLOCK && Arrays.equals(block.array(), ZEROS)) {
            channel.position(channel.position() + BLOCK);
        } else {
            while (block.hasRemaining()) {
                channel.write(block);
            }
        }
        block.clear();
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            writeBlock();
            if (channel.size() < channel.position()) {
                // A hole at the end needs something after it.
                channel.write(ByteBuffer.allocate(1), channel.position() - 1);
            }
        }
    }
}
