package dev.godwit.workflow;

import static dev.godwit.workflow.TestPlan.background;
import static dev.godwit.workflow.TestPlan.parallel;
import static dev.godwit.workflow.TestPlan.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Verdict;
import dev.godwit.run.Answer;
import dev.godwit.run.Mode;
import dev.godwit.run.Payloads;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.StepReport;
import dev.godwit.run.TaskQueues;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowStub;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs that are under way must survive a new build of the workflows: every recorded history is replayed with today's code. A
 * change that fails here needs {@code Workflow.getVersion}; a history that no run in the world can have any more is recorded
 * anew with {@code mvn test -pl workflows -Dtest=ReplayTest#record -Dtests.left.out=}.
 */
class ReplayTest {
    private static final Path HISTORIES = Path.of("src/test/resources/histories");
    private static final String RUN = "moving/house";
    private static final String DRY_RUN = "moving/house/dry-run/1";

    @ParameterizedTest
    @MethodSource("histories")
    void todays_code_replays(Path history) throws IOException {
        assertThatCode(() -> replay(Files.readString(history), idOf(history))).doesNotThrowAnyException();
    }

    @Test
    void a_history_of_other_code_does_not_replay() throws IOException {
        String other = Files.readString(file("paused", "Migration", 1)).replace("\"plan.check\"", "\"plan.look\"");

        assertThatThrownBy(() -> replay(other, RUN)).hasMessageContaining("plan.check");
    }

    private static void replay(String history, String id) throws Exception {
        try (TestWorkflowEnvironment temporal = TestWorkflowEnvironment
                .newInstance(TestEnvironmentOptions.newBuilder()
                        .setWorkflowClientOptions(
                                WorkflowClientOptions.newBuilder().setDataConverter(Payloads.converter()).build())
                        .build())) {
            // A machine with other work takes its time to load all classes for the first time.
            Worker worker = temporal.newWorker(TaskQueues.GODWIT,
                    WorkerOptions.newBuilder().setDefaultDeadlockDetectionTimeout(60_000).build());
            worker.registerWorkflowImplementationTypes(MigrationExecution.class, PhaseExecution.class,
                    RollbackExecution.class);
            WorkflowReplayer.replayWorkflowExecution(WorkflowExecutionHistory.fromJson(history, id), worker);
        }
    }

    @Test
    void there_is_a_history_of_every_workflow() throws IOException {
        assertThat(histories().map(file -> file.getFileName().toString().replaceAll("^.*-|\\d*\\.json$", "")))
                .contains("Migration", "Phase", "Rollback");
    }

    private static Stream<Path> histories() throws IOException {
        return Files.list(HISTORIES).sorted();
    }

    @Test
    @Timeout(120)
    @Tag("record")
    void record() throws IOException {
        for (Path old : histories().toList()) {
            Files.delete(old);
        }
        record("forward", new TestPlan()
                .phase("pack", parallel("boxes", "labels"), step("check_boxes"))
                .phase("move", Optional.empty(), Optional.of("true"), background("probe_road", ".output.n == 1"),
                        step("truck", "{\"size\": \"${{ .steps.boxes.n }}\"}"))
                .needs("truck", "boxes"), Mode.RUN);
        record("failed", new TestPlan().phase("pack", step("boxes"))
                .phase("extra", Optional.of(OnFailure.UNDO_PHASE), Optional.empty(), step("cake_fails"))
                .phase("move", step("truck_fails")), Mode.RUN);
        record("dryrun", new TestPlan().phase("pack", step("boxes")).phase("move", step("truck")), Mode.DRY_RUN);
        recordWaits();
        recordRollback();
        recordThrottle();
        recordTold();
        recordPartial();
    }

    /** Records what is new beside what there is: {@code mvn test -pl workflows -Dtest=ReplayTest#record_throttled ...}. */
    @Test
    @Timeout(60)
    @Tag("record")
    void record_throttled() throws IOException {
        Files.deleteIfExists(file("throttled", "Migration", 1));
        recordThrottle();
    }

    /** Records what is new beside what there is, as {@link #record_throttled} does. */
    @Test
    @Timeout(60)
    @Tag("record")
    void record_told() throws IOException {
        for (String type : List.of("Migration", "Phase")) {
            Files.deleteIfExists(file("told", type, 1));
        }
        recordTold();
    }

    /** Records what is new beside what there is, as {@link #record_throttled} does. */
    @Test
    @Timeout(60)
    @Tag("record")
    void record_partial() throws IOException {
        for (String type : List.of("Migration", "Rollback")) {
            Files.deleteIfExists(file("partial", type, 1));
        }
        recordPartial();
    }

    /** A run that refuses to take back a part on which another relies, and takes back another. */
    private static void recordPartial() throws IOException {
        try (TestTemporal temporal = new TestTemporal()) {
            temporal.plan(PartialRollbackTest.plan());
            temporal.steps().untilStopped.add("app");
            WorkflowStub run = temporal.begin(RUN, Mode.RUN);
            TestTemporal.await(() -> temporal.steps().calls.contains("run app"));
            run.signal("rollback", PartialRollbackTest.only("files"));
            run.update("rollback", Answer.class, PartialRollbackTest.only("database"));
            end(run);
            save(temporal, "partial", run, "rollback-1");
        }
    }

    /** A run that tells of every state in words of its own, in order, and waits for a person at what is inconclusive. */
    private static void recordTold() throws IOException {
        try (TestTemporal temporal = new TestTemporal()) {
            temporal.plan(new TestPlan().noticeInWords("\"run \\(.state)\"")
                    .phase("pack", step("boxes"), step("check_walls"))
                    .checked());
            temporal.steps().gates.put("check_walls",
                    new StepReport.Gate(Verdict.INCONCLUSIVE, "they stand", Optional.of("it is dark")));
            temporal.steps().held.add("notice-1");
            WorkflowStub run = temporal.begin(RUN, Mode.RUN);
            temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
            temporal.steps().held.clear();
            run.update("skip", Answer.class);
            end(run);
            save(temporal, "told", run, "pack");
        }
    }

    /** A run whose rate is asked for before and while a step runs, and lifted. */
    private static void recordThrottle() throws IOException {
        try (TestTemporal temporal = new TestTemporal()) {
            temporal.plan(new TestPlan().approved("pack", Optional.empty(), step("boxes"), step("labels")).checked());
            temporal.steps().untilStopped.add("boxes");
            WorkflowStub run = temporal.begin(RUN, Mode.RUN);
            temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
            run.signal("throttle", Map.of("rate", 5000, "by", "ann"));
            TestTemporal.await(() -> temporal.throttlings().size() == 1);
            run.update("approve", Answer.class);
            TestTemporal.await(() -> temporal.steps().calls.contains("run boxes"));
            run.update("throttle", Answer.class, Map.of("rate", 0, "step", "boxes"));
            run.update("throttle", Answer.class, Map.of("rate", "none"));
            TestTemporal.await(() -> temporal.throttlings().getLast().order() == 3);
            run.signal("throttle");
            run.signal("rollback");
            end(run);
            save(temporal, "throttled", run);
        }
    }

    /** A run without messages, when it has ended. */
    private static void record(String name, TestPlan plan, Mode mode) throws IOException {
        try (TestTemporal temporal = new TestTemporal()) {
            temporal.plan(plan.checked());
            temporal.steps().failing.addAll(List.of("cake_fails", "truck_fails"));
            temporal.steps().untilStopped.add("probe_road");
            WorkflowStub run = temporal.begin(mode == Mode.RUN ? RUN : DRY_RUN, mode);
            end(run);
            save(temporal, name, run, "pack", "extra", "move", "rollback-1", "rollback-2");
        }
    }

    /** A run in all states in which it waits forwards, and when it has ended; with notices and search attributes. */
    private static void recordWaits() throws IOException {
        try (TestTemporal temporal = new TestTemporal()) {
            temporal.searchable();
            temporal.plan(new TestPlan().notice(RunState.values())
                    .onFailure(OnFailure.PAUSE)
                    .phase("pack", step("boxes"))
                    .approved("move", Optional.of(Duration.ofDays(2)), step("truck"), step("check_soak"))
                    .finalizing("burn", step("bridge"))
                    .checked());
            temporal.steps().untilStopped.add("boxes");
            temporal.steps().failing.add("truck");
            temporal.steps().waits.put("check_soak", 1);
            WorkflowStub run = temporal.begin(RUN, Mode.RUN);
            TestTemporal.await(() -> temporal.steps().calls.contains("run boxes"));
            run.update("pause", Answer.class, Map.of("by", "ann"));
            temporal.awaitState(run, RunState.PAUSED);
            save(temporal, "paused", run, "pack");

            temporal.steps().untilStopped.clear();
            run.signal("resume");
            temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
            save(temporal, "approval", run);

            run.signal("approve");
            temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
            save(temporal, "decision", run, "move");

            temporal.steps().failing.clear();
            run.signal("retry");
            TestTemporal.await(() -> temporal.steps().calls.contains("run check_soak"));
            save(temporal, "waiting", run, "move");

            temporal.sleep(Duration.ofDays(1));
            temporal.awaitState(run, RunState.WAITING_TO_FINALIZE);
            save(temporal, "finalize", run);

            run.signal("finalize");
            end(run);
            save(temporal, "finalized", run, "burn");
        }
    }

    /** A run that is cancelled past the pivot, taken back, and left stuck; and the rollback that makes that good. */
    private static void recordRollback() throws IOException {
        try (TestTemporal temporal = new TestTemporal()) {
            temporal.plan(new TestPlan().phase("move", step("traffic"), step("curtains")).checked());
            TestSteps steps = temporal.steps();
            steps.untilStopped.add("curtains");
            WorkflowStub run = temporal.begin(RUN, Mode.RUN);
            TestTemporal.await(() -> steps.calls.contains("run curtains"));
            run.cancel();
            temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
            TestTemporal.await(() -> steps.calls.contains("stopped curtains"));
            save(temporal, "held", run, "move");

            steps.undoWaiting.add("curtains");
            steps.undoFailing.add("traffic");
            run.signal("rollback");
            TestTemporal.await(() -> steps.calls.contains("undo curtains"));
            save(temporal, "rollingback", run, "rollback-1");

            steps.undoWaiting.clear();
            temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
            save(temporal, "undecided", run, "rollback-1");

            run.signal("skip");
            end(run);
            save(temporal, "stuck", run, "rollback-1");

            steps.undoFailing.clear();
            temporal.begun().add(new SiteActivities.Begun(steps.tasks.get("traffic"), true));
            WorkflowStub back = temporal.begin(RUN,
                    new RunRequest(TestPlan.NAME, Optional.empty(), Optional.empty(), Map.of(), Optional.empty(),
                            Mode.ROLLBACK, Optional.of("test"), Optional.of(new RunRequest.RollbackOf(
                                    run.getExecution().getRunId(), RollbackScope.ALL, false, "once more"))));
            end(back);
            save(temporal, "takenback", back, "rollback-1");
        }
    }

    private static void end(WorkflowStub run) {
        try {
            run.getResult(Object.class);
        } catch (WorkflowException e) {
            // However it ended, its history is what is wanted.
        }
    }

    /** Saves the history of a run and of those of these children that it has. */
    private static void save(TestTemporal temporal, String name, WorkflowStub run, String... children)
            throws IOException {
        save(name, settled(temporal, run.getExecution().getWorkflowId()));
        List<String> started = settled(temporal, run.getExecution().getWorkflowId()).getEvents()
                .stream()
                .filter(HistoryEvent::hasChildWorkflowExecutionStartedEventAttributes)
                .map(event -> event.getChildWorkflowExecutionStartedEventAttributes().getWorkflowExecution())
                .map(WorkflowExecution::getWorkflowId)
                .toList();
        for (String child : children) {
            for (String id : started.stream().filter(id -> id.endsWith("/" + child)).toList()) {
                save(name, settled(temporal, id));
            }
        }
    }

    /** The history when its workflow has done all that it can do now. */
    private static WorkflowExecutionHistory settled(TestTemporal temporal, String id) {
        TestTemporal.await(() -> {
            HistoryEvent last = temporal.client().fetchHistory(id).getEvents().getLast();
            return !last.hasWorkflowTaskScheduledEventAttributes() && !last.hasWorkflowTaskStartedEventAttributes();
        });
        return temporal.client().fetchHistory(id);
    }

    private static void save(String name, WorkflowExecutionHistory history) throws IOException {
        String type = history.getEvents()
                .get(0)
                .getWorkflowExecutionStartedEventAttributes()
                .getWorkflowType()
                .getName();
        int n = 1;
        while (Files.exists(file(name, type, n))) {
            n++;
        }
        Files.writeString(file(name, type, n), history.toJson(true));
    }

    /** The id that a history was recorded under; a run refuses to be another than its target's. */
    private static String idOf(Path history) {
        return history.getFileName().toString().startsWith("dryrun") ? DRY_RUN : RUN;
    }

    private static Path file(String name, String type, int n) {
        return HISTORIES.resolve(name + "-" + type + (n == 1 ? "" : n) + ".json");
    }
}
