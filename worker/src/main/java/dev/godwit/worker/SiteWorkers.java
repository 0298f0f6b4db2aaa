package dev.godwit.worker;

import dev.godwit.run.TaskQueues;
import dev.godwit.workflow.ExpressionEvaluator;
import dev.godwit.workflow.MigrationExecution;
import dev.godwit.workflow.PhaseExecution;
import dev.godwit.workflow.RollbackExecution;
import io.temporal.activity.DynamicActivity;
import io.temporal.client.WorkflowClient;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Polls the queues of Godwit and of this worker's sites. */
@Singleton
final class SiteWorkers {
    /** How long steps have to checkpoint when the worker leaves. */
    private static final Duration GRACE = Duration.ofSeconds(30);
    /** Cancellation reaches a step with its next heartbeat, so that must not be held back long. */
    private static final Duration HEARTBEAT_THROTTLE = Duration.ofSeconds(1);
    private static final int UNDO_SLOTS = 8;

    private final WorkerFactory factory;
    private final ServerKind server;
    private final SearchAttributes attributes;
    private final StickyQueueCure cure;

    SiteWorkers(WorkflowClient client, ServerKind server, SearchAttributes attributes, StickyQueueCure cure,
            DynamicActivity steps, SiteRecords records, PlanControl control, WorkerSettings settings) {
        this.server = server;
        this.attributes = attributes;
        this.cure = cure;
        factory = WorkerFactory.newInstance(client,
                WorkerFactoryOptions.newBuilder().setUsingVirtualWorkflowThreads(true).build());
        Worker godwit = factory.newWorker(TaskQueues.GODWIT, options(settings.getSteps()));
        godwit.registerWorkflowImplementationTypes(MigrationExecution.class, PhaseExecution.class,
                RollbackExecution.class);
        godwit.registerActivitiesImplementations(control, new ExpressionEvaluator());
        for (String site : settings.getSites()) {
            factory.newWorker(TaskQueues.steps(site), options(settings.getSteps()))
                    .registerActivitiesImplementations(steps);
            factory.newWorker(TaskQueues.undo(site), options(UNDO_SLOTS))
                    .registerActivitiesImplementations(steps, records);
        }
    }

    /** Starts to poll. */
    void start() {
        if (server.embedded()) {
            cure.activate();
        }
        attributes.register();
        factory.start();
    }

    /** Stops to poll, lets steps checkpoint, and leaves. */
    @PreDestroy
    void leave() {
        factory.shutdown();
        factory.awaitTermination(GRACE.toSeconds(), TimeUnit.SECONDS);
    }

    private static WorkerOptions options(int activities) {
        return WorkerOptions.newBuilder()
                .setMaxConcurrentActivityExecutionSize(activities)
                .setUsingVirtualThreadsOnActivityWorker(true)
                .setUsingVirtualThreadsOnLocalActivityWorker(true)
                .setMaxHeartbeatThrottleInterval(HEARTBEAT_THROTTLE)
                .setDefaultHeartbeatThrottleInterval(HEARTBEAT_THROTTLE)
                .build();
    }
}
