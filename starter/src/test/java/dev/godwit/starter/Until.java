package dev.godwit.starter;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for what is seen to happen, and not for ever. */
final class Until {
    private static final int SECONDS = 40;
    private static final int GLANCE_MILLIS = 10;

    private Until() {}

    static void seen(String what, BooleanSupplier happened) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + SECONDS + " s: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
        }
    }
}
