package dev.godwit.activities.resource;

import dev.godwit.activities.resource.WritableBucket.Upload;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Writes an object of a bucket: at once if it is small, else in parts. It is put where there is none; where there is one, an
 * attempt that died has left it, and only the latest attempt replaces it. So one that comes back late replaces nothing.
 */
public final class ObjectOutput extends OutputStream {
    private static final int LARGER = 4;
    private static final int FIRST = 1 << 16;
    private static final int MANY = 1000;
    private static final int LARGEST_PART = 64 << 20;

    private final WritableBucket bucket;
    private final String key;
    private final Map<String, String> metadata;
    private final int part;
    private final Fence fence;
    private byte[] buffer;
    private int filled;
    private Upload upload;
    private int parts;
    private boolean ended;

    /** Throws if a later attempt has begun; asked before something is replaced. */
    @FunctionalInterface
    public interface Fence {
        void check();
    }

    /** @param part how much is held in memory at most */
    public ObjectOutput(WritableBucket bucket, String key, Map<String, String> metadata, int part, Fence fence) {
        this.bucket = bucket;
        this.key = key;
        this.metadata = metadata;
        this.part = part;
        this.fence = fence;
        this.buffer = new byte[Math.min(part, FIRST)];
    }

    @Override
    public void write(int one) throws IOException {
        write(ByteBuffer.wrap(new byte[]{(byte) one}));
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        write(ByteBuffer.wrap(bytes, offset, length));
    }

    /** Writes what remains of a buffer. */
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (filled == buffer.length) {
                makeRoom();
            }
            int some = Math.min(bytes.remaining(), buffer.length - filled);
            bytes.get(buffer, filled, some);
            filled += some;
        }
    }

    private void makeRoom() throws IOException {
        if (buffer.length < part) {
            buffer = Arrays.copyOf(buffer, (int) Math.min(part, (long) buffer.length * LARGER));
        } else if (buffer.length < WritableBucket.PART) {
            // The file has grown since someone said how large it is.
            buffer = Arrays.copyOf(buffer, WritableBucket.PART);
        } else {
            sendPart();
        }
    }

    private void sendPart() throws IOException {
        if (upload == null) {
            upload = bucket.upload(key, metadata);
        }
        upload.part(buffer, filled);
        filled = 0;
        // The number of parts is limited, and how long an archive becomes is not known.
        if (++parts % MANY == 0 && buffer.length < LARGEST_PART) {
            buffer = new byte[buffer.length * 2];
        }
    }

    /** The object is there, whole. */
    public void finish() throws IOException {
        if (ended) {
            return;
        }
        if (!put()) {
            fence.check();
            bucket.delete(List.of(key));
            if (!put()) {
                throw StepFailure.external("bucket-contended", "someone else writes " + key + " in "
                        + bucket.location() + "; see who, then retry");
            }
        }
        abandon();
    }

    private boolean put() throws IOException {
        if (upload == null) {
            return bucket.putNew(key, metadata, buffer, filled);
        }
        if (filled > 0) {
            sendPart();
        }
        return upload.finishNew();
    }

    /** Leaves nothing of what is not finished. */
    public void abandon() {
        ended = true;
        if (upload != null) {
            upload.close();
            upload = null;
        }
    }

    @Override
    public void close() throws IOException {
        finish();
    }
}
