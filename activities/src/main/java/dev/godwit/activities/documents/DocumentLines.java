package dev.godwit.activities.documents;

import dev.godwit.activities.documents.DocumentFile.Line;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The lines of a file of JSON Lines that are not blank. A file that cannot be read to its end gives, as its last line, one
 * with the fault.
 */
final class DocumentLines implements Iterator<DocumentFile>, AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final DocumentFile file;
    private final byte[] buffer = new byte[BUFFER];
    private InputStream in = InputStream.nullInputStream();
    private int start;
    private int end;
    private long number;
    private boolean over;
    private Optional<Line> next = Optional.empty();

    /** @param after the line behind which to begin; 0 for the first */
    DocumentLines(DocumentFile file, long after) {
        this.file = file;
        try {
            InputStream raw = Files.newInputStream(file.path());
            in = raw;
            if (DocumentFile.isCompressed(file.name())) {
                in = new WholeGzip(raw, BUFFER);
            }
        } catch (IOException e) {
            fault(e);
        }
        do {
            advance();
        } while (next.isPresent() && next.get().number() <= after);
    }

    @Override
    public boolean hasNext() {
        return next.isPresent();
    }

    @Override
    public DocumentFile next() {
        DocumentFile line = new DocumentFile(file.name(), file.path(), file.look(),
                Optional.of(next.orElseThrow(NoSuchElementException::new)));
        advance();
        return line;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private void advance() {
        next = Optional.empty();
        while (!over && next.isEmpty()) {
            number++;
            try {
                byte[] line = readLine();
                if (!isBlank(line)) {
                    next = Optional.of(new Line(number, line, Optional.empty()));
                }
            } catch (LongLineException e) {
                next = Optional.of(new Line(number, new byte[0], Optional.of(e.getMessage())));
            } catch (IOException e) {
                fault(e);
                return;
            }
        }
    }

    /** Whatever was read of the line is not handed out: what is cut off can be a document by accident. */
    private void fault(IOException e) {
        number = Math.max(1, number);
        next = Optional.of(new Line(number, new byte[0], Optional.of(reason(e))));
        over = true;
    }

    private static String reason(IOException e) {
        return switch (e) {
            case EOFException truncated -> "the compressed file ends in the middle; is it truncated?";
            case AccessDeniedException denied -> "it cannot be read: permission denied";
            case NoSuchFileException missing -> "it went away, or is a link to nothing";
            default -> "it cannot be read from here on: " + e.getMessage();
        };
    }

    private byte[] readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(0);
        while (true) {
            for (int i = start; i < end; i++) {
                if (buffer[i] == '\n') {
                    line.write(buffer, start, i - start);
                    start = i + 1;
                    return line.toByteArray();
                }
            }
            line.write(buffer, start, end - start);
            start = 0;
            end = Math.max(0, in.read(buffer));
            if (end == 0) {
                over = true;
                return line.toByteArray();
            }
            if (line.size() > Document.LIMIT) {
                passOverLine();
                throw new LongLineException();
            }
        }
    }

    private void passOverLine() throws IOException {
        while (end > 0) {
            for (; start < end; start++) {
                if (buffer[start] == '\n') {
                    start++;
                    return;
                }
            }
            start = 0;
            end = Math.max(0, in.read(buffer));
        }
        over = true;
    }

    private static boolean isBlank(byte[] line) {
        for (byte character : line) {
            if (character != ' ' && character != '\t' && character != '\r') {
                return false;
            }
        }
        return true;
    }

    /** A line that would not fit into memory as a tree; what comes behind it can be read. */
    private static final class LongLineException extends IOException {
        private static final long serialVersionUID = 1L;

        LongLineException() {
            super("the line is longer than " + Document.LIMIT / (1024 * 1024) + " MiB");
        }
    }
}
