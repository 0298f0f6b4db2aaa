package dev.godwit.run;

import java.util.Locale;

/** What people can tell a run; each is a signal and an update of its {@link #word}. */
public enum Verb {
    PAUSE, RESUME, ROLLBACK, APPROVE, REJECT, RETRY, SKIP, FINALIZE, THROTTLE;

    /** The name of the signal and of the update. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
