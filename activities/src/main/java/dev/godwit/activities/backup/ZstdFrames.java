package dev.godwit.activities.backup;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.godwit.step.StepStopped;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Zstandard on several threads in both directions. The content is cut into frames, each by itself, and before each stands a
 * skippable frame that says how long it is, as pzstd writes it; whatever reads Zstandard reads that.
 */
final class ZstdFrames {
    private static final int CONTENT = 4 << 20;
    private static final int LEVEL = 3;
    private static final int SKIPPABLE = 0x184D2A50;
    private static final int SKIPPABLE_BYTES = 12;
    private static final int LENGTH_BYTES = 4;

    private ZstdFrames() {}

    private static final class Pieces implements AutoCloseable {
        private final ExecutorService threads;
        private final int most;
        private final Deque<Future<byte[]>> underWay = new ArrayDeque<>();

        Pieces(int threads) {
            this.threads = Executors.newFixedThreadPool(threads);
            this.most = threads + 1;
        }

        byte[] oldest() throws IOException {
            try {
                return underWay.remove().get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StepStopped("interrupted");
            } catch (ExecutionException e) {
                throw new IOException(e.getCause().getMessage(), e.getCause());
            }
        }

        @Override
        public void close() {
            threads.shutdownNow();
            threads.close();
        }
    }

    /** Compresses what is written. */
    static final class Output extends OutputStream {
        private final OutputStream out;
        private final Pieces pieces;
        private byte[] content = new byte[CONTENT];
        private int filled;
        private long written;

        Output(OutputStream out, int threads) {
            this.out = out;
            this.pieces = new Pieces(threads);
        }

        /** How many compressed bytes were written. */
        long written() {
            return written;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[]{(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int at = offset;
            while (at < offset + length) {
                int some = Math.min(content.length - filled, offset + length - at);
                System.arraycopy(bytes, at, content, filled, some);
                filled += some;
                at += some;
                if (filled == content.length) {
                    begin();
                }
            }
        }

        private void begin() throws IOException {
            byte[] piece = content;
            int length = filled;
            if (pieces.underWay.size() == pieces.most) {
                emit();
            }
            pieces.underWay.add(pieces.threads.submit(() -> compressed(piece, length)));
            content = new byte[CONTENT];
            filled = 0;
        }

        private static byte[] compressed(byte[] piece, int length) {
            try (ZstdCompressCtx context = new ZstdCompressCtx()) {
                context.setLevel(LEVEL).setChecksum(true).setContentSize(true);
                return context.compress(length == piece.length ? piece : Arrays.copyOf(piece, length));
            }
        }

        private void emit() throws IOException {
            byte[] frame = pieces.oldest();
            byte[] header = ByteBuffer.allocate(SKIPPABLE_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(SKIPPABLE)
                    .putInt(LENGTH_BYTES)
                    .putInt(frame.length)
                    .array();
            out.write(header);
            out.write(frame);
            written += header.length + frame.length;
        }

        /** Writes what is left, and does not close what it writes to. */
        void finish() throws IOException {
            if (filled > 0) {
                begin();
            }
            while (!pieces.underWay.isEmpty()) {
                emit();
            }
        }

        @Override
        public void close() throws IOException {
            pieces.close();
        }
    }

    /** Decompresses what is read. */
    static final class Input extends InputStream {
        private final InputStream in;
        private final Pieces pieces;
        private byte[] content = new byte[0];
        private int at;
        private boolean ended;

        Input(InputStream in, int threads) {
            this.in = in;
            this.pieces = new Pieces(threads);
        }

        @Override
        public int read() throws IOException {
            return advance() ? content[at++] & 0xff : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!advance()) {
                return -1;
            }
            int some = Math.min(length, content.length - at);
            System.arraycopy(content, at, bytes, offset, some);
            at += some;
            return some;
        }

        private boolean advance() throws IOException {
            while (at == content.length) {
                while (!ended && pieces.underWay.size() < pieces.most) {
                    begin();
                }
                if (pieces.underWay.isEmpty()) {
                    return false;
                }
                content = pieces.oldest();
                at = 0;
            }
            return true;
        }

        private void begin() throws IOException {
            byte[] header = in.readNBytes(SKIPPABLE_BYTES);
            if (header.length == 0) {
                ended = true;
                return;
            }
            if (header.length < SKIPPABLE_BYTES) {
                throw new EOFException("it is cut short");
            }
            ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
            int length;
            if (fields.getInt() != SKIPPABLE || fields.getInt() != LENGTH_BYTES || (length = fields.getInt()) < 0
                    || length > 2 * CONTENT) {
                throw new IOException("its frames are not what they were");
            }
            byte[] frame = in.readNBytes(length);
            if (frame.length < length) {
                throw new EOFException("it is cut short");
            }
            pieces.underWay.add(pieces.threads.submit(() -> decompressed(frame)));
        }

        private static byte[] decompressed(byte[] frame) throws IOException {
            try (ZstdDecompressCtx context = new ZstdDecompressCtx()) {
                long size = Zstd.getFrameContentSize(frame);
                if (size < 0 || size > CONTENT) {
                    throw new IOException("its frames are not what they were");
                }
                return context.decompress(frame, (int) size);
            } catch (ZstdException e) {
                throw new IOException("it cannot be decompressed (" + e.getMessage() + ")", e);
            }
        }

        @Override
        public void close() throws IOException {
            pieces.close();
            in.close();
        }
    }
}
