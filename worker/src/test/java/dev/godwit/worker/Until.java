package dev.godwit.worker;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for what is seen to happen, and no longer. */
final class Until {
    private static final int GLANCE_MILLIS = 10;
    /** What takes so long will not happen any more, on the slowest machine. */
    private static final int SECONDS = 180;

    private Until() {}

    static void seen(String what, Callable<Boolean> happened) throws Exception {
        within(SECONDS, what, happened);
    }

    static void within(int seconds, String what, Callable<Boolean> happened) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!happened.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + seconds + " s: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
        }
    }
}
