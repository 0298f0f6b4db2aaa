package dev.godwit.run;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.step.StepIdentity;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * The input of a step's activity, its preview and its undo. This JSON is a public contract: a worker in any language that
 * serves the activity types {@code USES}, {@code USES.preview} and {@code USES.undo} gets it.
 *
 * @param identity which step of which run
 * @param uses the step type
 * @param spec the resolved spec; secrets are references
 * @param resources the declarations of the resources that the step needs, by name
 * @param runStarted when the run started
 * @param attempts how many failures that the step reports are allowed, at least 1
 * @param delay before the second attempt; it doubles up to a minute
 * @param began when the ledger entry of this step was made; a rollback from the evidence store orders by it
 * @param madeBy in a dry-run, by location, the earlier steps that would make or change it
 */
public record StepTask(StepIdentity identity, String uses, JsonNode spec, Map<String, JsonNode> resources,
        Instant runStarted, int attempts, Duration delay, Instant began,
        Map<String, String> madeBy) {

    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    public StepTask {
        requireNonNull(identity, "identity");
        requireNonNull(uses, "uses");
    }

    /** With another spec. */
    public StepTask withSpec(JsonNode other) {
        return new StepTask(identity, uses, other, resources, runStarted, attempts, delay, began, madeBy);
    }

    /** With more failures allowed, because a person wants another try. */
    public StepTask withAttempts(int allowed) {
        return new StepTask(identity, uses, spec, resources, runStarted, allowed, delay, began, madeBy);
    }

    /**
     * How long the next attempt waits.
     *
     * @param failures how often the step has failed, at least 1
     */
    public Duration delayAfter(int failures) {
        Duration wait = delay;
        for (int doubled = 1; doubled < failures && wait.compareTo(LONGEST_DELAY) < 0; doubled++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(LONGEST_DELAY) < 0 || wait.equals(delay) ? wait : LONGEST_DELAY;
    }
}
