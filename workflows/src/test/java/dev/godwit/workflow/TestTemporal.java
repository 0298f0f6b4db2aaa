package dev.godwit.workflow;

import dev.godwit.plan.CheckedPlan;
import dev.godwit.run.Mode;
import dev.godwit.run.Payloads;
import dev.godwit.run.Report;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.TaskQueues;
import dev.godwit.run.Throttling;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Embedded Temporal with Godwit's workflows and steps that do what a test says. */
final class TestTemporal implements AutoCloseable {
    private final TestSteps steps = new TestSteps();
    private final List<Report> written = new CopyOnWriteArrayList<>();
    private final TestWorkflowEnvironment environment;
    private final List<SiteActivities.Begun> begun = new CopyOnWriteArrayList<>();
    private final List<String> forgotten = new CopyOnWriteArrayList<>();
    private final List<Throttling> throttlings = new CopyOnWriteArrayList<>();
    private CheckedPlan plan;
    private boolean searchable;

    TestTemporal() {
        environment = TestWorkflowEnvironment.newInstance(TestEnvironmentOptions.newBuilder()
                .setWorkflowClientOptions(
                        WorkflowClientOptions.newBuilder().setDataConverter(Payloads.converter()).build())
                .build());
        Worker godwit = environment.newWorker(TaskQueues.GODWIT);
        godwit.registerWorkflowImplementationTypes(MigrationExecution.class, PhaseExecution.class,
                RollbackExecution.class);
        godwit.registerActivitiesImplementations(new Control(), new ExpressionEvaluator());
        // As in a real worker: cancellation arrives with the next heartbeat.
        WorkerOptions prompt = WorkerOptions.newBuilder()
                .setMaxHeartbeatThrottleInterval(Duration.ofMillis(100))
                .build();
        environment.newWorker(TaskQueues.steps("default"), prompt).registerActivitiesImplementations(steps);
        environment.newWorker(TaskQueues.undo("default"), prompt).registerActivitiesImplementations(steps, new Site());
        environment.start();
    }

    void plan(CheckedPlan checked) {
        plan = checked;
    }

    /** From now on the server knows Godwit's search attributes. */
    void searchable() {
        for (String name : List.of("GodwitPlan", "GodwitTarget", "GodwitMode", "GodwitState", "GodwitPhase")) {
            environment.registerSearchAttribute(name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD);
        }
        searchable = true;
    }

    TestSteps steps() {
        return steps;
    }

    /** The reports that runs have written. */
    List<Report> written() {
        return written;
    }

    WorkflowClient client() {
        return environment.getWorkflowClient();
    }

    WorkflowStub begin(String id, Mode mode) {
        return begin(id, new RunRequest(TestPlan.NAME, Optional.empty(), Optional.empty(), Map.of(), Optional.empty(),
                mode, Optional.of("test"), Optional.empty()));
    }

    /** Starts a run with whatever someone sends. */
    WorkflowStub begin(String id, Object... input) {
        WorkflowStub run = client().newUntypedWorkflowStub("Migration",
                WorkflowOptions.newBuilder().setTaskQueue(TaskQueues.GODWIT).setWorkflowId(id).build());
        run.start(input);
        return run;
    }

    /** The workflow of a run's phase or rollback. */
    WorkflowStub child(WorkflowStub run, String name) {
        return client().newUntypedWorkflowStub(run.getExecution().getWorkflowId() + "/"
                + run.getExecution().getRunId().substring(0, 8) + "/" + name);
    }

    /** Waits until a run stands like this. */
    void awaitState(WorkflowStub run, RunState state) {
        await(() -> run.query("status", RunStatus.class).state() == state);
    }

    /** The time of the embedded server, which skips what nobody waits for. */
    void sleep(Duration time) {
        environment.sleep(time);
    }

    /** What later runs find in the ledger of an ended one. */
    List<SiteActivities.Begun> begun() {
        return begun;
    }

    /** The runs whose steps were told to forget. */
    List<String> forgotten() {
        return forgotten;
    }

    /** What the site was told, in order. */
    List<Throttling> throttlings() {
        return throttlings;
    }

    /** Whether a run's history tells that it was cancelled. */
    boolean cancelRequested(WorkflowStub run) {
        return client().fetchHistory(run.getExecution().getWorkflowId())
                .getEvents()
                .stream()
                .anyMatch(HistoryEvent::hasWorkflowExecutionCancelRequestedEventAttributes);
    }

    /** Waits until a workflow has taken up so many signals of a name. */
    void awaitHeard(WorkflowStub workflow, String signal, int times) {
        await(() -> {
            int signals = 0;
            boolean heard = false;
            for (HistoryEvent event : client().fetchHistory(workflow.getExecution().getWorkflowId()).getEvents()) {
                if (event.getWorkflowExecutionSignaledEventAttributes().getSignalName().equals(signal)) {
                    signals++;
                    heard = false;
                }
                heard |= event.hasWorkflowTaskCompletedEventAttributes();
            }
            return signals >= times && heard;
        });
    }

    /** Waits for what another thread does. */
    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("it did not happen within 30 s");
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        environment.close();
    }

    private final class Site implements SiteActivities {
        @Override
        public List<Begun> ledger(String runId) {
            return List.copyOf(begun);
        }

        @Override
        public void forget(String runId) {
            forgotten.add(runId);
        }

        @Override
        public void keepThrottling(String runId, Throttling throttling) {
            throttlings.add(throttling);
        }
    }

    private final class Control implements ControlActivities {
        @Override
        public Admission check(RunRequest request, String runId) {
            return new Admission(plan, searchable);
        }

        @Override
        public Ended planOf(String endedRunId, String runId) {
            return new Ended(endedRunId, new Admission(plan, searchable));
        }

        @Override
        public String writeReport(Report report) {
            written.add(report);
            return "/evidence";
        }
    }
}
