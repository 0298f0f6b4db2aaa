package dev.godwit.workflow;

import static dev.godwit.workflow.TestPlan.background;
import static dev.godwit.workflow.TestPlan.parallel;
import static dev.godwit.workflow.TestPlan.step;
import static dev.godwit.workflow.TestTemporal.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.plan.OnFailure;
import dev.godwit.plan.StepGroup;
import dev.godwit.plan.Verdict;
import dev.godwit.run.Answer;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Report;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import dev.godwit.run.UndoReport;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MigrationTest {
    private final TestTemporal temporal = new TestTemporal();
    private final TestSteps steps = temporal.steps();
    private final List<Report> written = temporal.written();

    @AfterEach
    void stop() {
        temporal.close();
    }

    @Test
    void runs_phases_and_steps_in_order_and_leaves_a_report() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels"))
                .phase("move", step("truck"))
                .answeredBy("all is packed", "boxes", "labels")
                .answeredBy("neighbours told")
                .checked());

        RunOutcome outcome = result(begin());

        assertThat(outcome.state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("run boxes", "run labels", "run truck");
        Report report = written.get(0);
        assertThat(report.phases()).extracting("state").containsOnly(PhaseState.COMPLETED);
        assertThat(report.checklist()).extracting("answer").containsExactly(Report.Answer.PROVED, Report.Answer.OPEN);
        assertThat(stepOf(report, "boxes").covers()).containsExactly("A1");
    }

    @Test
    void a_worker_that_dies_at_what_is_no_step_is_missed_as_soon_as_at_a_step() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());

        result(begin());

        assertThat(temporal.client().fetchHistory("moving/house").getEvents())
                .filteredOn(HistoryEvent::hasActivityTaskScheduledEventAttributes)
                .extracting(HistoryEvent::getActivityTaskScheduledEventAttributes)
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(scheduled -> assertThat(scheduled.getHeartbeatTimeout().getSeconds())
                        .as(scheduled.getActivityType().getName())
                        .isBetween(1L, 20L));
    }

    @Test
    void a_step_under_way_stands_in_the_ledger() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));

        await(() -> run.query("ledger", List.class).size() == 1);

        run.signal("rollback");
        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);
    }

    @Test
    void a_failed_step_rolls_everything_back_newest_first() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("check_boxes"), step("labels"))
                .phase("move", step("truck"), step("piano"))
                .checked());
        steps.failing.add("truck");

        RunOutcome outcome = result(begin());

        assertThat(outcome.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(outcome.failure().orElseThrow().message()).isEqualTo("truck cannot");
        assertThat(steps.calls).containsExactly("run boxes", "run check_boxes", "run labels", "run truck",
                "undo truck", "undo labels", "undo boxes");
        assertThat(stepOf(written.get(0), "boxes").undo().orElseThrow().state())
                .isEqualTo(UndoReport.State.UNDONE);
        assertThat(stepOf(written.get(0), "boxes").undo().orElseThrow().setAside().get(0).where()).isEqualTo("/aside");
        assertThat(stepOf(written.get(0), "piano").state()).isEqualTo(StepState.PENDING);
    }

    @Test
    void what_a_failed_step_left_is_looked_at_before_anything_is_taken_back() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .phase("move", step("truck"))
                .diagnosis("look", step("check_engine"), step("check_fuel"))
                .finalizing("burn", step("matches"))
                .checked());
        steps.failing.addAll(List.of("truck", "check_engine"));

        assertThat(result(begin()).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).containsExactly("run boxes", "run truck", "run check_engine", "run check_fuel",
                "undo truck", "undo boxes");
        assertThat(stepOf(written.get(0), "check_engine").failure().orElseThrow().message())
                .isEqualTo("check_engine cannot");
        assertThat(stepOf(written.get(0), "check_fuel").state()).isEqualTo(StepState.COMPLETED);
    }

    @Test
    void nothing_is_looked_at_where_nothing_failed() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).diagnosis("look", step("check_engine")).checked());
        assertThat(result(begin()).state()).isEqualTo(RunState.COMPLETED);
        assertThat(written.get(0).phases()).extracting("state")
                .containsExactly(PhaseState.COMPLETED, PhaseState.SKIPPED);

        assertThat(steps.calls).doesNotContain("run check_engine");
    }

    @Test
    void what_a_failed_step_left_is_looked_at_also_where_a_person_wanted_the_rollback() {
        temporal.plan(new TestPlan().phase("pack", step("traffic"))
                .phase("move", step("truck"))
                .diagnosis("look", step("check_engine"))
                .checked());
        steps.failing.add("truck");
        WorkflowStub run = begin();
        await(() -> run.query("status", RunStatus.class).state() == RunState.WAITING_FOR_DECISION);
        run.signal("rollback");
        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).containsExactly("run traffic", "run truck", "run check_engine", "undo truck",
                "undo traffic");
    }

    @Test
    void a_failure_before_anything_changed_is_a_failed_run() {
        temporal.plan(new TestPlan().phase("look", step("check_house")).checked());
        steps.failing.add("check_house");

        assertThatThrownBy(() -> result(begin())).isInstanceOf(WorkflowFailedException.class)
                .cause()
                .isInstanceOfSatisfying(ApplicationFailure.class, failure -> {
                    assertThat(failure.getType()).isEqualTo("user/test");
                    assertThat(failure.getDetails().get(0, RunOutcome.class).state()).isEqualTo(RunState.FAILED);
                });
    }

    @Test
    void a_failure_that_may_be_ignored_does_not_end_the_run() {
        temporal.plan(new TestPlan().phase("pack",
                step("boxes", Optional.empty(), Optional.empty(), Optional.of(OnFailure.CONTINUE)), step("labels"))
                .checked());
        steps.failing.add("boxes");

        assertThat(result(begin()).state()).isEqualTo(RunState.COMPLETED);
        assertThat(stepOf(written.get(0), "boxes").state()).isEqualTo(StepState.FAILED);
        assertThat(steps.calls).containsExactly("run boxes", "run labels");
    }

    @Test
    void a_phase_can_be_undone_alone() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .phase("extra", Optional.of(OnFailure.UNDO_PHASE), Optional.empty(), step("balloons"), step("cake"))
                .phase("more", Optional.empty(), Optional.of(".phases.extra.state == \"completed\""), step("band"))
                .phase("move", step("truck"))
                .checked());
        steps.failing.add("cake");

        assertThat(result(begin()).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("run boxes", "run balloons", "run cake", "undo cake", "undo balloons",
                "run truck");
        assertThat(written.get(0).phases()).extracting("state")
                .containsExactly(PhaseState.COMPLETED,
                        PhaseState.UNDONE, PhaseState.SKIPPED, PhaseState.COMPLETED);
        assertThat(stepOf(written.get(0), "band").state()).isEqualTo(StepState.SKIPPED);
    }

    @Test
    void an_undo_that_is_given_up_leaves_the_run_stuck_and_the_rest_undone() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels"), step("truck")).checked());
        steps.failing.add("truck");
        steps.undoFailing.add("labels");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        run.signal("skip");

        assertThatThrownBy(() -> result(run)).cause()
                .isInstanceOfSatisfying(ApplicationFailure.class,
                        failure -> assertThat(failure.getDetails().get(0, RunOutcome.class).state())
                                .isEqualTo(RunState.STUCK));
        assertThat(steps.calls).endsWith("undo truck", "undo labels", "undo boxes");
    }

    @Test
    void what_a_later_undo_stops_again_is_not_started() {
        temporal.plan(new TestPlan().phase("deploy", step("start_v2"))
                .phase("feature", step("stop_v2"), step("flags"),
                        step("start_again"), step("last"))
                .checked());
        steps.failing.add("last");

        result(begin());

        assertThat(steps.calls).endsWith("undo last", "undo start_again", "undo flags", "undo start_v2");
        assertThat(stepOf(written.get(0), "stop_v2").undo().orElseThrow().state())
                .isEqualTo(UndoReport.State.LEFT_OUT);
    }

    @Test
    void rollback_by_signal_stops_the_running_step_first() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels"), step("truck")).checked());
        steps.untilStopped.add("labels");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run labels"));

        run.signal("rollback", Map.of("by", "ann", "reason", "it rains"));

        RunOutcome outcome = result(run);
        assertThat(outcome.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(outcome.failure().orElseThrow().message()).isEqualTo("rollback asked by ann: it rains");
        assertThat(steps.calls).containsExactly("run boxes", "run labels", "stopped labels", "undo labels",
                "undo boxes");
        assertThat(written.get(0).messages()).singleElement().satisfies(message -> {
            assertThat(message.by()).isEqualTo("ann");
            assertThat(message.outcome()).startsWith("accepted: rolling back");
        });
    }

    @Test
    void rollback_can_keep_earlier_phases() {
        temporal.plan(
                new TestPlan().phase("pack", step("boxes")).phase("move", step("truck"), step("piano")).checked());
        steps.untilStopped.add("piano");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run piano"));

        Answer answer = run.update("rollback", Answer.class, Map.of("scope", Map.of("to", "pack")));

        assertThat(answer.text()).isEqualTo("rolling back moving/house: undoes 2 steps");
        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).endsWith("undo piano", "undo truck");
    }

    @Test
    void a_rollback_that_would_take_nothing_back_is_refused() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .phase("move", step("truck"))
                .phase("settle", step("curtains"))
                .checked());
        steps.untilStopped.add("truck");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run truck"));

        assertThatThrownBy(
                () -> run.update("rollback", Answer.class, Map.of("scope", Map.of("to", "settle")))).cause()
                .hasMessageContaining("nothing that the run did is in that scope; begun so far: boxes (pack, files),"
                        + " truck (move, files)");
        run.signal("rollback");

        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);
    }

    @Test
    void a_rollback_that_names_what_is_not_there_takes_nothing_back() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).phase("move", step("truck")).checked());
        steps.untilStopped.add("truck");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run truck"));

        assertThatThrownBy(() -> run.update("rollback", Answer.class, Map.of("scope", Map.of("to", "pakc")))).cause()
                .hasMessageContaining("the plan has no phase 'pakc'; did you mean 'pack'?");
        run.signal("rollback", Map.of("to", "pack"));
        run.signal("rollback", Map.of("scope", Map.of("to", "pack")));

        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).endsWith("stopped truck", "undo truck");
        assertThat(written.get(0).messages().get(0).outcome()).startsWith("ignored:")
                .endsWith("there is no field 'to'; there are by, gate, preview, rate, reason, scope, step");
    }

    @Test
    void who_stops_a_run_while_its_last_phase_is_undone_gets_the_rest_undone_too() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .phase("extra", Optional.of(OnFailure.UNDO_PHASE), Optional.empty(), step("balloons"), step("cake"))
                .checked());
        steps.failing.add("cake");
        steps.undoWaiting.add("cake");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("undo cake"));

        run.cancel();
        await(() -> temporal.cancelRequested(run));
        steps.undoWaiting.clear();

        assertThatThrownBy(() -> result(run)).cause().isInstanceOf(CanceledFailure.class);
        assertThat(steps.calls).endsWith("undo cake", "undo balloons", "undo boxes");
    }

    @Test
    void a_phase_that_cannot_be_undone_leaves_its_reason_in_the_report() {
        temporal.plan(new TestPlan()
                .phase("extra", Optional.of(OnFailure.UNDO_PHASE), Optional.empty(), step("balloons"), step("cake"))
                .checked());
        steps.failing.add("cake");
        steps.undoFailing.add("balloons");
        WorkflowStub run = begin();
        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        run.signal("skip");

        assertThatThrownBy(() -> result(run)).cause().hasMessageContaining("cake cannot");
        assertThat(written.get(0).state()).isEqualTo(RunState.STUCK);
    }

    @Test
    void a_phase_that_is_cancelled_alone_takes_the_run_back() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).phase("move", step("truck")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));

        temporal.child(run, "pack").cancel();

        RunOutcome outcome = result(run);
        assertThat(outcome.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(outcome.failure().orElseThrow().message()).isEqualTo("the phase pack was cancelled");
        assertThat(steps.calls).containsExactly("run boxes", "stopped boxes", "undo boxes");
    }

    @Test
    void a_rollback_cannot_be_cancelled() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels")).checked());
        steps.failing.add("labels");
        steps.undoWaiting.add("labels");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("undo labels"));

        WorkflowStub rollback = temporal.child(run, "rollback-1");
        rollback.cancel();
        await(() -> temporal.cancelRequested(rollback));
        steps.undoWaiting.clear();

        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(steps.calls).endsWith("undo labels", "undo boxes");
    }

    @Test
    void a_second_rollback_is_refused_by_update_and_ignored_by_signal() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));
        run.signal("rollback", Map.of("by", "ann"));
        run.signal("rollback", Map.of("by", "bob"));

        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);

        assertThat(written.get(0).messages()).extracting("outcome")
                .containsExactly("accepted: rolling back moving/house: undoes 1 step",
                        "ignored: the run is already being rolled back");
    }

    @Test
    void a_message_that_cannot_be_decoded_is_recorded_and_breaks_nothing() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());
        steps.untilStopped.add("boxes");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run boxes"));

        run.signal("rollback", List.of(1, 2, 3));
        assertThatThrownBy(() -> run.update("rollback", Answer.class, "please"))
                .isInstanceOf(WorkflowUpdateException.class)
                .cause()
                .hasMessageContaining("not JSON such as");
        run.signal("rollback");

        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(written.get(0).messages()).hasSize(2);
        assertThat(written.get(0).messages().get(0).outcome()).startsWith("ignored: the message is not JSON");
    }

    @Test
    void cancelling_a_run_rolls_it_back() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels")).checked());
        steps.untilStopped.add("labels");
        WorkflowStub run = begin();
        await(() -> steps.calls.contains("run labels"));

        run.cancel();

        assertThatThrownBy(() -> result(run)).cause().isInstanceOf(CanceledFailure.class);
        assertThat(steps.calls).endsWith("stopped labels", "undo labels", "undo boxes");
        assertThat(written.get(0).state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void steps_of_a_parallel_group_run_at_the_same_time() {
        temporal.plan(new TestPlan().phase("pack", parallel("boxes", "labels")).checked());
        steps.untilStopped.addAll(List.of("boxes", "labels"));
        WorkflowStub run = begin();
        await(() -> steps.calls.containsAll(List.of("run boxes", "run labels")));

        assertThat(run.query("status", RunStatus.class).running()).extracting("step")
                .containsExactlyInAnyOrder("boxes", "labels");
        run.signal("rollback");
        assertThat(result(run).state()).isEqualTo(RunState.ROLLED_BACK);
    }

    @Test
    void a_background_step_ends_with_its_phase_and_is_judged() {
        temporal.plan(
                new TestPlan().phase("cutover", background("probe_http", ".output.failed == 0"), step("switch_over"))
                        .checked());
        steps.untilStopped.add("probe_http");
        steps.outputs.put("probe_http", "{\"failed\": 2}");

        RunOutcome outcome = result(begin());

        assertThat(outcome.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(outcome.failure().orElseThrow().type()).isEqualTo("integrity/gate-failed");
        assertThat(steps.calls).contains("stopped probe_http", "undo switch_over");
    }

    @Test
    void a_gate_that_cannot_decide_does_not_pass() {
        temporal.plan(new TestPlan().phase("look",
                step("check_walls", Optional.empty(), Optional.of(".output.cracks == null or null"), Optional.empty()))
                .checked());
        steps.outputs.put("check_walls", "{\"cracks\": 1}");

        assertThatThrownBy(() -> result(begin())).cause()
                .isInstanceOfSatisfying(ApplicationFailure.class,
                        failure -> assertThat(failure.getType()).startsWith("integrity/gate-"));
        assertThat(stepOf(written.get(0), "check_walls").gate().orElseThrow().verdict())
                .isNotEqualTo(Verdict.PASSED);
    }

    @Test
    void what_is_inconclusive_waits_for_a_person_where_a_failure_would_roll_back() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .phase("look",
                        step("check_walls", Optional.empty(), Optional.of(".output.cracks"), Optional.empty()),
                        step("check_roof"))
                .checked());
        steps.outputs.put("check_walls", "{\"cracks\": null}");
        steps.gates.put("check_roof", new StepReport.Gate(Verdict.INCONCLUSIVE, "it is dry", Optional.of("no rain")));
        WorkflowStub run = begin();

        temporal.awaitState(run, RunState.WAITING_FOR_DECISION);
        run.update("skip", Answer.class, Map.of("step", "check_walls"));
        await(() -> waitsFor(run).equals(List.of("check_roof: expected it is dry; no rain")));
        steps.gates.put("check_roof", new StepReport.Gate(Verdict.PASSED, "it is dry", Optional.empty()));
        run.update("retry", Answer.class);

        assertThat(result(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("run boxes", "run check_walls", "run check_roof", "run check_roof");
        assertThat(stepOf(written.get(0), "check_walls").state()).isEqualTo(StepState.FAILED);
        assertThat(stepOf(written.get(0), "check_roof").gate().orElseThrow().verdict()).isEqualTo(Verdict.PASSED);
    }

    @Test
    void a_step_that_decides_that_it_failed_rolls_back_and_leaves_its_output() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("check_walls")).checked());
        steps.gates.put("check_walls", new StepReport.Gate(Verdict.FAILED, ". < 3", Optional.of("3 cracks")));

        WorkflowStub run = begin();
        RunOutcome outcome = result(run);

        assertThat(outcome.state()).isEqualTo(RunState.ROLLED_BACK);
        assertThat(outcome.failure().orElseThrow().type()).isEqualTo("integrity/gate-failed");
        assertThat(outcome.failure().orElseThrow().message()).isEqualTo("check_walls: expected . < 3; 3 cracks");
        assertThat(stepOf(run.query("report", Report.class), "check_walls").output()).isPresent();
    }

    @Test
    void what_is_inconclusive_asks_nobody_where_the_plan_goes_on_after_any_failure() {
        temporal.plan(new TestPlan().phase("look", step("check_walls", Optional.empty(), Optional.of(".output.cracks"),
                Optional.of(OnFailure.CONTINUE))).checked());
        steps.outputs.put("check_walls", "{\"cracks\": null}");

        assertThat(result(begin()).state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void later_steps_read_what_earlier_ones_found() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"))
                .phase("move",
                        step("truck", "{\"size\": \"${{ .steps.boxes.n * 2 }}\"}"))
                .needs("truck", "boxes")
                .checked());
        steps.outputs.put("boxes", "{\"n\": 21}");

        result(begin());

        assertThat(steps.tasks.get("truck").spec().get("size").asInt()).isEqualTo(42);
    }

    @Test
    void a_step_whose_condition_is_not_true_is_skipped() {
        temporal.plan(new TestPlan().phase("pack",
                step("boxes", Optional.of(".values.many"), Optional.empty(), Optional.empty()), step("labels"))
                .checked());

        result(begin());

        assertThat(steps.calls).containsExactly("run labels");
        assertThat(stepOf(written.get(0), "boxes").state()).isEqualTo(StepState.SKIPPED);
    }

    @Test
    void a_dry_run_previews_everything_and_says_what_it_cannot_know() {
        temporal.plan(new TestPlan().phase("pack", step("boxes"), step("labels"))
                .phase("move",
                        step("truck", "{\"size\": \"${{ .steps.boxes.n }}\"}"))
                .needs("truck", "boxes")
                .checked());
        steps.unpredictable.add("boxes");

        WorkflowStub run = temporal.begin("moving/house/dry-run/1", Mode.DRY_RUN);

        assertThat(result(run).state()).isEqualTo(RunState.COMPLETED);
        assertThat(steps.calls).containsExactly("preview boxes", "preview labels");
        assertThat(stepOf(written.get(0), "truck").preview().orElseThrow().unknown())
                .contains("known after boxes");
    }

    @Test
    void a_run_that_is_started_with_nonsense_ends_at_once_and_says_what_belongs_there() {
        assertThatThrownBy(() -> result(temporal.begin("nothing"))).cause()
                .hasMessageContaining("the run's input is not JSON such as {\"plan\"");
        assertThatThrownBy(() -> result(temporal.begin("text", "please"))).cause()
                .hasMessageContaining("the run's input is not JSON such as {\"plan\"");
        assertThatThrownBy(() -> result(temporal.begin("misspelt", Map.of("plan", "moving", "dry-run", true)))).cause()
                .hasMessageContaining("there is no field 'dry-run'; there are file, mode,");
    }

    @Test
    void a_run_under_another_id_ends_at_once_and_names_the_right_one() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());

        assertThatThrownBy(() -> result(temporal.begin("somewhere", Mode.RUN))).cause()
                .hasMessageContaining("'moving/house'");
        assertThat(steps.calls).isEmpty();
    }

    @Test
    void history_has_no_event_for_anything_but_steps() {
        temporal.plan(new TestPlan().phase("pack", step("boxes")).checked());
        WorkflowStub run = begin();
        result(run);

        assertThat(temporal.client().fetchHistory("moving/house").getEvents().size()).isLessThan(50);
    }

    @Test
    void many_short_checks_are_told_to_the_run_together() {
        TestPlan plan = new TestPlan();
        plan.phase("look", IntStream.range(0, 20).mapToObj(i -> step("check_" + i)).toArray(StepGroup[]::new));
        temporal.plan(plan.checked());
        result(begin());

        assertThat(written.get(0).phases().get(0).steps()).extracting("state").containsOnly(StepState.COMPLETED);
        assertThat(temporal.client().fetchHistory("moving/house").getEvents()).filteredOn(
                HistoryEvent::hasWorkflowExecutionSignaledEventAttributes).hasSizeLessThan(8);
    }

    private WorkflowStub begin() {
        return temporal.begin(RunRequest.workflowId(TestPlan.NAME, TestPlan.TARGET), Mode.RUN);
    }

    private static RunOutcome result(WorkflowStub run) {
        return run.getResult(RunOutcome.class);
    }

    private static StepReport stepOf(Report report, String name) {
        return report.phases()
                .stream()
                .flatMap(phase -> phase.steps().stream())
                .filter(step -> step.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> waitsFor(WorkflowStub run) {
        return run.query("status", RunStatus.class).waiting().stream().map(RunStatus.Waiting::why).toList();
    }
}
