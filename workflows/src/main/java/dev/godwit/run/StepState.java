package dev.godwit.run;

/** Where a step stands. That its work was taken back is told apart, by {@link StepReport#undo()}. */
public enum StepState {
    PENDING, RUNNING, COMPLETED, FAILED,
    /** The run is paused in the middle of it. */
    PAUSED,
    /** Nothing to do before some time has passed. */
    WAITING,
    /** It failed, and a person must say retry, skip or rollback. */
    PARKED,
    /** Its {@code when} was not true. */
    SKIPPED,
    /** The run ended it before its end. */
    STOPPED,
    /** A dry-run told what it would do. */
    PREVIEWED
}
