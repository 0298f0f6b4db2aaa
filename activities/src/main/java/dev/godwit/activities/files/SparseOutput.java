package dev.godwit.activities.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Writes a file that gets holes where there are whole blocks of zeros. */
final class SparseOutput extends BlockOutput {
    private static final int BLOCK = 1 << 12;
    private static final byte[] ZEROS = new byte[BLOCK];

    private final FileChannel channel;

    SparseOutput(Path file) throws IOException {
        super(ByteBuffer.allocate(BLOCK));
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
    }

    @Override
    protected void pass(ByteBuffer full) throws IOException {
        if (full.limit() == BLOCK && Arrays.equals(full.array(), ZEROS)) {
            channel.position(channel.position() + BLOCK);
            return;
        }
        while (full.hasRemaining()) {
            channel.write(full);
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            pass();
            if (channel.size() < channel.position()) {
                // A hole at the end needs something after it.
                channel.write(ByteBuffer.allocate(1), channel.position() - 1);
            }
        }
    }
}
