package dev.godwit.activities.backup;

import java.util.Optional;

/**
 * Which backups are meant, by what made them. What is absent does not matter.
 *
 * @param plan the name of the plan
 * @param target what its run migrated
 * @param step the name of the step
 */
public record MadeBy(Optional<String> plan, Optional<String> target, Optional<String> step) {
    /** Those of one target, whatever plan and step made them. */
    public static MadeBy target(Optional<String> target) {
        return new MadeBy(Optional.empty(), target, Optional.empty());
    }

    /** Whether a backup is one of them that this plan, target and step made; absent ones are not known. */
    public boolean includes(Optional<String> madePlan, Optional<String> madeTarget, Optional<String> madeStep) {
        return matches(plan, madePlan) && matches(target, madeTarget) && matches(step, madeStep);
    }

    private static boolean matches(Optional<String> wanted, Optional<String> made) {
        return wanted.isEmpty() || wanted.equals(made);
    }
}
