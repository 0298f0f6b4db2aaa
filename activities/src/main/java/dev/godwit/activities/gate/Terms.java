package dev.godwit.activities.gate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Durations;
import dev.godwit.json.Jq;
import dev.godwit.json.Jq.JqException;
import dev.godwit.plan.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * When a measured value is good, how often it is measured, and how often it may not be good.
 *
 * @param pass what must be true of a value
 * @param fail what must not
 * @param interval from one measurement to the next
 * @param count how many measurements
 * @param failureLimit how many may fail
 * @param inconclusiveLimit how many may be inconclusive
 */
public record Terms(Optional<Jq> pass, Optional<Jq> fail, Optional<Duration> interval, int count, int failureLimit,
        int inconclusiveLimit) {

    /** Each measurement may leave some ten events, and a history should have no more than some ten thousand. */
    private static final int MOST = 1_000;

    public Terms {
        if (count < 1 || count > MOST) {
            throw new IllegalArgumentException("count must be 1 to " + MOST + ", and is " + count);
        }
        if (count > 1 && interval.isEmpty()) {
            throw new IllegalArgumentException("count is " + count
                    + ", so interval must say how long from one measurement to the next");
        }
        if (interval.isPresent() && !interval.get().isPositive()) {
            throw new IllegalArgumentException("interval must be longer than nothing");
        }
        if (failureLimit < 0 || inconclusiveLimit < 0) {
            throw new IllegalArgumentException("failure-limit and inconclusive-limit must be 0 or more");
        }
    }

    /** As {@link #Terms}, where a value can only be good or bad by what a plan says. */
    public Terms requireCondition() {
        if (pass.isEmpty() && fail.isEmpty()) {
            throw new IllegalArgumentException("pass or fail must say when the value is good, such as '. <= 0.01'");
        }
        return this;
    }

    /** What a measurement means. */
    public Measurement judge(Measured measured, Instant at) {
        if (measured.verdict().isPresent()) {
            return new Measurement(at, measured.verdict().get(), measured.value(), measured.why());
        }
        JsonNode value = measured.value();
        try {
            if (fail.isPresent() && holds(fail.get(), value)) {
                return new Measurement(at, Verdict.FAILED, value, Optional.of(value + ": " + fail.get()));
            }
            if (pass.isEmpty() || holds(pass.get(), value)) {
                return new Measurement(at, Verdict.PASSED, value, Optional.empty());
            }
            return new Measurement(at, fail.isPresent() ? Verdict.INCONCLUSIVE : Verdict.FAILED, value,
                    Optional.of(value + (fail.isPresent()
                            ? ": neither " + pass.get() + " nor " + fail.get()
                            : ": not " + pass.get())));
        } catch (JqException | UndecidedException e) {
            return new Measurement(at, Verdict.INCONCLUSIVE, value, Optional.of(e.getMessage()));
        }
    }

    private static boolean holds(Jq condition, JsonNode value) {
        JsonNode answer = condition.one(value, Map.of());
        if (!answer.isBoolean()) {
            throw new UndecidedException("'" + condition + "' gives " + answer + ", which is neither true nor false");
        }
        return answer.booleanValue();
    }

    private static final class UndecidedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UndecidedException(String message) {
            super(message, null, false, false);
        }
    }

    /** What must be true of the values of a subject, for people. */
    String condition(String subject) {
        StringBuilder text = new StringBuilder(subject);
        pass.ifPresent(condition -> text.append(": ").append(condition));
        fail.ifPresent(condition -> text.append(pass.isPresent() ? ", and not " : ": not ").append(condition));
        return text.toString();
    }

    /** How often, for people. */
    String times() {
        return count == 1 ? "once" : count + " times, " + Durations.format(interval.orElseThrow()) + " apart";
    }
}
