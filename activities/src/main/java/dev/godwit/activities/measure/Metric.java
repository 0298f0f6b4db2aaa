package dev.godwit.activities.measure;

import dev.godwit.activities.measure.Measured.Round;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** A figure of a measurement that can be compared. */
public enum Metric {
    /** The mean time. */
    MEAN(Round::mean, 5, Set.of("%", "ms")),
    /** The usual time. */
    P50(Round::p50, 5, Set.of("%", "ms")),
    /** The time within which 9 of 10 answers came. */
    P90(Round::p90, 10, Set.of("%", "ms")),
    /** The time within which 19 of 20 answers came. */
    P95(Round::p95, 20, Set.of("%", "ms")),
    /** The time within which 99 of 100 answers came. */
    P99(Round::p99, 100, Set.of("%", "ms")),
    /** The failed requests as a part of all. */
    ERROR_RATE(round -> (double) round.failed() / Math.max(1, round.requests()), 0, Set.of("points")),
    /** Good answers a second. */
    THROUGHPUT(Round::throughput, 0, Set.of("%", "/s"));

    private final ToDoubleFunction<Round> figure;
    private final int answers;
    private final Set<String> units;

    Metric(ToDoubleFunction<Round> figure, int answers, Set<String> units) {
        this.figure = figure;
        this.answers = answers;
        this.units = units;
    }

    double of(Round round) {
        return figure.applyAsDouble(round);
    }

    /** How many good answers a round must have for this figure to say anything. */
    int answers() {
        return answers;
    }

    /** Whether more of it is better. */
    boolean moreIsBetter() {
        return this == THROUGHPUT;
    }

    /** Refuses a limit that makes no sense for this figure. */
    void check(Limit limit) {
        boolean bound = limit.form() == Limit.Form.BOUND;
        boolean fits = bound
                ? limit.unit().equals(this == ERROR_RATE ? "%" : this == THROUGHPUT ? "/s" : "ms")
                : units.contains(limit.unit()) && limit.value() <= 0 == moreIsBetter();
        if (!fits) {
            throw new IllegalArgumentException(
                    "'" + limit + "' is not a limit of this figure; write one like " + switch (this) {
                        case ERROR_RATE -> "'+5 points' or 5%";
                        case THROUGHPUT -> "-20%, -10/s or 100/s";
                        default -> "+20%, +50ms or 300ms";
                    });
        }
    }
}
