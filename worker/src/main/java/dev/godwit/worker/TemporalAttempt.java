package dev.godwit.worker;

import dev.godwit.activities.host.Attempt;
import dev.godwit.run.Progress;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCompletionException;
import io.temporal.client.ActivityWorkerShutdownException;
import java.time.Instant;
import java.util.Optional;

/** Passes heartbeats to Temporal and remembers when it wants the attempt to end. */
final class TemporalAttempt implements Attempt {
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
    public Optional<String> stopRequested() {
        told |= stop != null;
        return stop().map(Throwable::getMessage);
    }

    /** Whether the step was told to end because its worker leaves. */
    boolean workerLeaves() {
        return told && stop instanceof ActivityWorkerShutdownException;
    }

    Optional<RuntimeException> stop() {
        return Optional.ofNullable(stop);
    }
}
