package dev.godwit.workflow;

import dev.godwit.run.Failure;
import io.temporal.api.enums.v1.TimeoutType;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationErrorCategory;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TemporalFailure;
import io.temporal.failure.TimeoutFailure;
import java.util.Locale;

/** Says in Godwit's words why something that Temporal ran has failed. */
public final class Failures {
    private Failures() {}

    /**
     * A failure that is final and that Godwit tells in its own words: nothing that Temporal's SDK should log with a stack
     * trace.
     */
    public static ApplicationFailure told(String message, String type, Object... details) {
        return ApplicationFailure.newBuilder()
                .setMessage(message)
                .setType(type)
                .setDetails(details)
                .setNonRetryable(true)
                .setCategory(ApplicationErrorCategory.BENIGN)
                .build();
    }

    /**
     * Whether the failure means that it was cancelled, as it was told. An activity whose worker is lost between being told
     * and answering is cancelled too: Temporal tries it no more, as it does with every other that lost its worker.
     */
    static boolean cancelled(TemporalFailure failure) {
        return failure instanceof CanceledFailure || failure.getCause() instanceof CanceledFailure
                || failure.getCause() instanceof TimeoutFailure timeout
                        && timeout.getTimeoutType() == TimeoutType.TIMEOUT_TYPE_HEARTBEAT;
    }

    /** The failure of an activity or a child workflow, by its cause. */
    static Failure of(TemporalFailure failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        if (cause instanceof ApplicationFailure application) {
            return new Failure(application.getType(), application.getOriginalMessage());
        }
        if (cause instanceof TimeoutFailure timeout) {
            return new Failure("external/timeout", subject(failure) + " ran out of time ("
                    + timeout.getTimeoutType()
                            .name()
                            .replace("TIMEOUT_TYPE_", "")
                            .replace('_', ' ')
                            .toLowerCase(Locale.ROOT)
                    + "); give the step a longer timeout, or look why it hangs");
        }
        if (cause instanceof CanceledFailure) {
            return new Failure("cancelled", subject(failure) + " was stopped");
        }
        return new Failure("internal/unexpected", String.valueOf(cause.getMessage()));
    }

    private static String subject(TemporalFailure failure) {
        return failure instanceof ActivityFailure activity ? activity.getActivityType() : "it";
    }
}
