package dev.godwit.plan;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * An ordered group of steps; a child workflow of its own.
 *
 * @param name unique in the plan
 * @param description one sentence for people; may be empty
 * @param estimate how long the author expects it to take
 * @param when an expression; the phase is left out if it is not true
 * @param onFailure overrides the plan's
 * @param approval what must be approved before it begins
 * @param finalizing whether it is the irreversible last phase, which waits for the word {@code finalize}
 * @param diagnosing whether it only looks, and only after another phase has failed, before anything is taken back
 * @param groups in order; the steps of one group run at the same time
 */
public record Phase(String name, String description, Optional<Duration> estimate, Optional<String> when,
        Optional<OnFailure> onFailure, Optional<Approval> approval, boolean finalizing, boolean diagnosing,
        List<StepGroup> groups) {

    /** One that does not diagnose. */
    public Phase(String name, String description, Optional<Duration> estimate, Optional<String> when,
            Optional<OnFailure> onFailure, Optional<Approval> approval, boolean finalizing, List<StepGroup> groups) {
        this(name, description, estimate, when, onFailure, approval, finalizing, false, groups);
    }

    /** Its steps, in the order of the plan. */
    public List<Step> steps() {
        return groups.stream().flatMap(group -> group.steps().stream()).toList();
    }

    Phase withOnFailure(OnFailure policy) {
        return new Phase(name, description, estimate, when, Optional.of(policy), approval, finalizing, diagnosing,
                groups);
    }
}
