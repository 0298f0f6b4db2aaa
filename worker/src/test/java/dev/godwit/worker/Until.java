package dev.godwit.worker;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for what is seen to happen, and no longer. */
final class Until {
    private static final int GLANCE_MILLIS = 10;

    private Until() {}

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
