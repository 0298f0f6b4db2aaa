package dev.godwit.worker;

import dev.godwit.activities.host.Attempt;
import dev.godwit.run.Progress;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCanceledException;
import io.temporal.client.ActivityCompletionException;
import io.temporal.client.ActivityWorkerShutdownException;
import io.temporal.failure.ApplicationErrorCategory;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Passes heartbeats to Temporal and remembers when it wants the attempt to end. */
final class TemporalAttempt implements Attempt {
    /** A moment, in which the worker that leaves stops to ask for work, so that it does not get the step again. */
    private static final Duration TAKEOVER = Duration.ofSeconds(1);

    private final ActivityExecutionContext activity;
    private volatile ActivityCompletionException stop;
    private volatile boolean told;

    TemporalAttempt(ActivityExecutionContext activity) {
        this.activity = activity;
    }

    @Override
    public void heartbeat(Progress progress) {
        try {
            activity.heartbeat(progress);
        } catch (ActivityCompletionException e) {
            stop = e;
        }
    }

    @Override
    public Instant asked() {
        return Instant.ofEpochMilli(activity.getInfo().getCurrentAttemptScheduledTimestamp());
    }

    @Override
    public int number() {
        return activity.getInfo().getAttempt();
    }

    @Override
    public Optional<String> stopRequested() {
        told |= stop != null;
        return Optional.ofNullable(stop).map(Throwable::getMessage);
    }

    @Override
    public boolean cancelled() {
        return stop instanceof ActivityCanceledException;
    }

    /** Whether the step was told to end because its worker leaves. */
    boolean workerLeaves() {
        return told && stop instanceof ActivityWorkerShutdownException;
    }

    /** What Temporal is answered when the attempt ends before its work is done. Only leaving interrupts a step. */
    RuntimeException reason() {
        return stop == null || stop instanceof ActivityWorkerShutdownException
                ? ApplicationFailure.newBuilder()
                        .setMessage("the worker leaves; another one goes on with the step")
                        .setType("external/worker-left")
                        .setNextRetryDelay(TAKEOVER)
                        .setCategory(ApplicationErrorCategory.BENIGN)
                        .build()
                : stop;
    }
}
