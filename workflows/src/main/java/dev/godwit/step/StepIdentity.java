package dev.godwit.step;

import static java.util.Objects.requireNonNull;

/**
 * Which step of which run this is. Names that a step makes (temporary files, tables, journals) derive from it.
 *
 * @param runId Temporal's first-execution run id
 * @param plan the plan's name
 * @param target what the plan migrates
 * @param phase the phase's name
 * @param step the step's name, unique in the plan
 * @param round one try of the step within the run, from 1; a redo after a rollback is a new round
 */
public record StepIdentity(String runId, String plan, String target, String phase, String step, int round) {
    public StepIdentity {
        requireNonNull(runId, "run_id");
        requireNonNull(phase, "phase");
        requireNonNull(step, "step");
    }

    /** Short and unique on a site: the step, its round and the first characters of the run id. */
    public String shortName() {
        return step + "." + round + "." + shortRunId();
    }

    /** The first characters of the run id, for names that people read. */
    public String shortRunId() {
        return runId.substring(0, Math.min(8, runId.length()));
    }
}
