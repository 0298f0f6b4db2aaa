package dev.godwit.workflow;

import static dev.godwit.workflow.TestPlan.background;
import static dev.godwit.workflow.TestPlan.parallel;
import static dev.godwit.workflow.TestPlan.step;
import static dev.godwit.workflow.TestTemporal.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.godwit.plan.OnFailure;
import dev.godwit.run.Answer;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Report;
import dev.godwit.run.RollbackPreview;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import dev.godwit.run.Throttling;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.CanceledFailure;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What people can tell a run. */
@Timeout(60)
class OnCallTest {
    private final TestTemporal temporal = new TestTemporal();
    private final TestSteps steps = temporal.steps();

    @AfterEach
    void close() {
        temporal.close();
    }

    @Test
    void pause_stops_a_step_that_goes_on_after_resume() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));

        Answer pausing = run.update("pause", Answer.class, Map.of("by", "ann", "reason", "lunch"));
        assertThat(pausing.text()).isEqualTo("pausing; to stop at their next batch, or to end: boxes");
        temporal.awaitState(run, RunState.PAUSED);
        assertThat(steps.calls).containsExactly("run boxes", "stopped boxes");
        assertThat(status(run).next()).contains("resume", "rollback").doesNotContain("pause", "retry", "approve");
        assertThatThrownBy(() -> run.update("pause", Answer.class)).cause()
                .hasMessageContaining("the run is paused already");

        steps.untilStopped.clear();
        assertThat(run.update("resume", Answer.class).text()).isEqualTo("goes on");
        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("run boxes", "stopped boxes", "run boxes", "run labels");
        assertThat(report().messages()).extracting(Report.MessageReport::verb).containsExactly("pause", "resume");
        assertThat(report().messages().get(0).reason()).isEqualTo("lunch");
    }

    @Test
    void a_rate_for_the_run_or_a_step_is_told_to_the_site_and_shown_until_it_is_lifted() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));
        temporal.awaitState(run, RunState.RUNNING);
        await(() -> status(run).next().contains("throttle"));

        assertThat(run.update("throttle", Answer.class, Map.of("rate", 5000, "by", "ada")).text())
                .isEqualTo("throttles every step to 5,000 a second");
        assertThat(run.update("throttle", Answer.class, Map.of("rate", 0, "step", "labels")).text())
                .isEqualTo("throttles labels to a standstill");
        awaitTold(2);
        assertThat(temporal.throttlings().getLast().of("labels")).contains(new Throttling.Rate(0, ""));
        assertThat(temporal.throttlings().getLast().of("boxes")).contains(new Throttling.Rate(5000, "ada"));
        assertThat(status(run).throttling()).isEqualTo(temporal.throttlings().getLast());

        Map<String, Object> none = new HashMap<>();
        none.put("rate", null);
        none.put("step", "labels");
        assertThat(run.update("throttle", Answer.class, none).text())
                .isEqualTo("throttles labels as the run, to 5,000 a second");
        run.signal("throttle", Map.of("rate", "none"));
        awaitTold(4);
        assertThat(temporal.throttlings().getLast().of("labels")).isEmpty();
        assertThat(temporal.throttlings().getLast().of("boxes")).isEmpty();
        assertThat(steps.calls).containsExactly("run boxes");

        run.signal("rollback");
        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(report().messages()).extracting(Report.MessageReport::outcome)
                .contains("accepted: lets every step be as fast as the plan says");
    }

    /** A word that is overtaken by the next one need not arrive. */
    private void awaitTold(int order) {
        await(() -> !temporal.throttlings().isEmpty() && temporal.throttlings().getLast().order() == order);
    }

    @Test
    void a_throttle_that_makes_no_sense_is_refused_with_the_reason() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels")).checked());
        steps.untilStopped.add("labels");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run labels"));
        await(() -> status(run).stepsEnded() == 1);
        Map<Map<String, Object>, String> refused = Map.of(
                Map.of(), "says no rate; say {\"rate\": 5000}",
                Map.of("rate", -1), "a whole number of 0 or more, or null for none, and not -1",
                Map.of("rate", 1.5), "and not 1.5",
                Map.of("rate", "fast"), "and not \"fast\"",
                Map.of("rate", 5, "step", "label"), "no step 'label'; did you mean 'labels'?",
                Map.of("rate", 5, "step", "boxes"), "'boxes' is done",
                Map.of("rate", "none"), "the run is not throttled",
                Map.of("rate", "none", "step", "labels"), "'labels' is not throttled");
        refused.forEach((message, why) -> assertThatThrownBy(() -> run.update("throttle", Answer.class, message))
                .as("%s", message)
                .cause()
                .hasMessageContaining(why));
        assertThat(status(run).throttling()).isEqualTo(Throttling.NONE);
        run.signal("throttle", Map.of("rate", -1));

        run.signal("rollback");
        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(temporal.throttlings()).isEmpty();
        assertThat(report().messages().getFirst().outcome()).startsWith("ignored: the rate is");
    }

    @Test
    void a_pause_between_two_phases_keeps_the_next_from_beginning_and_a_rollback_ends_it() {
        temporal.plan(new TestPlan().approved("pack", Optional.empty(), step("boxes")).checked());
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
        run.signal("pause");
        run.signal("approve");
        temporal.awaitState(run, RunState.PAUSED);
        assertThat(steps.calls).isEmpty();

        run.signal("rollback");

        assertThatThrownBy(() -> outcome(run)).cause().hasMessageContaining("rollback asked");
        assertThat(steps.calls).isEmpty();
        assertThat(report().phases().get(0).state()).isEqualTo(PhaseState.PENDING);
    }

    @Test
    void what_is_tried_again_while_the_run_is_paused_waits_for_the_resume() {
        temporal.plan(new TestPlan().onFailure(OnFailure.PAUSE).phase("pack", step("boxes")).checked());
        steps.failing.add("boxes");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        run.update("pause", Answer.class);
        run.update("retry", Answer.class);
        steps.failing.clear();
        temporal.awaitHeard(temporal.child(run, "pack"), "order", 2);
        temporal.awaitState(run, RunState.PAUSED);
        assertThat(steps.calls).containsExactly("run boxes");

        run.signal("resume");
        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("run boxes", "run boxes");
    }

    @Test
    void a_run_that_is_rolled_back_heeds_nothing_else() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels")).checked());
        steps.untilStopped.add("labels");
        steps.undoWaiting.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run labels"));
        run.signal("rollback");
        await(() -> steps.calls.contains("undo boxes"));

        assertThat(status(run).next()).isEmpty();
        for (String verb : List.of("pause", "resume", "approve", "reject", "finalize", "rollback", "throttle")) {
            assertThatThrownBy(() -> run.update(verb, Answer.class)).as(verb)
                    .cause()
                    .hasMessageContaining("being rolled back");
        }
        run.cancel();
        await(() -> temporal.cancelRequested(run));
        steps.undoWaiting.clear();

        assertThatThrownBy(() -> outcome(run)).cause().isInstanceOf(CanceledFailure.class);
        assertThat(report().state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(report().messages()).extracting(Report.MessageReport::outcome)
                .last()
                .isEqualTo("ignored: the run is being rolled back");
    }

    @Test
    void a_pivot_that_fails_itself_asks_before_anything_is_taken_back() {
        temporal.plan(new TestPlan().phase("move", step("curtains"), step("traffic")).checked());
        steps.failing.add("traffic");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        assertThat(status(run).waiting()).singleElement()
                .satisfies(waiting -> assertThat(waiting.kind()).isEqualTo(RunStatus.Waiting.Kind.STEP));
        steps.failing.clear();
        run.update("retry", Answer.class);

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("run curtains", "run traffic", "run traffic");
    }

    @Test
    void a_cancelled_run_still_tells_whom_the_plan_names() {
        temporal.plan(new TestPlan().notice(RunState.WAITING_FOR_DECISION)
                .phase("pack", step("boxes"), step("labels"))
                .checked());
        steps.untilStopped.add("labels");
        steps.undoFailing.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run labels"));
        run.cancel();

        await(() -> steps.calls.contains("run notice-1"));
        run.signal("skip");
        assertThatThrownBy(() -> outcome(run)).isInstanceOf(WorkflowException.class);
        assertThat(report().state()).isEqualTo(RunState.STUCK);
    }

    @Test
    void nonsense_sent_to_the_signals_of_phases_and_rollbacks_is_dropped() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));
        for (String name : List.of("steps-changed", "phase-paused", "undo-began", "undo-ended")) {
            run.signal(name);
            run.signal(name, "nonsense");
            run.signal(name, Map.of("step", "nobody", "workflow_id", "x"));
        }
        run.signal("steps-changed", List.of(Map.of("workflow_id", "x", "report", Map.of("name", "boxes"))));
        run.signal("undo-ended", Map.of("step", "nobody", "round", 1, "state", "undone", "ended",
                "2026-01-01T00:00:00Z", "set_aside", List.of()));
        WorkflowStub phase = temporal.child(run, "pack");
        phase.signal("order");
        phase.signal("order", Map.of("verb", "approve"));
        phase.signal("order", Map.of("step", "boxes"));
        phase.signal("pause");
        run.signal("pause");
        temporal.awaitState(run, RunState.PAUSED);
        steps.untilStopped.clear();
        run.signal("resume");

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void however_much_people_send_the_report_stays_small_and_keeps_what_counted() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));
        run.update("pause", Answer.class, Map.of("reason", "so ".repeat(1_000)));
        assertThatThrownBy(() -> run.update("resume", Answer.class, Map.of("reason", "so ".repeat(5_000)))).cause()
                .hasMessageContaining("4000 at most");
        IntStream.range(0, 250).forEach(i -> run.signal("approve"));
        steps.untilStopped.clear();
        run.update("resume", Answer.class, Map.of("by", "ann"));

        outcome(run);
        assertThat(report().messages()).hasSize(200)
                .extracting(Report.MessageReport::verb)
                .startsWith("pause", "approve")
                .contains("resume");
        assertThat(report().messages().get(0).reason()).hasSize(303);
    }

    @Test
    void the_status_of_a_run_that_was_refused_says_so() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());
        WorkflowStub run = temporal.begin("moving/elsewhere", Mode.RUN);

        assertThatThrownBy(() -> outcome(run)).cause().hasMessageContaining("must have the workflow id 'moving/house'");
        assertThat(status(run).state()).isEqualTo(RunState.FAILED);
        assertThat(status(run).next()).isEmpty();
    }

    @Test
    void a_probe_goes_on_through_a_pause() {
        temporal.plan(
                new TestPlan().phase("pack", background("probe_road", ".output.n == 1"), step("boxes")).checked());
        steps.untilStopped.addAll(List.of("boxes", "probe_road"));
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes") && steps.calls.contains("run probe_road"));
        run.signal("pause");
        temporal.awaitState(run, RunState.PAUSED);
        assertThat(steps.calls).doesNotContain("stopped probe_road");
        steps.untilStopped.remove("boxes");
        run.signal("resume");

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(stepOf("probe_road").state()).isEqualTo(StepState.COMPLETED);
    }

    @Test
    void a_failed_step_waits_for_retry_where_the_plan_says_pause() {
        temporal.plan(new TestPlan().onFailure(OnFailure.PAUSE).phase("pack", step("boxes"), step("labels")).checked());
        steps.failing.add("boxes");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        assertThat(status(run).waiting()).singleElement().satisfies(waiting -> {
            assertThat(waiting.kind()).isEqualTo(RunStatus.Waiting.Kind.STEP);
            assertThat(waiting.on()).isEqualTo("boxes");
            assertThat(waiting.why()).isEqualTo("boxes cannot");
        });
        assertThat(status(run).next()).containsExactly("pause", "rollback", "retry", "skip");

        steps.failing.clear();
        run.update("retry", Answer.class);

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("run boxes", "run boxes", "run labels");
        assertThat(steps.tasks.get("boxes").attempts()).isEqualTo(6);
        assertThat(stepOf("boxes").failure()).isEmpty();
    }

    @Test
    void a_failed_step_can_be_skipped() {
        temporal.plan(new TestPlan().onFailure(OnFailure.PAUSE).phase("pack", step("boxes"), step("labels")).checked());
        steps.failing.add("boxes");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        run.signal("skip", Map.of("step", "boxes"));

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(stepOf("boxes").state()).isEqualTo(StepState.FAILED);
        assertThat(steps.calls).endsWith("run labels");
    }

    @Test
    void of_several_failed_steps_one_must_be_named_to_be_skipped() {
        temporal.plan(new TestPlan().onFailure(OnFailure.PAUSE).phase("pack", parallel("boxes", "labels")).checked());
        steps.failing.addAll(List.of("boxes", "labels"));
        WorkflowStub run = begin();
        await(() -> status(run).waiting().size() == 2);

        assertThatThrownBy(() -> run.update("skip", Answer.class)).cause()
                .hasMessageContaining("several wait for a decision; name one");
        assertThat(status(run).next()).contains("skip");
        run.update("skip", Answer.class, Map.of("step", "boxes"));
        await(() -> status(run).waiting().size() == 1);
        run.update("skip", Answer.class);

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void a_failed_step_can_be_rolled_back_with_the_rest() {
        temporal.plan(new TestPlan().onFailure(OnFailure.PAUSE).phase("pack", step("boxes"), step("labels")).checked());
        steps.failing.add("labels");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        run.signal("rollback");

        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).endsWith("undo labels", "undo boxes");
    }

    @Test
    void a_phase_waits_for_approval() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .approved("move", Optional.of(Duration.ofHours(24)), step("truck"))
                .checked());
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
        RunStatus.Waiting waiting = status(run).waiting().get(0);
        assertThat(waiting.why()).isEqualTo("because of move");
        assertThat(waiting.until()).contains(waiting.since().plus(Duration.ofHours(24)));
        assertThatThrownBy(() -> run.update("approve", Answer.class, Map.of("gate", "pack"))).cause()
                .hasMessageContaining("the phase that waits is 'move', and not 'pack'");
        assertThat(steps.calls).containsExactly("run boxes");

        assertThat(run.update("approve", Answer.class, Map.of("by", "ann")).text()).isEqualTo("phase move may begin");

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(report().messages()).singleElement()
                .satisfies(message -> assertThat(message.outcome()).isEqualTo("accepted: phase move may begin"));
    }

    @Test
    void a_rejected_phase_rolls_the_run_back() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .approved("move", Optional.empty(), step("truck"))
                .checked());
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
        run.signal("reject", Map.of("by", "ann", "reason", "rain"));

        RunOutcome outcome = outcome(run);
        assertThat(outcome.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(outcome.failure().orElseThrow().message()).isEqualTo("phase move was rejected by ann: rain");
        assertThat(steps.calls).containsExactly("run boxes", "undo boxes");
    }

    @Test
    void an_approval_that_nobody_gives_ends_after_its_time() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .approved("move", Optional.of(Duration.ofHours(24)), step("truck"))
                .checked());

        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
        temporal.sleep(Duration.ofHours(25));

        RunOutcome outcome = outcome(run);
        assertThat(outcome.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(outcome.failure().orElseThrow().message()).isEqualTo("nobody approved phase move within 1d");
    }

    @Test
    void a_repeated_approval_does_not_open_the_next_gate() {
        temporal.plan(new TestPlan().approved("pack", Optional.empty(), step("boxes"))
                .approved("move", Optional.empty(), step("truck"))
                .checked());
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
        run.signal("approve");
        await(() -> steps.calls.contains("run boxes"));
        temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
        run.signal("approve");
        assertThatThrownBy(() -> run.update("approve", Answer.class)).cause()
                .hasMessageContaining("taken for a repetition of the approval before");
        assertThat(status(run).next()).contains("approve");
        assertThat(status(run).state()).isEqualTo(RunState.WAITING_FOR_APPROVAL);
        assertThat(steps.calls).containsExactly("run boxes");

        run.signal("approve", Map.of("gate", "move"));
        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void finalizing_wants_its_own_word_and_then_nothing_can_be_taken_back() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).finalizing("burn", step("bridge")).checked());
        steps.untilStopped.add("bridge");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_TO_FINALIZE);
        assertThat(status(run).next()).containsExactly("pause", "rollback", "reject", "finalize");
        assertThatThrownBy(() -> run.update("approve", Answer.class)).cause()
                .hasMessageContaining("wants a word of its own: finalize");

        run.signal("finalize");
        await(() -> steps.calls.contains("run bridge"));
        assertThatThrownBy(() -> run.update("rollback", Answer.class)).cause()
                .hasMessageContaining("the run has begun to finalize, and that cannot be taken back");
        run.cancel();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        assertThat(status(run).next()).containsExactly("resume");
        steps.untilStopped.clear();
        run.signal("resume");

        assertThatThrownBy(() -> outcome(run)).cause().isInstanceOf(CanceledFailure.class);
        assertThat(report().state()).isEqualTo(RunState.COMPLETED);
        assertThat(temporal.forgotten()).hasSize(1);
        assertThat(steps.calls).containsExactly("run boxes", "run bridge", "stopped bridge", "run bridge");
    }

    @Test
    void a_dry_run_looks_at_the_last_phase_without_asking_and_forgets_nothing() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).finalizing("burn", step("bridge")).checked());

        assertThat(outcome(temporal.begin("moving/house/dry-run/1", Mode.DRY_RUN)).state())
                .isEqualTo(RunState.COMPLETED);

        assertThat(steps.calls).containsExactly("preview boxes", "preview bridge");
        assertThat(temporal.forgotten()).isEmpty();
    }

    @Test
    void who_does_not_want_to_finalize_keeps_a_completed_run() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).finalizing("burn", step("bridge")).checked());
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_TO_FINALIZE);
        run.signal("reject");

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("run boxes");
        assertThat(stepOf("bridge").state()).isEqualTo(StepState.SKIPPED);
        assertThat(temporal.forgotten()).isEmpty();
    }

    @Test
    void a_failure_while_finalizing_waits_for_a_person() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).finalizing("burn", step("bridge")).checked());
        steps.failing.add("bridge");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_TO_FINALIZE);
        run.signal("finalize");
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        assertThat(status(run).next()).containsExactly("pause", "retry", "skip");
        steps.failing.clear();
        run.signal("retry");

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void past_the_pivot_a_failure_asks_before_it_takes_anything_back() {
        temporal.plan(new TestPlan().phase("move", step("traffic"), step("curtains"))
                .phase("settle", step("garden"))
                .checked());
        steps.failing.add("garden");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        assertThat(steps.calls).containsExactly("run traffic", "run curtains", "run garden");

        Answer preview = run.update("rollback", Answer.class, Map.of("preview", true));
        RollbackPreview undo = preview.rollback().orElseThrow();
        assertThat(undo.undo()).extracting(RollbackPreview.Undo::step).containsExactly("garden", "curtains", "traffic");
        assertThat(undo.loses()).containsExactly("what others wrote");
        assertThat(status(run).state()).isEqualTo(RunState.WAITING_FOR_DECISION);

        run.signal("rollback");
        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
    }

    @Test
    void a_plan_that_accepts_the_loss_rolls_back_by_itself() {
        temporal.plan(new TestPlan().acceptLoss().phase("move", step("traffic"), step("curtains")).checked());
        steps.failing.add("curtains");

        assertThat(outcome(begin()).state()).isEqualTo(RunState.ROLLED_BACK);
    }

    @Test
    void cancelled_past_the_pivot_the_run_stops_and_asks() {
        temporal.plan(new TestPlan().phase("move", step("traffic"), step("curtains")).checked());
        steps.untilStopped.add("curtains");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run curtains"));
        run.cancel();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        await(() -> steps.calls.contains("stopped curtains"));
        assertThat(status(run).next()).containsExactly("resume", "rollback");
        steps.untilStopped.clear();
        run.signal("resume");

        // Temporal closes whatever was asked to cancel as cancelled; the run itself knows better.
        assertThatThrownBy(() -> outcome(run)).cause().isInstanceOf(CanceledFailure.class);
        assertThat(report().state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void every_state_of_a_run_is_told_in_its_order() {
        temporal.plan(new TestPlan().notice(RunState.values())
                .approved("pack", Optional.empty(), step("boxes"))
                .phase("move", step("truck"))
                .checked());
        steps.failing.add("truck");
        steps.held.add("notice-1");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_APPROVAL);
        run.update("approve", Answer.class);
        temporal.awaitState(run, RunState.ROLLED_BACK);
        steps.held.clear();

        outcome(run);

        assertThat(told()).containsExactly("moving/house: running",
                "moving/house: waiting for approval; pack: because of pack; you can: pause, rollback, approve, reject",
                "moving/house: running", "moving/house: rolling back; truck cannot",
                "moving/house: rolled back; truck cannot");
        assertThat(steps.calls).filteredOn(call -> call.startsWith("run notice-"))
                .containsExactly("run notice-1", "run notice-2", "run notice-3", "run notice-4", "run notice-5");
    }

    @Test
    void a_plan_may_tell_in_its_own_words_and_what_makes_no_words_is_told_in_the_usual_ones() {
        temporal.plan(new TestPlan()
                .noticeInWords("if .state == \"running\" then \"off we go, \\(.target)\" else .since.x end")
                .phase("pack", step("boxes"))
                .checked());

        assertThat(outcome(begin()).state()).isEqualTo(RunState.COMPLETED);

        assertThat(told()).containsExactly("off we go, house", "moving/house: completed");
        assertThat(report().messages()).singleElement()
                .satisfies(message -> assertThat(message.outcome()).startsWith("told in the usual words: jq '"));
    }

    @Test
    void a_webhook_that_is_dead_neither_stops_the_run_nor_fails_it_and_the_report_tells() {
        temporal.plan(new TestPlan().notice(RunState.RUNNING, RunState.COMPLETED)
                .phase("pack", step("boxes"))
                .checked());
        steps.failing.addAll(List.of("notice-1", "notice-2"));

        assertThat(outcome(begin()).state()).isEqualTo(RunState.COMPLETED);

        assertThat(report().messages()).extracting(Report.MessageReport::outcome)
                .containsExactly("could not be sent: notice-1 cannot", "could not be sent: notice-2 cannot");
    }

    @Test
    void a_run_that_is_refused_tells_of_it() {
        temporal.plan(new TestPlan().notice(RunState.FAILED).phase("pack", step("boxes")).checked());

        assertThatThrownBy(() -> outcome(temporal.begin("another/id", Mode.RUN))).isInstanceOf(WorkflowException.class);

        await(() -> steps.calls.contains("run notice-1"));
    }

    @Test
    void a_dry_run_tells_only_how_it_ended() {
        temporal.plan(new TestPlan().notice(RunState.values()).phase("pack", step("boxes")).checked());

        outcome(temporal.begin("moving/house/dry-run/1", Mode.DRY_RUN));

        assertThat(told()).containsExactly("moving/house/dry-run/1: dry-run completed");
    }

    /** What was told, in its order. */
    private List<String> told() {
        return steps.calls.stream()
                .filter(call -> call.startsWith("run notice-"))
                .map(call -> steps.tasks.get(call.substring("run ".length())).spec().get("text").asText())
                .toList();
    }

    @Test
    void a_notice_of_a_cancel_that_asks_names_what_can_be_done_then() {
        temporal.plan(new TestPlan().notice(RunState.WAITING_FOR_DECISION)
                .phase("move", step("traffic"), step("curtains"))
                .checked());
        steps.untilStopped.add("curtains");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run curtains"));
        run.cancel();
        await(() -> steps.calls.contains("run notice-1"));

        assertThat(steps.tasks.get("notice-1").spec().get("text").asText()).endsWith("you can: resume, rollback");
        run.signal("rollback");
        await(() -> steps.calls.contains("undo traffic"));
    }

    @Test
    void before_the_pivot_cancel_takes_back() {
        temporal.plan(new TestPlan().phase("move", step("boxes"), step("curtains")).checked());
        steps.untilStopped.add("curtains");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run curtains"));
        run.cancel();

        assertThatThrownBy(() -> outcome(run)).cause().isInstanceOf(CanceledFailure.class);
        assertThat(steps.calls).endsWith("undo curtains", "undo boxes");
        assertThat(report().messages()).singleElement()
                .satisfies(message -> assertThat(message.verb()).isEqualTo("cancel"));
    }

    @Test
    void a_failed_undo_waits_for_retry_while_the_rest_goes_on() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels"), step("truck")).checked());
        steps.failing.add("truck");
        steps.undoFailing.add("labels");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        assertThat(steps.calls).endsWith("undo truck", "undo labels", "undo boxes");
        assertThat(status(run).next()).containsExactly("retry", "skip");

        steps.undoFailing.clear();
        run.signal("retry");

        assertThat(outcome(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).endsWith("undo boxes", "undo labels");
    }

    @Test
    void messages_that_make_no_sense_are_recorded_and_harm_nothing() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));
        run.signal("resume");
        run.signal("approve", "not an object");
        run.signal("retry", 17, "twice");
        run.signal("puase");
        run.signal("skip", new byte[]{0, -1});
        run.signal("finalize", Map.of("whom", "me"));
        assertThatThrownBy(() -> run.update("pause", Answer.class, 17)).cause()
                .hasMessageContaining("the message is not JSON such as")
                .hasMessageContaining("it is no object")
                .hasNoCause();
        run.signal("pause");
        temporal.awaitState(run, RunState.PAUSED);
        steps.untilStopped.clear();
        run.signal("resume");

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(report().messages()).extracting(Report.MessageReport::outcome)
                .filteredOn(text -> text.startsWith("ignored: "))
                .hasSize(6)
                .anySatisfy(text -> assertThat(text)
                        .isEqualTo("ignored: there is no message 'puase'; did you mean 'pause'?"));
    }

    @Test
    void a_soak_of_thirty_days_costs_a_handful_of_events_a_day() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .phase("soak", step("check_soak"))
                .finalizing("burn", step("bridge"))
                .checked());
        steps.waits.put("check_soak", 30);
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run check_soak"));
        temporal.sleep(Duration.ofDays(31));
        temporal.awaitState(run, RunState.WAITING_TO_FINALIZE);
        temporal.sleep(Duration.ofDays(5));
        run.signal("finalize");

        assertThat(outcome(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).filteredOn("run check_soak"::equals).hasSize(31);
        int events = temporal.client().fetchHistory(run.getExecution().getWorkflowId()).getEvents().size()
                + temporal.client()
                        .fetchHistory(temporal.child(run, "soak").getExecution().getWorkflowId())
                        .getEvents()
                        .size();
        assertThat(events).isLessThan(30 * 12 + 100);
    }

    @Test
    void an_ended_run_is_taken_back_from_its_ledger() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels")).checked());
        WorkflowStub first = begin();
        String ended = first.getExecution().getRunId();
        outcome(first);
        steps.tasks.values().forEach(task -> temporal.begun().add(new SiteActivities.Begun(task, true)));

        WorkflowStub preview = temporal.begin("moving/house/preview/1", rollback(ended, RollbackScope.ALL, true));
        assertThat(outcome(preview).rollback().orElseThrow().undo()).extracting(RollbackPreview.Undo::step)
                .containsExactly("labels", "boxes");
        assertThat(steps.calls).containsExactly("run boxes", "run labels");

        WorkflowStub back = temporal.begin("moving/house", rollback(ended, RollbackScope.ALL, false));
        assertThat(outcome(back).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).endsWith("undo labels", "undo boxes");
        Report report = temporal.written().getLast();
        assertThat(report.rollsBack()).contains(ended);
        assertThat(report.mode()).isEqualTo(Mode.ROLLBACK);
        assertThat(report.messages()).extracting(Report.MessageReport::verb, Report.MessageReport::by,
                Report.MessageReport::reason).containsExactly(tuple("rollback", "test", "V2 is slow"));
    }

    private static RunRequest rollback(String run, RollbackScope scope, boolean preview) {
        return new RunRequest(TestPlan.NAME, Optional.empty(), Optional.empty(), Map.of(), Optional.empty(),
                Mode.ROLLBACK, Optional.of("test"),
                Optional.of(new RunRequest.RollbackOf(run, scope, preview, "V2 is slow")));
    }

    private WorkflowStub begin() {
        return temporal.begin("moving/house", Mode.RUN);
    }

    private static RunStatus status(WorkflowStub run) {
        return run.query("status", RunStatus.class);
    }

    /** Asking for a result lets the embedded server skip time, so that comes last. */
    private static RunOutcome outcome(WorkflowStub run) {
        await(() -> run.describe().getStatus() != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
        return run.getResult(RunOutcome.class);
    }

    private Report report() {
        return temporal.written().getLast();
    }

    private StepReport stepOf(String name) {
        return report().phases()
                .stream()
                .flatMap(phase -> phase.steps().stream())
                .filter(step -> step.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
