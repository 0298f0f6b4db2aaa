package dev.godwit.activities.tables.copy;

import dev.godwit.step.Default;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * How a CSV file is written.
 *
 * @param header whether the first line names the columns
 * @param delimiter what stands between values, one character
 * @param quote what stands around values that hold a delimiter, a quote or a line break, one character
 * @param nullText the text without quotes that means null
 * @param encoding how characters are encoded; one in which ASCII is ASCII, such as UTF-8 or windows-1252
 * @param badRows what becomes of lines that are no rows, or have values that do not fit
 */
public record CsvFormat(@Default("true") boolean header, @Default(",") String delimiter, @Default("\"") String quote,
        @Default("") String nullText, @Default("UTF-8") String encoding, @Default("stop") BadRows badRows) {
    /** What becomes of a line that cannot be copied. */
    public enum BadRows {
        /** The step fails before it writes anything. */
        STOP,
        /** It is left out, and kept in the evidence with its number and what is wrong with it. */
        QUARANTINE
    }

    public CsvFormat {
        if (delimiter.length() != 1 || quote.length() != 1 || delimiter.equals(quote)) {
            throw new IllegalArgumentException("delimiter and quote must be two different characters");
        }
        if (delimiter.charAt(0) > 127 || quote.charAt(0) > 127) {
            throw new IllegalArgumentException("delimiter and quote must be ASCII characters");
        }
        if (!Charset.isSupported(encoding) || !"a,\n".equals(
                new String("a,\n".getBytes(Charset.forName(encoding)), StandardCharsets.US_ASCII))) {
            throw new IllegalArgumentException("'" + encoding + "' is not an encoding in which ASCII is ASCII; write"
                    + " one such as UTF-8 or windows-1252");
        }
    }
}
