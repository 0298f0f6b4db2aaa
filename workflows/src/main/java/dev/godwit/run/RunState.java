package dev.godwit.run;

import java.util.Locale;

/** Where a run stands. */
public enum RunState {
    RUNNING, ROLLING_BACK, COMPLETED, ROLLED_BACK, FAILED, CANCELLED,
    /** An undo was given up: a person must look. */
    STUCK;

    /** Whether nothing more will happen. */
    public boolean ended() {
        return switch (this) {
            case RUNNING, ROLLING_BACK -> false;
            case COMPLETED, ROLLED_BACK, FAILED, CANCELLED, STUCK -> true;
        };
    }

    /** The words for people: {@code rolling back}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
