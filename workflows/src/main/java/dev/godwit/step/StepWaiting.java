package dev.godwit.step;

import java.time.Duration;

/**
 * Thrown by a step that has nothing to do before some time has passed. The run then waits in a timer, which costs nothing
 * and survives everything, and calls the step again; what its journal holds is where it goes on.
 */
public final class StepWaiting extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Duration time;

    /**
     * @param time after which the step is to be called again; more than nothing
     * @param why what it waits for, for people: {@code until 02:00 on 2026-11-21}
     */
    public StepWaiting(Duration time, String why) {
        super(why);
        if (!time.isPositive()) {
            throw new IllegalArgumentException("a step waits for more than nothing, and not for " + time);
        }
        this.time = time;
    }

    public Duration time() {
        return time;
    }
}
