package dev.godwit.activities.run;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The end of what a command wrote, without its secrets. */
public final class LastWords {
    private static final int BYTES = 4_000;
    private static final int LINES = 10;

    private byte[] end = {};

    LastWords() {}

    @JsonCreator
    LastWords(String text) {
        end = text.getBytes(StandardCharsets.UTF_8);
    }

    @JsonValue
    String text() {
        return new String(end, StandardCharsets.UTF_8);
    }

    /** Hears all that is written to a stream. */
    OutputStream listening(OutputStream to) {
        return new FilterOutputStream(to) {
            @Override
            public void write(int one) throws IOException {
                write(new byte[]{(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
                byte[] heard = Arrays.copyOf(end, end.length + length);
                System.arraycopy(bytes, offset, heard, end.length, length);
                end = Arrays.copyOfRange(heard, Math.max(0, heard.length - BYTES), heard.length);
            }
        };
    }

    /** The last lines. */
    public List<String> lines() {
        List<String> lines = text().lines().filter(line -> !line.isBlank()).toList();
        return lines.subList(Math.max(0, lines.size() - LINES), lines.size());
    }

    /** The last line; empty if there is none. */
    String lastLine() {
        return lines().isEmpty() ? "" : lines().getLast().strip();
    }

    /** For the end of a failure's message. */
    public String quoted() {
        return lines().isEmpty() ? "; it wrote nothing" : "; it wrote at the end:\n" + String.join("\n", lines());
    }
}
