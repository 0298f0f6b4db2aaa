package dev.godwit.report;

import dev.godwit.json.Durations;
import dev.godwit.run.Throttling;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How times, durations, sizes and states are written for people. */
public final class Words {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private Words() {}

    /** {@code ROLLED_BACK} as {@code rolled back}. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** An instant to the second, in UTC. */
    public static String of(Instant instant) {
        return TIME.format(instant);
    }

    /** A duration with as much precision as anyone wants: {@code 340ms}, {@code 3.4s}, {@code 2m5s}. */
    public static String of(Duration duration) {
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            return duration.isZero() || duration.isNegative() ? "0s" : Math.max(1, duration.toMillis()) + "ms";
        }
        if (duration.compareTo(Duration.ofMinutes(1)) < 0) {
            String seconds = String.format(Locale.ROOT, "%.1f", Math.floor(duration.toMillis() / 100.0) / 10);
            return (seconds.endsWith(".0") ? seconds.substring(0, seconds.length() - 2) : seconds) + "s";
        }
        ChronoUnit unit = duration.compareTo(Duration.ofHours(1)) < 0 ? ChronoUnit.SECONDS : ChronoUnit.MINUTES;
        return Durations.format(duration.truncatedTo(unit));
    }

    /** {@code 5,000 a second}, {@code a standstill}. */
    public static String of(Throttling.Rate rate) {
        return rate.perSecond() == 0
                ? "a standstill"
                : String.format(Locale.ROOT, "%,d a second", rate.perSecond());
    }

    /** A line for each rate that is asked for: {@code copy throttled to 5,000 a second by ada}. */
    public static List<String> of(Throttling throttling) {
        List<String> lines = new ArrayList<>();
        throttling.run().ifPresent(rate -> lines.add(line("every step", rate)));
        throttling.steps().forEach((step, rate) -> lines.add(line(step, rate)));
        return lines;
    }

    private static String line(String on, Throttling.Rate rate) {
        return on + " throttled to " + of(rate) + (rate.by().isEmpty() ? "" : " by " + rate.by());
    }

    /** A size in bytes. */
    public static String size(long bytes) {
        return bytes < 1024 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0);
    }

    /** {@code 1 step}, {@code 2 steps}. */
    public static String count(long number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
    }
}
