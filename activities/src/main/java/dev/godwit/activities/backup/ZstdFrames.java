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
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

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

    /** A part of the content and its frame, used again once both are done with: large arrays are dear to make. */
    private abstract static class Piece implements AutoCloseable {
        final byte[] content = new byte[CONTENT];
        final byte[] frame = new byte[(int) Zstd.compressBound(CONTENT)];
        int contentLength;
        int frameLength;

        /** Makes one of the two of the other. */
        abstract Piece work() throws IOException;

        @Override
        public abstract void close();
    }

    private static final class Compressed extends Piece {
        private final ZstdCompressCtx context = new ZstdCompressCtx().setLevel(LEVEL)
                .setChecksum(true)
                .setContentSize(true);

        @Override
        Piece work() {
            frameLength = context.compressByteArray(frame, 0, frame.length, content, 0, contentLength);
            return this;
        }

        @Override
        public void close() {
            context.close();
        }
    }

    private static final class Decompressed extends Piece {
        private final ZstdDecompressCtx context = new ZstdDecompressCtx();

        @Override
        Piece work() throws IOException {
            try {
                long size = Zstd.getFrameContentSize(frame, 0, frameLength);
                if (size < 0 || size > CONTENT) {
                    throw new IOException("its frames are not what they were");
                }
                contentLength = context.decompressByteArray(content, 0, CONTENT, frame, 0, frameLength);
                if (contentLength != size) {
                    throw new IOException("its frames are not what they were");
                }
                return this;
            } catch (ZstdException e) {
                throw new IOException("it cannot be decompressed (" + e.getMessage() + ")", e);
            }
        }

        @Override
        public void close() {
            context.close();
        }
    }

    /** Those under way, in their order, and those that wait to be used again. */
    private static final class Pieces implements AutoCloseable {
        private final ExecutorService threads;
        private final int most;
        private final Supplier<Piece> made;
        private final Deque<Future<Piece>> underWay = new ArrayDeque<>();
        private final Deque<Piece> idle = new ArrayDeque<>();
        private final List<Piece> all = new ArrayList<>();

        Pieces(int threads, Supplier<Piece> made) {
            this.threads = Executors.newFixedThreadPool(threads);
            this.most = threads + 2;
            this.made = made;
        }

        Piece take() {
            if (idle.isEmpty()) {
                all.add(made.get());
                return all.getLast();
            }
            return idle.remove();
        }

        void giveBack(Piece piece) {
            idle.add(piece);
        }

        boolean isFull() {
            return underWay.size() == most;
        }

        boolean isEmpty() {
            return underWay.isEmpty();
        }

        Future<Piece> start(Piece piece) {
            return threads.submit(piece::work);
        }

        void add(Future<Piece> next) {
            underWay.add(next);
        }

        Piece oldest() throws IOException {
            return result(underWay.remove());
        }

        static Piece result(Future<Piece> future) throws IOException {
            try {
                return future.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StepStopped("interrupted");
            } catch (ExecutionException e) {
                Throwable cause = e.getCause();
                throw cause instanceof IOException failure ? failure : new IOException(cause.getMessage(), cause);
            }
        }

        @Override
        public void close() {
            threads.shutdownNow();
            threads.close();
            all.forEach(Piece::close);
        }
    }

    /** Compresses what is written; another thread hands it on, so that whoever writes does not wait for the disk. */
    static final class Output extends OutputStream {
        private final OutputStream out;
        private final Pieces pieces;
        private final ExecutorService writer = Executors.newSingleThreadExecutor();
        private Piece piece;
        private int filled;
        private long written;

        Output(OutputStream out, int threads) {
            this.out = out;
            this.pieces = new Pieces(threads, Compressed::new);
            this.piece = pieces.take();
        }

        /** How many compressed bytes were written; known once it is finished. */
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
                int some = Math.min(CONTENT - filled, offset + length - at);
                System.arraycopy(bytes, at, piece.content, filled, some);
                filled += some;
                at += some;
                if (filled == CONTENT) {
                    begin();
                }
            }
        }

        private void begin() throws IOException {
            if (pieces.isFull()) {
                pieces.giveBack(pieces.oldest());
            }
            piece.contentLength = filled;
            Future<Piece> compressed = pieces.start(piece);
            pieces.add(writer.submit(() -> write(Pieces.result(compressed))));
            piece = pieces.take();
            filled = 0;
        }

        private Piece write(Piece compressed) throws IOException {
            byte[] header = ByteBuffer.allocate(SKIPPABLE_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(SKIPPABLE)
                    .putInt(LENGTH_BYTES)
                    .putInt(compressed.frameLength)
                    .array();
            out.write(header);
            out.write(compressed.frame, 0, compressed.frameLength);
            written += header.length + compressed.frameLength;
            return compressed;
        }

        /** Writes what is left, and does not close what it writes to. */
        void finish() throws IOException {
            if (filled > 0) {
                begin();
            }
            while (!pieces.isEmpty()) {
                pieces.giveBack(pieces.oldest());
            }
        }

        @Override
        public void close() {
            writer.shutdownNow();
            writer.close();
            pieces.close();
        }
    }

    /** Decompresses what is read. */
    static final class Input extends InputStream {
        private final InputStream in;
        private final Pieces pieces;
        private Piece piece;
        private int at;
        private boolean ended;

        Input(InputStream in, int threads) {
            this.in = in;
            this.pieces = new Pieces(threads, Decompressed::new);
            this.piece = pieces.take();
        }

        @Override
        public int read() throws IOException {
            return advance() ? piece.content[at++] & 0xff : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!advance()) {
                return -1;
            }
            int some = Math.min(length, piece.contentLength - at);
            System.arraycopy(piece.content, at, bytes, offset, some);
            at += some;
            return some;
        }

        private boolean advance() throws IOException {
            while (at == piece.contentLength) {
                while (!ended && !pieces.isFull()) {
                    begin();
                }
                if (pieces.isEmpty()) {
                    return false;
                }
                pieces.giveBack(piece);
                piece = pieces.oldest();
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
            Piece next = pieces.take();
            ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
            int length;
            if (fields.getInt() != SKIPPABLE || fields.getInt() != LENGTH_BYTES || (length = fields.getInt()) < 0
                    || length > next.frame.length) {
                throw new IOException("its frames are not what they were");
            }
            if (in.readNBytes(next.frame, 0, length) < length) {
                throw new EOFException("it is cut short");
            }
            next.frameLength = length;
            pieces.add(pieces.start(next));
        }

        @Override
        public void close() throws IOException {
            pieces.close();
            in.close();
        }
    }
}
