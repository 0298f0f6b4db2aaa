package dev.godwit.activities.tables.copy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads CSV as RFC 4180 has it, strictly: a quote stands only at the beginning and the end of a value, or doubled within
 * quotes, and nothing is trimmed. Lines end with LF or CRLF. It works on bytes, so the encoding must be one in which ASCII is
 * ASCII.
 */
final class CsvReader implements AutoCloseable {
    private static final int NONE = -2;

    private final InputStream in;
    private final int delimiter;
    private final int quote;
    private final ByteArrayOutputStream value = new ByteArrayOutputStream();
    private final ByteArrayOutputStream raw = new ByteArrayOutputStream();
    private int ahead = NONE;
    private long line = 1;
    private int quotedLength;

    /**
     * A line of the file, or several if values have line breaks.
     *
     * @param line the number of the first
     * @param fields its values
     * @param fault what is wrong with it, if anything is
     * @param raw the line as it stands in the file
     */
    record Line(long line, List<Field> fields, Optional<String> fault, byte[] raw) {}

    /**
     * A value.
     *
     * @param bytes in the file's encoding, without the quotes
     * @param quoted whether it stood in quotes
     */
    record Field(byte[] bytes, boolean quoted) {}

    CsvReader(InputStream in, CsvFormat format) throws IOException {
        this.in = new BufferedInputStream(in, 1 << 16);
        this.delimiter = format.delimiter().charAt(0);
        this.quote = format.quote().charAt(0);
        // A byte order mark is no part of the first name.
        this.in.mark(3);
        if (this.in.read() != 0xEF || this.in.read() != 0xBB || this.in.read() != 0xBF) {
            this.in.reset();
        }
    }

    /** The next line, if there is one. */
    Optional<Line> next() throws IOException {
        long begin = line;
        int first = read();
        if (first < 0) {
            return Optional.empty();
        }
        ahead = first;
        raw.reset();
        List<Field> fields = new ArrayList<>();
        Optional<String> fault = Optional.empty();
        while (true) {
            value.reset();
            int next = read();
            boolean quoted = next == quote;
            if (quoted) {
                next = quoted();
                if (next == NONE) {
                    return Optional.of(new Line(begin, fields, Optional.of("a quote is not closed to the end of the"
                            + " file"), raw.toByteArray()));
                }
            }
            boolean stray = false;
            while (next >= 0 && next != delimiter && next != '\n') {
                stray |= quoted || next == quote;
                value.write(next);
                next = read();
            }
            byte[] bytes = value.toByteArray();
            boolean carriageReturn = next == '\n' && bytes.length > 0 && bytes[bytes.length - 1] == '\r';
            if (carriageReturn) {
                bytes = Arrays.copyOf(bytes, bytes.length - 1);
                stray = quoted ? bytes.length > quotedLength : stray;
            }
            if (stray && fault.isEmpty()) {
                fault = Optional.of("value " + (fields.size() + 1) + " has a quote in the wrong place");
            }
            fields.add(new Field(bytes, quoted));
            if (next != delimiter) {
                return Optional.of(new Line(begin, fields, fault, raw.toByteArray()));
            }
        }
    }

    /** Reads to the closing quote, and answers what stands behind it. */
    private int quoted() throws IOException {
        while (true) {
            int next = read();
            if (next < 0) {
                return NONE;
            }
            if (next == quote) {
                next = read();
                if (next != quote) {
                    quotedLength = value.size();
                    return next;
                }
            }
            value.write(next);
        }
    }

    private int read() throws IOException {
        int next = ahead;
        if (next == NONE) {
            next = in.read();
            if (next == '\n') {
                line++;
            }
        }
        ahead = NONE;
        if (next >= 0) {
            raw.write(next);
        }
        return next;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
