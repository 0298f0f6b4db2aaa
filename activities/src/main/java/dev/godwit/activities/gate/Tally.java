package dev.godwit.activities.gate;

import dev.godwit.plan.Verdict;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How the measurements of a gate came out so far.
 *
 * @param passed how many passed
 * @param failed how many failed
 * @param inconclusive how many said nothing
 * @param lowest the lowest number that was measured
 * @param highest the highest number that was measured
 * @param trouble what the last one that did not pass said
 */
public record Tally(long passed, long failed, long inconclusive, Optional<Double> lowest, Optional<Double> highest,
        Optional<String> trouble) {

    /** Before the first measurement. */
    public static final Tally NONE = new Tally(0, 0, 0, Optional.empty(), Optional.empty(), Optional.empty());

    long total() {
        return passed + failed + inconclusive;
    }

    /** With one more measurement. */
    public Tally with(Measurement measurement) {
        OptionalDouble number = measurement.number();
        return new Tally(passed + count(measurement, Verdict.PASSED), failed + count(measurement, Verdict.FAILED),
                inconclusive + count(measurement, Verdict.INCONCLUSIVE),
                number.isEmpty()
                        ? lowest
                        : Optional.of(Math.min(lowest.orElse(Double.MAX_VALUE), number.getAsDouble())),
                number.isEmpty()
                        ? highest
                        : Optional.of(Math.max(highest.orElse(-Double.MAX_VALUE), number.getAsDouble())),
                measurement.why().or(() -> trouble));
    }

    private static int count(Measurement measurement, Verdict verdict) {
        return measurement.verdict() == verdict ? 1 : 0;
    }

    /** What is decided already, whatever comes. */
    public Optional<Verdict> settled(Terms terms) {
        if (failed > terms.failureLimit()) {
            return Optional.of(Verdict.FAILED);
        }
        return inconclusive > terms.inconclusiveLimit() ? Optional.of(Verdict.INCONCLUSIVE) : Optional.empty();
    }

    /** What is decided when nothing more comes. Where nothing has passed, nobody has seen that all is well. */
    public Verdict ended(Terms terms) {
        return settled(terms).orElse(passed > 0 ? Verdict.PASSED : Verdict.INCONCLUSIVE);
    }

    /** Why it is not good enough, for people. */
    public String reason(Terms terms) {
        return failed + " of " + total() + " measurements failed (" + terms.failureLimit() + " may), " + inconclusive
                + " said nothing (" + terms.inconclusiveLimit() + " may)" + trouble.map(last -> "; " + last).orElse("");
    }
}
