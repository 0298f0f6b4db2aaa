package dev.godwit.worker;

import dev.godwit.json.Json;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.Report;
import dev.godwit.run.RunRequest;
import dev.godwit.run.Throttling;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepTask;
import dev.godwit.run.TaskQueues;
import dev.godwit.run.UndoResult;
import dev.godwit.workflow.ControlActivities;
import dev.godwit.workflow.ExpressionEvaluator;
import dev.godwit.workflow.MigrationExecution;
import dev.godwit.workflow.PhaseExecution;
import dev.godwit.workflow.RollbackExecution;
import dev.godwit.workflow.SiteActivities;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.DynamicActivity;
import io.temporal.client.ActivityCompletionException;
import io.temporal.common.converter.EncodedValues;
import io.temporal.failure.ApplicationFailure;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Workers for plans that were drawn at random: their steps work, fail and wait as drawn, and write down what they do. */
final class RandomWorld implements DynamicActivity {
    private static final Duration HEARTBEATS = Duration.ofMillis(20);
    private static final Duration WAIT = Duration.ofMillis(100);

    private final Map<String, RandomSteps> byTarget = new ConcurrentHashMap<>();
    private final Map<String, RandomSteps> byRun = new ConcurrentHashMap<>();
    private final Map<String, Report> reports = new ConcurrentHashMap<>();
    private final boolean searchable;

    /**
     * @param searchable whether the server knows Godwit's search attributes
     */
    RandomWorld(boolean searchable) {
        this.searchable = searchable;
    }

    void register(WorkerFactory factory) {
        Worker godwit = factory.newWorker(TaskQueues.GODWIT);
        godwit.registerWorkflowImplementationTypes(MigrationExecution.class, PhaseExecution.class,
                RollbackExecution.class);
        godwit.registerActivitiesImplementations(new Control(), new ExpressionEvaluator());
        WorkerOptions prompt = WorkerOptions.newBuilder().setMaxHeartbeatThrottleInterval(HEARTBEATS).build();
        factory.newWorker(TaskQueues.steps("default"), prompt).registerActivitiesImplementations(this);
        factory.newWorker(TaskQueues.undo("default"), prompt).registerActivitiesImplementations(this, new Site());
    }

    void add(RandomSteps steps) {
        byTarget.put(steps.plan().target(), steps);
    }

    /** The report that a run wrote. */
    Optional<Report> reportOf(String runId) {
        return Optional.ofNullable(reports.get(runId));
    }

    @Override
    public Object execute(EncodedValues arguments) {
        ActivityExecutionContext context = Activity.getExecutionContext();
        String type = context.getInfo().getActivityType();
        StepTask task = arguments.get(0, StepTask.class);
        RandomSteps steps = byTarget.get(task.identity().target());
        if (type.equals("notify.webhook")) {
            return notice(task);
        }
        if (type.endsWith(".undo")) {
            return undo(steps, task);
        }
        if (type.endsWith(".preview")) {
            return new PreviewResult(Optional.of(Json.tree(Map.of("n", 1))), List.of(), List.of(), Optional.empty(), 1);
        }
        return run(context, steps, task);
    }

    /** Every third cannot be sent. */
    private static StepResult notice(StepTask task) {
        if (task.identity().step().hashCode() % 3 == 0) {
            throw ApplicationFailure.newNonRetryableFailure("nobody listens", "external/test");
        }
        return new StepResult(Json.tree(Map.of()), 1, 1, "test", List.of(), Optional.empty());
    }

    private static UndoResult undo(RandomSteps steps, StepTask task) {
        String step = task.identity().step();
        steps.undoBegins(step);
        if (steps.undoFails(step)) {
            throw ApplicationFailure.newNonRetryableFailure("cannot undo " + step, "external/test");
        }
        steps.undone(step);
        return new UndoResult(List.of(), 1);
    }

    private StepResult run(ActivityExecutionContext context, RandomSteps steps, StepTask task) {
        String step = task.identity().step();
        steps.begins(task);
        try {
            work(context, steps, step);
            if (steps.waits(step)) {
                return new StepResult(Json.tree(Map.of()), 1, 1, "test", List.of(),
                        Optional.of(new StepResult.Wait(WAIT, "it is not time yet")));
            }
            if (steps.fails(step)) {
                throw ApplicationFailure.newNonRetryableFailure(step + " cannot", "external/test");
            }
            return new StepResult(Json.tree(Map.of("n", 1)), 1, 1, "test", List.of(), Optional.empty());
        } finally {
            steps.answers(step);
        }
    }

    /** Works its time; a background step works until it is told to end, and answers then. */
    private static void work(ActivityExecutionContext context, RandomSteps steps, String step) {
        boolean background = steps.inBackground(step);
        RandomPlan.Behaviour behaviour = steps.of(step);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(behaviour.millis());
        while (background || System.nanoTime() < end) {
            try {
                context.heartbeat(null);
            } catch (ActivityCompletionException e) {
                if (background) {
                    return;
                }
                if (!behaviour.stubborn()) {
                    throw e;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    private final class Control implements ControlActivities {
        @Override
        public Admission check(RunRequest request, String runId) {
            RandomSteps steps = byTarget.get(request.target().orElseThrow());
            byRun.put(runId, steps);
            return new Admission(steps.plan(), searchable);
        }

        @Override
        public Ended planOf(String endedRunId, String runId) {
            return new Ended(endedRunId, new Admission(byRun.get(endedRunId).plan(), searchable));
        }

        @Override
        public String writeReport(Report report) {
            reports.put(report.runId(), report);
            return "/evidence";
        }
    }

    private final class Site implements SiteActivities {
        @Override
        public List<Begun> ledger(String runId) {
            return byRun.get(runId).begun();
        }

        @Override
        public void forget(String runId) {
            byRun.get(runId).forget();
        }

        @Override
        public void keepThrottling(String runId, Throttling throttling) {
            // Its steps have nothing to be throttled.
        }
    }
}
