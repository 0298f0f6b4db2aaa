package dev.godwit.activities.tables;

import dev.godwit.step.StepStopped;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;

/** Parts of a work that are done at once. The first that fails ends the others, and its failure is that of the whole. */
final class Parts {
    private final AtomicBoolean failed = new AtomicBoolean();

    /** To be called by a part now and then: ends it if another has failed. */
    void requireAll() {
        if (failed.get()) {
            throw new StepStopped("another part of the copy has failed");
        }
    }

    /** Does all parts, and returns when none is at work any more. */
    void run(List<Callable<Void>> parts) throws Exception {
        List<Throwable> failures = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(parts.size())) {
            ExecutorCompletionService<Void> completed = new ExecutorCompletionService<>(threads);
            parts.forEach(completed::submit);
            for (int i = 0; i < parts.size(); i++) {
                try {
                    completed.take().get();
                } catch (ExecutionException e) {
                    failed.set(true);
                    failures.add(e.getCause());
                } catch (InterruptedException e) {
                    failed.set(true);
                    Thread.currentThread().interrupt();
                    throw new StepStopped("interrupted");
                }
            }
        }
        if (!failures.isEmpty()) {
            switch (failures.get(0)) {
                case Exception exception -> throw exception;
                case Error error -> throw error;
                default -> throw new IllegalStateException(failures.get(0));
            }
        }
    }
}
