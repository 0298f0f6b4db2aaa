package dev.godwit.step;

/**
 * Thrown by {@link RunContext#checkpoint()} when the run no longer wants this attempt: it is paused, cancelled or its
 * worker leaves. A step lets it pass; what its journal holds is where the next attempt goes on. Only a background step,
 * such as a probe, catches it and returns the output that it has so far: that is how it ends when the rest of its phase is
 * done.
 */
public final class StepStopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean cancelled;

    public StepStopped(String why) {
        this(why, false);
    }

    /** @param cancelled whether nobody goes on with the step now, as when its run is paused or rolled back */
    public StepStopped(String why, boolean cancelled) {
        super(why);
        this.cancelled = cancelled;
    }

    /**
     * Whether nobody goes on with the step now: its run is paused, rolled back or cancelled. Otherwise another attempt
     * takes over at once, and finds what this one leaves running.
     */
    public boolean cancelled() {
        return cancelled;
    }
}
