package dev.godwit.workflow;

import static dev.godwit.workflow.TestPlan.background;
import static dev.godwit.workflow.TestPlan.parallel;
import static dev.godwit.workflow.TestPlan.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.godwit.plan.OnFailure;
import dev.godwit.run.Mode;
import dev.godwit.run.Payloads;
import dev.godwit.run.TaskQueues;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowStub;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    @ParameterizedTest
    @MethodSource("histories")
    void todays_code_replays(Path history) throws IOException {
        try (TestWorkflowEnvironment temporal = TestWorkflowEnvironment
                .newInstance(TestEnvironmentOptions.newBuilder()
                        .setWorkflowClientOptions(
                                WorkflowClientOptions.newBuilder().setDataConverter(Payloads.converter()).build())
                        .build())) {
            Worker worker = temporal.newWorker(TaskQueues.GODWIT);
            worker.registerWorkflowImplementationTypes(MigrationExecution.class, PhaseExecution.class,
                    RollbackExecution.class);

            assertThatCode(() -> WorkflowReplayer.replayWorkflowExecution(
                    WorkflowExecutionHistory.fromJson(Files.readString(history), idOf(history)), worker))
                    .doesNotThrowAnyException();
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
        Files.createDirectories(HISTORIES);
        record("forward", new TestPlan()
                .phase("pack", parallel("boxes", "labels"), step("check_boxes"))
                .phase("move", Optional.empty(), Optional.of("true"), background("probe_road", ".output.n == 1"),
                        step("truck", "{\"size\": \"${{ .steps.boxes.n }}\"}"))
                .needs("truck", "boxes"), Mode.RUN, "");
        record("failed", new TestPlan().phase("pack", step("boxes"))
                .phase("extra", Optional.of(OnFailure.UNDO_PHASE), Optional.empty(), step("cake_fails"))
                .phase("move", step("truck_fails")), Mode.RUN, "");
        record("asked", new TestPlan().phase("pack", step("boxes"), step("piano_hangs")), Mode.RUN, "rollback");
        record("cancelled", new TestPlan().phase("pack", step("boxes"), step("piano_hangs")), Mode.RUN, "cancel");
        record("dryrun", new TestPlan().phase("pack", step("boxes")).phase("move", step("truck")), Mode.DRY_RUN, "");
    }

    private static void record(String name, TestPlan plan, Mode mode, String then) throws IOException {
        try (TestTemporal temporal = new TestTemporal()) {
            temporal.plan(plan.checked());
            for (String step : List.of("cake_fails", "truck_fails")) {
                temporal.steps().failing.add(step);
            }
            temporal.steps().untilStopped.addAll(List.of("piano_hangs", "probe_road"));
            String id = mode == Mode.RUN ? "moving/house" : "moving/house/dry-run/1";
            WorkflowStub run = temporal.begin(id, mode);
            if (!then.isEmpty()) {
                TestTemporal.await(() -> temporal.steps().calls.contains("run piano_hangs"));
                if (then.equals("cancel")) {
                    run.cancel();
                } else {
                    run.signal(then, Map.of("by", "ann"));
                }
            }
            try {
                run.getResult(Object.class);
            } catch (WorkflowException e) {
                // However it ended, its history is what is wanted.
            }
            save(temporal, name, id);
        }
    }

    private static void save(TestTemporal temporal, String name, String id) throws IOException {
        WorkflowExecutionHistory history = temporal.client().fetchHistory(id);
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
        for (HistoryEvent event : history.getEvents()) {
            if (event.hasChildWorkflowExecutionStartedEventAttributes()) {
                save(temporal, name, event.getChildWorkflowExecutionStartedEventAttributes()
                        .getWorkflowExecution()
                        .getWorkflowId());
            }
        }
    }

    /** The id that a history was recorded under; a run refuses to be another than its target's. */
    private static String idOf(Path history) {
        return history.getFileName().toString().startsWith("dryrun") ? "moving/house/dry-run/1" : "moving/house";
    }

    private static Path file(String name, String type, int n) {
        return HISTORIES.resolve(name + "-" + type + (n == 1 ? "" : n) + ".json");
    }
}
