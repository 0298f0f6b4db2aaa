package dev.godwit.worker;

import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepHost;
import dev.godwit.run.Progress;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.DynamicActivity;
import io.temporal.client.ActivityCompletionException;
import io.temporal.client.ActivityWorkerShutdownException;
import io.temporal.common.converter.EncodedValues;
import io.temporal.failure.ApplicationFailure;
import java.util.Optional;

/** Serves every activity type that is a step type's name, with {@code .preview} and {@code .undo}. */
final class StepDispatcher implements DynamicActivity {
    private static final String PREVIEW = ".preview";
    private static final String UNDO = ".undo";

    private final StepHost host;

    StepDispatcher(StepHost host) {
        this.host = host;
    }

    @Override
    public Object execute(EncodedValues arguments) {
        ActivityExecutionContext activity = Activity.getExecutionContext();
        String type = activity.getInfo().getActivityType();
        StepTask task = arguments.get(0, StepTask.class);
        TemporalAttempt attempt = new TemporalAttempt(activity);
        try {
            Object answer = type.endsWith(PREVIEW)
                    ? host.preview(task, attempt)
                    : type.endsWith(UNDO) ? host.undo(task, attempt) : host.run(task, attempt);
            // A background step answers when it is told to end. Only because this worker leaves, it is not to end.
            if (attempt.workerLeaves()) {
                throw attempt.stop().orElseThrow();
            }
            return answer;
        } catch (StepStopped e) {
            throw attempt.stop().orElseGet(() -> new IllegalStateException(e));
        } catch (StepFailure e) {
            throw e.retryable()
                    ? ApplicationFailure.newFailureWithCause(e.getMessage(), e.type(), e.getCause())
                    : ApplicationFailure.newNonRetryableFailureWithCause(e.getMessage(), e.type(), e.getCause());
        }
    }

    /** Passes heartbeats to Temporal and remembers when it wants the attempt to end. */
    private static final class TemporalAttempt implements Attempt {
        private final ActivityExecutionContext activity;
        private volatile ActivityCompletionException stop;
        private volatile boolean told;

        private TemporalAttempt(ActivityExecutionContext activity) {
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
        public Optional<String> stopRequested() {
            told |= stop != null;
            return stop().map(Throwable::getMessage);
        }

        /** Whether the step was told to end because its worker leaves. */
        private boolean workerLeaves() {
            return told && stop instanceof ActivityWorkerShutdownException;
        }

        private Optional<RuntimeException> stop() {
            return Optional.ofNullable(stop);
        }
    }
}
