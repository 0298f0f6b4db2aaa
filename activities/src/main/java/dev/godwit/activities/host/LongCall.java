package dev.godwit.activities.host;

import dev.godwit.step.StepStopped;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A call that blocks for as long as a file or a database is large, and says nothing meanwhile: a step that only waited for it
 * would be taken for lost, and done again for ever. It is made by a thread of its own, while the step's says that it lives.
 */
public final class LongCall {
    private static final long PULSE_MILLIS = 500;

    private LongCall() {}

    /** What blocks. */
    @FunctionalInterface
    public interface Call<T, E extends Exception> {
        T get() throws E;
    }

    /**
     * Makes a call that nothing ends but an interrupt, if that.
     *
     * @param pulse called before, and about twice a second; if it throws, this throws the same when the call has ended
     */
    public static <T, E extends Exception> T run(Runnable pulse, Call<T, E> call) throws E {
        return run(pulse, () -> {}, call);
    }

    /**
     * Makes a call that can be ended.
     *
     * @param pulse called before, and about twice a second; if it throws, this throws the same when the call has ended
     * @param end ends the call early; called again for as long as that has not helped
     */
    public static <T, E extends Exception> T run(Runnable pulse, Runnable end, Call<T, E> call) throws E {
        pulse.run();
        FutureTask<T> task = new FutureTask<>(call::get);
        Thread thread = Thread.ofPlatform().daemon().name("long-call").start(task);
        Waiting waiting = new Waiting(pulse, () -> {
            thread.interrupt();
            end.run();
        });
        try {
            while (true) {
                try {
                    T result = task.get(PULSE_MILLIS, TimeUnit.MILLISECONDS);
                    waiting.requireWanted();
                    return result;
                } catch (TimeoutException stillAtIt) {
                    waiting.beat();
                } catch (InterruptedException e) {
                    waiting.interrupted();
                } catch (ExecutionException failed) {
                    waiting.requireWanted();
                    throw LongCall.<E>thrown(failed.getCause());
                }
            }
        } finally {
            waiting.restoreInterrupt();
        }
    }

    @SuppressWarnings("unchecked")
    private static <E extends Exception> E thrown(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        if (cause instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return (E) cause; // A call throws nothing else.
    }

    /** Whether the call is still wanted. It is waited for in any case: what it works on is closed or removed after it. */
    private static final class Waiting {
        private final Runnable pulse;
        private final Runnable end;
        private Throwable unwanted;
        private boolean interrupted;

        Waiting(Runnable pulse, Runnable end) {
            this.pulse = pulse;
            this.end = end;
        }

        void beat() {
            if (unwanted == null) {
                try {
                    pulse.run();
                } catch (RuntimeException | Error e) {
                    unwanted = e;
                }
            }
            if (unwanted != null) {
                end.run();
            }
        }

        void interrupted() {
            interrupted = true;
            Thread.currentThread().interrupt(); // The beat may know why.
            beat();
            Thread.interrupted();
            if (unwanted == null) {
                unwanted = new StepStopped("interrupted");
                end.run();
            }
        }

        void requireWanted() {
            if (unwanted != null) {
                throw LongCall.<RuntimeException>thrown(unwanted);
            }
        }

        void restoreInterrupt() {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
