package dev.godwit.activities.backup;

import java.time.Instant;
import java.time.LocalDate;

/** Reads times as {@link Instant#toString} writes them; there are three for each file, and Java's own way takes long. */
final class Times {
    private static final int SHORTEST = "2026-01-01T00:00:00Z".length();
    private static final int DOT = SHORTEST - 1;
    private static final int DIGITS = 9;
    private static final long DAY = 86_400;

    private Times() {}

    static Instant parse(String text) {
        int length = text.length();
        if (length < SHORTEST || text.charAt(4) != '-' || text.charAt(length - 1) != 'Z'
                || length > SHORTEST && text.charAt(DOT) != '.') {
            return Instant.parse(text); // Some year that has not four digits.
        }
        long days = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10)).toEpochDay();
        long seconds = number(text, 11, 13) * 3600L + number(text, 14, 16) * 60L + number(text, 17, 19);
        int nanos = 0;
        if (length > SHORTEST) {
            nanos = number(text, DOT + 1, length - 1);
            for (int digits = length - 2 - DOT; digits < DIGITS; digits++) {
                nanos *= 10;
            }
        }
        return Instant.ofEpochSecond(days * DAY + seconds, nanos);
    }

    private static int number(String text, int from, int to) {
        return Integer.parseInt(text, from, to, 10);
    }
}
