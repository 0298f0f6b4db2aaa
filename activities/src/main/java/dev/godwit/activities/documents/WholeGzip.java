package dev.godwit.activities.documents;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Unpacks gzip to the last byte; what stands behind its end and is no gzip, which Java ignores, is an error. */
final class WholeGzip extends GZIPInputStream {
    private static final int TRAILER = 8;

    WholeGzip(InputStream in, int size) throws IOException {
        super(in, size);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = super.read(bytes, offset, length);
        if (read < 0 && (inf.getRemaining() > TRAILER || in.read() >= 0)) {
            throw new ZipException("behind the end of the compressed data stands something else");
        }
        return read;
    }
}
