package dev.godwit.plan;

/** What happens when a step has failed for good. */
public enum OnFailure {
    /** Everything that the run did is undone. */
    ROLLBACK,
    /** The run waits until a person says retry, skip or rollback. */
    PAUSE,
    /** The failure is recorded and the run goes on. */
    CONTINUE,
    /** What this phase did is undone, and the run goes on with the next phase. */
    UNDO_PHASE
}
