package dev.godwit.workflow;

import dev.godwit.plan.Step;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.StepTask;
import dev.godwit.run.TaskQueues;
import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.activity.LocalActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.workflow.ActivityStub;
import io.temporal.workflow.Workflow;
import java.time.Duration;

/**
 * How the workflows call activities. Temporal retries without limit, because a lost worker is nobody's failure; failures
 * that a step reports are counted by its host, which makes the last one final and delays the others.
 */
final class StepActivities {
    private static final Duration LONGEST_ATTEMPT = Duration.ofDays(1);
    private static final Duration SILENCE = Duration.ofSeconds(20);
    /** What is no step is short; the worker sends heartbeats for it, so that one which has died is missed sooner. */
    private static final Duration LONGEST_SERVICE = Duration.ofMinutes(5);
    /** Longer than its attempts and the delays between them take. */
    private static final Duration LONGEST_NOTICE = Duration.ofMinutes(2);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);
    /**
     * A worker that hangs can take several attempts before the server notices, one for each of its polls; a delay that
     * grows with each would keep the others from the step.
     */
    private static final RetryOptions LOST = RetryOptions.newBuilder()
            .setInitialInterval(Duration.ofSeconds(1))
            .setBackoffCoefficient(1)
            .build();
    private static final RetryOptions GROWING = RetryOptions.newBuilder()
            .setInitialInterval(Duration.ofSeconds(1))
            .setBackoffCoefficient(2)
            .setMaximumInterval(LONGEST_DELAY)
            .build();

    private StepActivities() {}

    /** A step's activity or preview. */
    static ActivityStub run(Step step, String site) {
        return stub(TaskQueues.steps(site), step.name(), step.timeout().orElse(LONGEST_ATTEMPT),
                step.heartbeat().orElse(SILENCE));
    }

    /** A step's undo. */
    static ActivityStub undo(LedgerEntry entry) {
        return stub(TaskQueues.undo(entry.site()), "undo " + entry.task().identity().step(), LONGEST_ATTEMPT,
                entry.heartbeat().orElse(SILENCE));
    }

    /** A notice: it must not wait long for anyone. */
    static ActivityStub notice(StepTask task, String site) {
        return Workflow.newUntypedActivityStub(ActivityOptions.newBuilder()
                .setTaskQueue(TaskQueues.steps(site))
                .setSummary(task.identity().step())
                .setScheduleToCloseTimeout(LONGEST_NOTICE)
                .setRetryOptions(LOST)
                .build());
    }

    /** What a site's worker knows of its runs. */
    static SiteActivities site(String site) {
        return Workflow.newActivityStub(SiteActivities.class,
                ActivityOptions.newBuilder()
                        .setTaskQueue(TaskQueues.undo(site))
                        .setStartToCloseTimeout(LONGEST_SERVICE)
                        .setHeartbeatTimeout(SILENCE)
                        .setRetryOptions(GROWING)
                        .build());
    }

    /** The check of a plan and the writing of reports; short, and retried until a worker does them. */
    static ControlActivities control() {
        return Workflow.newActivityStub(ControlActivities.class,
                ActivityOptions.newBuilder()
                        .setTaskQueue(TaskQueues.GODWIT)
                        .setStartToCloseTimeout(LONGEST_SERVICE)
                        .setHeartbeatTimeout(SILENCE)
                        .setRetryOptions(GROWING)
                        .build());
    }

    /** Expressions, evaluated in the workflow's own worker. */
    static ExpressionActivities expressions() {
        return Workflow.newLocalActivityStub(ExpressionActivities.class,
                LocalActivityOptions.newBuilder().setStartToCloseTimeout(Duration.ofSeconds(30)).build());
    }

    private static ActivityStub stub(String queue, String summary, Duration timeout, Duration heartbeat) {
        return Workflow.newUntypedActivityStub(ActivityOptions.newBuilder()
                .setTaskQueue(queue)
                .setSummary(summary)
                .setStartToCloseTimeout(timeout)
                .setHeartbeatTimeout(heartbeat)
                .setRetryOptions(LOST)
                .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                .build());
    }
}
