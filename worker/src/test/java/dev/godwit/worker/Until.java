package dev.godwit.worker;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for what is seen to happen, and no longer. */
final class Until {
    /** Between two looks: longer, the longer it takes, since many a look starts a process. */
    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** What takes so long will not happen any more, on the slowest machine. */
    private static final int SECONDS = 180;

    private Until() {}

    static void seen(String what, Callable<Boolean> happened) throws Exception {
        within(SECONDS, what, happened);
    }

    static void within(int seconds, String what, Callable<Boolean> happened) throws Exception {
        long began = System.nanoTime();
        while (!happened.call()) {
            long waited = System.nanoTime() - began;
            if (waited > TimeUnit.SECONDS.toNanos(seconds)) {
                throw new AssertionError("not within " + seconds + " s: " + what);
            }
            TimeUnit.NANOSECONDS.sleep(Math.clamp(waited / 50, SHORTEST_NANOS, LONGEST_NANOS));
        }
    }
}
