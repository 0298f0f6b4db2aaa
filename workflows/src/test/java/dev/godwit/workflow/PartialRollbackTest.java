package dev.godwit.workflow;

import static dev.godwit.workflow.TestPlan.relying;
import static dev.godwit.workflow.TestPlan.step;
import static dev.godwit.workflow.TestTemporal.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.plan.CheckedPlan;
import dev.godwit.run.Answer;
import dev.godwit.run.Mode;
import dev.godwit.run.Report;
import dev.godwit.run.RollbackPreview;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.step.StepKind;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.WorkflowStub;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Row E8: a part of a run is taken back alone only if what stays works without it. */
@Timeout(120)
class PartialRollbackTest {
    private static final String WHY = "the rows say where the files are";

    private final TestTemporal temporal = new TestTemporal();
    private final TestSteps steps = temporal.steps();

    @AfterEach
    void stop() {
        temporal.close();
    }

    @Test
    void what_others_rely_on_is_not_taken_back_alone() {
        WorkflowStub run = running();

        assertThatThrownBy(() -> run.update("rollback", Answer.class, only("files"))).cause()
                .hasMessageContaining("that part cannot be taken back alone: paths (database) would stay, and relies on"
                        + " storage: " + WHY + "; take back --only files,database, or everything");
        assertThatThrownBy(() -> run.update("rollback", Answer.class,
                Map.of("scope", Map.of("only", List.of("files")), "preview", true))).cause()
                .hasMessageContaining("cannot be taken back alone");
        run.signal("rollback", only("files"));
        steps.untilStopped.clear();
        run.signal("pause");
        run.signal("resume");

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).noneMatch(call -> call.startsWith("undo"));
        assertThat(temporal.written().getLast().messages()).extracting(Report.MessageReport::outcome)
                .anyMatch(text -> text.startsWith("ignored: that part cannot be taken back alone"));
    }

    @Test
    void a_part_on_which_nothing_relies_is_taken_back_and_the_rest_stays() {
        WorkflowStub run = running();

        Answer answer = run.update("rollback", Answer.class, only("database"));

        assertThat(answer.rollback().orElseThrow().keeps()).containsExactly("storage", "app");
        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).filteredOn(call -> call.startsWith("undo"))
                .containsExactly("undo paths",
                        "undo schema");
    }

    @Test
    void parts_that_belong_together_are_taken_back_together() {
        WorkflowStub run = running();

        run.update("rollback", Answer.class, only("files", "database"));

        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).filteredOn(call -> call.startsWith("undo"))
                .containsExactly("undo paths",
                        "undo storage", "undo schema");
    }

    @Test
    void a_step_that_later_ones_rely_on_may_stay_when_they_go() {
        WorkflowStub run = running();

        run.update("rollback", Answer.class, Map.of("scope", Map.of("to", "store")));

        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).filteredOn(call -> call.startsWith("undo")).containsExactly("undo app", "undo paths");
    }

    @Test
    void earlier_phases_are_not_kept_where_they_rely_on_later_ones() {
        temporal.plan(new TestPlan().phase("store", relying("storage", "app", "only the new one finds the files"))
                .phase("deploy", step("app"), step("wait"))
                .checked());
        steps.untilStopped.add("wait");
        WorkflowStub run = begin();
        awaitKnown(run, "wait");

        assertThatThrownBy(() -> run.update("rollback", Answer.class, Map.of("scope", Map.of("to", "store")))).cause()
                .hasMessageContaining("storage (files) would stay, and relies on app: only the new one finds the files;"
                        + " take back more, or everything");
        run.signal("rollback");

        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).filteredOn(call -> call.startsWith("undo"))
                .containsExactly("undo wait", "undo app",
                        "undo storage");
    }

    @Test
    void an_ended_run_too_keeps_together_what_belongs_together() {
        WorkflowStub first = running();
        steps.untilStopped.clear();
        first.signal("pause");
        first.signal("resume");
        outcome(first);
        for (String step : List.of("schema", "storage", "paths", "app")) {
            temporal.begun().add(new SiteActivities.Begun(steps.tasks.get(step), true));
        }
        String ended = first.getExecution().getRunId();

        for (boolean preview : new boolean[]{true, false}) {
            WorkflowStub refused = temporal.begin(preview ? "moving/house/preview/1" : "moving/house",
                    rollback(ended, StepKind.FILES, preview));
            assertThatThrownBy(() -> outcome(refused)).cause().hasMessageContaining("take back --only files,database");
        }
        WorkflowStub preview = temporal.begin("moving/house/preview/2", rollback(ended, StepKind.DATABASE, true));
        assertThat(outcome(preview).rollback().orElseThrow().undo()).extracting(RollbackPreview.Undo::step)
                .containsExactly("paths", "schema");
        assertThat(steps.calls).noneMatch(call -> call.startsWith("undo"));

        WorkflowStub back = temporal.begin("moving/house", rollback(ended, StepKind.DATABASE, false));
        assertThat(outcome(back).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).endsWith("undo paths", "undo schema");
    }

    /** A run in its last step, with files that rows tell of. */
    private WorkflowStub running() {
        temporal.plan(plan());
        steps.untilStopped.add("app");
        WorkflowStub run = begin();
        awaitKnown(run, "app");
        return run;
    }

    /** The run is told of a step somewhat later than the step begins. */
    private static void awaitKnown(WorkflowStub run, String step) {
        await(() -> run.query("status", RunStatus.class).running().stream().anyMatch(each -> each.step().equals(step)));
    }

    static CheckedPlan plan() {
        return new TestPlan().phase("store", step("schema"), step("storage"))
                .phase("point", relying("paths", "storage", WHY), step("app"))
                .kind(StepKind.DATABASE, "schema", "paths")
                .kind(StepKind.DEPLOYMENT, "app")
                .checked();
    }

    private WorkflowStub begin() {
        return temporal.begin("moving/house", Mode.RUN);
    }

    static Map<String, Object> only(String... kinds) {
        return Map.of("scope", Map.of("only", List.of(kinds)));
    }

    private static RunRequest rollback(String run, StepKind only, boolean preview) {
        return new RunRequest(TestPlan.NAME, Optional.empty(), Optional.empty(), Map.of(), Optional.empty(),
                Mode.ROLLBACK, Optional.of("test"), Optional.of(new RunRequest.RollbackOf(run,
                        new RollbackScope(Optional.empty(), List.of(only)), preview, "")));
    }

    private static RunOutcome outcome(WorkflowStub run) {
        await(() -> run.describe().getStatus() != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
        return run.getResult(RunOutcome.class);
    }
}
