package dev.godwit.activities.check;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of data, such as {@code 10GiB} or {@code 500MB}.
 *
 * @param text as it was written
 * @param bytes how many
 */
public record ByteSize(String text, long bytes) {
    private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?([kKMGTP]?)(i?)B");
    private static final List<String> PREFIXES = List.of("", "K", "M", "G", "T", "P");

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it is none
     */
    @JsonCreator
    public static ByteSize parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches() || form.group(2).isEmpty() && !form.group(3).isEmpty()) {
            throw new IllegalArgumentException("'" + text + "' is no amount of data; write one like 10GiB or 500MB");
        }
        BigDecimal unit = BigDecimal.valueOf(form.group(3).isEmpty() ? 1_000 : 1_024)
                .pow(PREFIXES.indexOf(form.group(2).toUpperCase(Locale.ROOT)));
        return new ByteSize(text, new BigDecimal(form.group(1)).multiply(unit).longValue());
    }

    /** Writes one for people, in whole units of 1,024. */
    static String format(long bytes) {
        int unit = 0;
        double amount = bytes;
        while (amount >= 1_024 && unit < PREFIXES.size() - 1) {
            amount /= 1_024;
            unit++;
        }
        return unit == 0
                ? bytes + " B"
                : String.format(Locale.ROOT, "%.1f %siB", amount, PREFIXES.get(unit));
    }

    @JsonValue
    @Override
    public String toString() {
        return text;
    }
}
