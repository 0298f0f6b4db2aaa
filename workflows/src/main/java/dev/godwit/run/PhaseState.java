package dev.godwit.run;

/** Where a phase stands; plans read it as {@code .phases.NAME.state}. */
public enum PhaseState {
    PENDING, RUNNING, COMPLETED, FAILED,
    /** Its {@code when} was not true. */
    SKIPPED,
    /** The run ended it before its end. */
    STOPPED,
    /** Its work was taken back. */
    UNDONE
}
