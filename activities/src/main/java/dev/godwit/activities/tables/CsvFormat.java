package dev.godwit.activities.tables;

import dev.godwit.step.Default;

/**
 * How a CSV file is written.
 *
 * @param header whether the first line names the columns
 * @param delimiter what stands between values, one character
 * @param quote what stands around values that hold a delimiter, a quote or a line break, one character
 * @param nullText the text without quotes that means null
 * @param encoding how characters are encoded
 */
public record CsvFormat(@Default("true") boolean header, @Default(",") String delimiter, @Default("\"") String quote,
        @Default("") String nullText, @Default("UTF-8") String encoding) {
    public CsvFormat {
        if (delimiter.length() != 1 || quote.length() != 1 || delimiter.equals(quote)) {
            throw new IllegalArgumentException("delimiter and quote must be two different characters");
        }
    }
}
