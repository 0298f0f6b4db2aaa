package dev.godwit.step;

/**
 * Thrown by {@link RunContext#checkpoint()} when the run no longer wants this attempt: it is paused, cancelled or its
 * worker leaves. A step lets it pass; what its journal holds is where the next attempt goes on.
 */
public final class StepStopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StepStopped(String why) {
        super(why);
    }
}
