package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import java.time.Duration;

/** Waits for what nobody tells of when it happens. */
public final class Polling {
    private static final long GLANCE_MILLIS = 50;

    private Polling() {}

    /** What is waited for. */
    @FunctionalInterface
    public interface Condition<E extends Exception> {
        boolean holds() throws E;
    }

    /**
     * Waits until something is so.
     *
     * @param whileWaiting called several times a second; what it throws ends the waiting
     * @return whether it came to be so within the time
     */
    public static <E extends Exception> boolean until(Condition<E> done, Duration within, Runnable whileWaiting)
            throws E {
        long deadline = System.nanoTime() + within.toNanos();
        while (!done.holds()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            pause(whileWaiting);
        }
        return true;
    }

    /**
     * Waits a moment, for a loop that does more than to wait for one condition.
     *
     * @param whileWaiting called before, and once more if the thread is interrupted; what it throws ends the waiting
     */
    public static void pause(Runnable whileWaiting) {
        whileWaiting.run();
        try {
            Thread.sleep(GLANCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            whileWaiting.run();
            throw StepFailure.external("interrupted", "interrupted while waiting");
        }
    }
}
