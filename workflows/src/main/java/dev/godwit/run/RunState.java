package dev.godwit.run;

import java.util.Locale;

/** Where a run stands. */
public enum RunState {
    RUNNING,
    /** It was told to pause; some steps still work. */
    PAUSING, PAUSED,
    /** A phase begins only when someone approves it. */
    WAITING_FOR_APPROVAL,
    /** Something failed, or was cancelled past the pivot, and a person must say what now. */
    WAITING_FOR_DECISION,
    /** Everything is done but the irreversible last phase. */
    WAITING_TO_FINALIZE, ROLLING_BACK, COMPLETED, ROLLED_BACK, FAILED, CANCELLED,
    /** An undo was given up: a person must look. */
    STUCK;

    /** Whether nothing more will happen. */
    public boolean ended() {
        return switch (this) {
            case RUNNING, PAUSING, PAUSED, WAITING_FOR_APPROVAL, WAITING_FOR_DECISION, WAITING_TO_FINALIZE,
                    ROLLING_BACK ->
                false;
            case COMPLETED, ROLLED_BACK, FAILED, CANCELLED, STUCK -> true;
        };
    }

    /** Whether nothing more will happen unless a person says so. */
    public boolean waitsForAPerson() {
        return switch (this) {
            case PAUSED, WAITING_FOR_APPROVAL, WAITING_FOR_DECISION, WAITING_TO_FINALIZE -> true;
            case RUNNING, PAUSING, ROLLING_BACK, COMPLETED, ROLLED_BACK, FAILED, CANCELLED, STUCK -> false;
        };
    }

    /** The words for people: {@code rolling back}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
