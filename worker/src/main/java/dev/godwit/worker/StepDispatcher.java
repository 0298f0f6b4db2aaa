package dev.godwit.worker;

import dev.godwit.activities.host.StepHost;
import dev.godwit.run.StepTask;
import dev.godwit.step.ErrorKind;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.DynamicActivity;
import io.temporal.common.converter.EncodedValues;
import io.temporal.failure.ApplicationErrorCategory;
import io.temporal.failure.ApplicationFailure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves every activity type that is a step type's name, with {@code .preview} and {@code .undo}. */
final class StepDispatcher implements DynamicActivity {
    private static final Logger LOG = LoggerFactory.getLogger(StepDispatcher.class);
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
                throw attempt.reason();
            }
            return answer;
        } catch (StepStopped e) {
            throw attempt.reason();
        } catch (StepFailure e) {
            throw told(type, task, e);
        }
    }

    /** One line in the log, and a stack trace only where Godwit itself is at fault. */
    static ApplicationFailure told(String type, StepTask task, StepFailure failure) {
        boolean internal = failure.kind() == ErrorKind.INTERNAL;
        LOG.warn("{} of {}: {} ({}{})", type, task.identity().shortName(), failure.getMessage(), failure.type(),
                failure.retryable() ? ", will be tried again" : "", internal ? failure : null);
        return ApplicationFailure.newBuilder()
                .setMessage(failure.getMessage())
                .setType(failure.type())
                .setCause(internal ? failure.getCause() : null)
                .setNonRetryable(!failure.retryable())
                .setNextRetryDelay(failure.delay().orElse(null))
                .setCategory(internal ? ApplicationErrorCategory.UNSPECIFIED : ApplicationErrorCategory.BENIGN)
                .build();
    }
}
