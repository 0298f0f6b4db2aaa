package dev.godwit.activities.measure;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How far a figure may go: {@code +20%} of what it was, {@code +50ms}, {@code +5 points} or {@code -10/s} beyond it, or up
 * to {@code 300ms}, {@code 5%} or {@code 100/s} whatever it was.
 *
 * @param form what it is measured by
 * @param value a part of the figure before, a difference, or a bound; milliseconds, answers a second, or a part of 1
 * @param unit as it was written
 * @param text as it was written
 */
public record Limit(Form form, double value, String unit, String text) {

    private static final Pattern TEXT = Pattern.compile("([+-]?)(\\d{1,9}(?:\\.\\d{1,6})?) ?(%|points|ms|s|/s)");

    /** What a limit is measured by. */
    public enum Form {
        /** By the ratio to the figure before. */
        RELATIVE,
        /** By the difference to the figure before. */
        DIFFERENCE,
        /** By the figure itself. */
        BOUND
    }

    /**
     * Reads a limit.
     *
     * @throws IllegalArgumentException if the text is none
     */
    @JsonCreator
    public static Limit parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a limit; write +20%, +50ms, +5 points or -10/s for a change, and 300ms, 5% or 100/s"
                    + " for a bound");
        }
        boolean signed = !matcher.group(1).isEmpty();
        String unit = matcher.group(3);
        double number = Double.parseDouble(matcher.group(2)) * (matcher.group(1).equals("-") ? -1 : 1);
        double value = switch (unit) {
            case "%", "points" -> number / 100;
            case "s" -> number * 1_000;
            default -> number;
        };
        Form form = !signed ? Form.BOUND : unit.equals("%") ? Form.RELATIVE : Form.DIFFERENCE;
        return new Limit(form, value, unit.equals("s") ? "ms" : unit, text.strip());
    }

    /** A value of the kind that this limit is of, for people. */
    String show(double change) {
        String sign = form == Form.BOUND || change < 0 ? "" : "+";
        double shown = unit.equals("%") || unit.equals("points") ? change * 100 : change;
        return String.format(Locale.ROOT, "%s%.1f%s%s", sign, shown, unit.equals("points") ? " " : "", unit);
    }

    @Override
    @JsonValue
    public String toString() {
        return text;
    }
}
