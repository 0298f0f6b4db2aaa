package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.step.StepKind;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One unit of work.
 *
 * @param name unique in the plan
 * @param uses the step type
 * @param description one sentence for people; may be empty
 * @param covers the requirements that it answers, shown in the report
 * @param with the spec, expressions still text; an object
 * @param when an expression; the step is left out if it is not true
 * @param expect an expression over {@code .output}: true passes, false fails, null or an error is inconclusive
 * @param onFailure overrides the phase's
 * @param retry how often failures that the step reports are retried
 * @param timeout bounds the working time of one attempt; absent means a day
 * @param heartbeat the longest silence before the worker that does the step, or undoes it, counts as lost
 * @param pivot what others may have written since this step, so that undoing it could lose it
 * @param background whether it runs beside the phase's other steps until they are done
 * @param kind what it changes, where that is not what its step type says
 * @param reliesOn the steps without which what it did makes no sense, by name, and why
 */
public record Step(String name, String uses, String description, List<String> covers, JsonNode with,
        Optional<String> when, Optional<String> expect, Optional<OnFailure> onFailure, Retry retry,
        Optional<Duration> timeout, Optional<Duration> heartbeat, Optional<String> pivot, boolean background,
        Optional<StepKind> kind, Map<String, String> reliesOn) {

    public Step {
        // Runs that began under an earlier build know of neither.
        kind = kind == null ? Optional.empty() : kind;
        reliesOn = reliesOn == null ? Map.of() : Collections.unmodifiableMap(reliesOn);
    }

    /** What undoing a step could lose, where the plan does not say it in its own words. */
    static String lossSince(String step) {
        return "what others wrote since " + step;
    }

    /**
     * How failures that the step reports are retried; lost workers are retried without limit and do not count.
     *
     * @param attempts how often at the most, the first included; at least 1
     * @param delay before the second attempt; it doubles up to a minute
     */
    public record Retry(int attempts, Duration delay) {
        /** What a step without {@code retry:} gets. */
        public static final Retry DEFAULT = new Retry(3, Duration.ofSeconds(1));

        public Retry {
            if (attempts < 1) {
                throw new IllegalArgumentException("retry.attempts must be at least 1, and is " + attempts);
            }
        }
    }
}
