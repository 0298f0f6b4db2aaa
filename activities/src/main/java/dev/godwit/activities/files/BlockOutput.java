package dev.godwit.activities.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Gathers what is written and passes it on in whole blocks; the last one may be shorter, and is left to the subclass. */
public abstract class BlockOutput extends OutputStream {
    /** What has not been passed on yet; it never is full. */
    protected final ByteBuffer block;

    /** @param block an empty one, whose capacity is the length of a block */
    protected BlockOutput(ByteBuffer block) {
        this.block = block;
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[]{(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int end = offset + length;
        for (int at = offset; at < end;) {
            int some = Math.min(block.remaining(), end - at);
            block.put(bytes, at, some);
            at += some;
            if (!block.hasRemaining()) {
                pass();
            }
        }
    }

    /** Passes on what there is, and is empty then. */
    protected final void pass() throws IOException {
        pass(block.flip());
        block.clear();
    }

    /** @param full what is to be written; whole, except for a last one */
    protected abstract void pass(ByteBuffer full) throws IOException;
}
