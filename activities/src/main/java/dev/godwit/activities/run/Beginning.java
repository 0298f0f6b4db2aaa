package dev.godwit.activities.run;

import java.io.IOException;
import java.io.OutputStream;

/** Keeps the first part of what is written to it. */
final class Beginning extends OutputStream {
    private static final int BYTES = 16_384;

    private final OutputStream to;
    private int kept;

    Beginning(OutputStream to) {
        this.to = to;
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[]{(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int taken = Math.min(length, BYTES - kept);
        to.write(bytes, offset, taken);
        kept += taken;
    }
}
