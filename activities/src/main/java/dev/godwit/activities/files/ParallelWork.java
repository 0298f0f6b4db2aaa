package dev.godwit.activities.files;

import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Work on files, on a few threads, whose results come in the order in which it was begun: waiting for the disk is most of
 * it, and disks take several requests at a time. Closing it waits for what is under way and forgets the rest.
 */
public final class ParallelWork<T> implements AutoCloseable {
    private final ExecutorService threads;
    private final int ahead;
    private final Results<T> results;
    private final Deque<Future<T>> inFlight = new ArrayDeque<>();

    /** A piece of it. */
    @FunctionalInterface
    public interface Work<T> {
        T get() throws IOException;
    }

    /** Gets each result, on the thread that begins the work. */
    @FunctionalInterface
    public interface Results<T> {
        void add(T result) throws IOException;
    }

    /**
     * @param threads how many pieces are done at a time
     * @param ahead how many may be begun before the result of the first is taken, so that memory stays flat
     */
    public ParallelWork(int threads, int ahead, Results<T> results) {
        this.threads = Executors.newFixedThreadPool(threads);
        this.ahead = ahead;
        this.results = results;
    }

    /** Does something with each of a few inputs. */
    static <A, B> List<B> each(int threads, List<A> inputs, Each<A, B> work) throws IOException {
        List<B> done = new ArrayList<>(inputs.size());
        if (inputs.size() < 2) {
            for (A input : inputs) {
                done.add(work.apply(input));
            }
            return done;
        }
        try (ParallelWork<B> parallel = new ParallelWork<>(threads, inputs.size(), done::add)) {
            for (A input : inputs) {
                parallel.begin(() -> work.apply(input));
            }
            parallel.finish();
        }
        return done;
    }

    interface Each<A, B> {
        B apply(A input) throws IOException;
    }

    /** Begins a piece, after taking the oldest result if there are too many ahead of it. */
    public void begin(Work<T> work) throws IOException {
        if (inFlight.size() == ahead) {
            results.add(result(inFlight.remove()));
        }
        inFlight.add(threads.submit(work::get));
    }

    /** Takes the results that are left. */
    public void finish() throws IOException {
        while (!inFlight.isEmpty()) {
            results.add(result(inFlight.remove()));
        }
    }

    @Override
    public void close() {
        inFlight.forEach(future -> future.cancel(false));
        threads.close();
    }

    private static <T> T result(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case Error error -> throw error;
                default -> throw new IOException(e.getCause());
            }
        }
    }
}
