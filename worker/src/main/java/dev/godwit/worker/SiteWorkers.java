package dev.godwit.worker;

import dev.godwit.run.TaskQueues;
import dev.godwit.step.StepFailure;
import dev.godwit.workflow.ControlActivities;
import dev.godwit.workflow.ExpressionEvaluator;
import dev.godwit.workflow.MigrationExecution;
import dev.godwit.workflow.PhaseExecution;
import dev.godwit.workflow.RollbackExecution;
import dev.godwit.workflow.SiteActivities;
import io.grpc.StatusRuntimeException;
import io.temporal.activity.ActivityMethod;
import io.temporal.activity.DynamicActivity;
import io.temporal.client.WorkflowClient;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Polls the queues of Godwit and of this worker's sites. */
@Singleton
final class SiteWorkers {
    private static final Logger LOG = LoggerFactory.getLogger(SiteWorkers.class);
    /** How long steps have to checkpoint when the worker leaves. */
    private static final Duration GRACE = Duration.ofSeconds(30);
    /** Cancellation reaches a step with its next heartbeat, so that must not be held back long. */
    private static final Duration HEARTBEAT_THROTTLE = Duration.ofSeconds(1);
    private static final int UNDO_SLOTS = 8;

    private final WorkflowClient client;
    private final WorkerFactory factory;
    private final Optional<Build> build;
    private final ServerKind server;
    private final SearchAttributes attributes;
    private final StickyQueueCure cure;

    SiteWorkers(WorkflowClient client, ServerKind server, SearchAttributes attributes, StickyQueueCure cure,
            DynamicActivity steps, SiteRecords records, PlanControl control, WorkerSettings settings) {
        this.server = server;
        this.attributes = attributes;
        this.cure = cure;
        this.client = client;
        build = Build.of(settings);
        factory = WorkerFactory.newInstance(client,
                WorkerFactoryOptions.newBuilder()
                        .setUsingVirtualWorkflowThreads(true)
                        .setWorkerInterceptors(new ControlHeartbeats(activityTypes()))
                        .build());
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

    /** Those of the activities that are no steps. */
    static Set<String> activityTypes() {
        return Stream.of(ControlActivities.class, SiteActivities.class)
                .flatMap(type -> Stream.of(type.getMethods()))
                .map(method -> method.getAnnotation(ActivityMethod.class))
                .filter(Objects::nonNull)
                .map(ActivityMethod::name)
                .collect(Collectors.toSet());
    }

    /** Starts to poll. */
    void start() {
        if (server.embedded()) {
            build.ifPresent(version -> {
                throw StepFailure.user("no-deployments", "the embedded Temporal has no worker deployments; leave out "
                        + "--deployment and --build-id, or use a Temporal server");
            });
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
        if (!factory.isTerminated()) {
            LOG.warn("steps did not come to a checkpoint within {} s; another worker goes on with them when their"
                    + " heartbeat is missed", GRACE.toSeconds());
            factory.shutdownNow();
        }
        build.ifPresent(this::nameRunsThatHold);
    }

    /** Runs that are pinned to a build wait for a worker of it. */
    private void nameRunsThatHold(Build left) {
        try {
            List<String> runs = HeldBuilds.runsOf(client, left);
            if (!runs.isEmpty()) {
                LOG.warn("the build {} leaves here; these runs go on only where a worker of it is up: {}",
                        left.version(), HeldBuilds.describe(runs));
            }
        } catch (StatusRuntimeException e) {
            LOG.warn("cannot tell which runs hold the build {} that leaves here ({})", left.version(),
                    e.getStatus().getCode());
        }
    }

    private WorkerOptions options(int activities) {
        WorkerOptions.Builder options = WorkerOptions.newBuilder()
                // A cold JVM on a busy machine loads classes for longer than the second that is the default.
                .setDefaultDeadlockDetectionTimeout(5_000)
                .setMaxConcurrentActivityExecutionSize(activities)
                // A step may be in SQLite or wait for the disk for long, where a virtual thread holds one of the few carriers.
                .setUsingVirtualThreadsOnActivityWorker(false)
                .setUsingVirtualThreadsOnLocalActivityWorker(true)
                .setMaxHeartbeatThrottleInterval(HEARTBEAT_THROTTLE)
                .setDefaultHeartbeatThrottleInterval(HEARTBEAT_THROTTLE);
        // Its workflows and their steps' queues all belong to the build, so that a pinned run meets no other.
        build.map(Build::options).ifPresent(options::setDeploymentOptions);
        return options.build();
    }
}
