package dev.godwit.activities.host;

import java.time.Clock;
import java.time.LocalDate;

/**
 * What would take too long each time is tried in parts: which part is tried moves on every day, and
 * {@code -Dgodwit.rotation=N} repeats one. {@code -Dgodwit.long=true} tries all.
 */
public final class Rotation {
    /** Whether there is time for all of it. */
    public static final boolean LONG = Boolean.getBoolean("godwit.long");
    /** Today's number. */
    public static final int NUMBER = Integer.getInteger("godwit.rotation",
            (int) LocalDate.now(Clock.systemUTC()).toEpochDay());

    private Rotation() {}
}
