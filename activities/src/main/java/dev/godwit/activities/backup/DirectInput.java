package dev.godwit.activities.backup;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Reads a large file as the disk has it, whatever the page cache has of it, and some of it ahead of who wants it. */
final class DirectInput extends InputStream {
    private static final int AHEAD = 3;

    private final Path file;
    private final DirectFile direct;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Deque<Future<ByteBuffer>> ahead = new ArrayDeque<>();
    private final long size;
    private ByteBuffer buffer;
    private long next;

    private DirectInput(Path file, DirectFile direct, long size) {
        this.file = file;
        this.direct = direct;
        this.size = size;
        this.buffer = direct.buffer().limit(0);
        for (int i = 0; i < AHEAD; i++) {
            begin(direct.buffer());
        }
    }

    /** Empty where the file system, or the JVM, knows no such way. */
    static Optional<InputStream> open(Path file) throws IOException {
        Optional<DirectFile> opened = DirectFile.open(file, StandardOpenOption.READ);
        if (opened.isEmpty()) {
            return Optional.empty();
        }
        FileChannel channel = opened.get().channel();
        try {
            return Optional.of(new DirectInput(file, opened.get(), channel.size()));
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!buffer.hasRemaining()) {
            if (ahead.isEmpty()) {
                return -1;
            }
            ByteBuffer filled = oldest();
            begin(buffer);
            buffer = filled;
        }
        int some = Math.min(length, buffer.remaining());
        buffer.get(bytes, offset, some);
        return some;
    }

    private void begin(ByteBuffer free) {
        long position = next;
        long wanted = Math.min(free.capacity(), size - position);
        if (wanted <= 0) {
            return;
        }
        next += wanted;
        ahead.add(thread.submit(() -> {
            int read = direct.channel().read(free.clear(), position);
            if (read != wanted) {
                throw new IOException("only " + read + " of " + wanted + " bytes at " + position + " could be read");
            }
            return free.flip();
        }));
    }

    private ByteBuffer oldest() throws IOException {
        try {
            return ahead.remove().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw DurableFiles.naming(file, failure);
            }
            throw new IOException(e.getCause());
        }
    }

    @Override
    public void close() throws IOException {
        thread.shutdown();
        thread.close();
        direct.channel().close();
    }
}
