package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.Phase;
import dev.godwit.run.Failure;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Message;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Report;
import dev.godwit.run.RollbackPreview;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.RunStatus.Waiting;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import dev.godwit.run.UndoReport;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** All that a run knows of itself, and the answers to queries. It decides nothing. */
final class RunRecord {
    /** A name that no phase and no step has. */
    private static final String CANCEL = "the run";

    private final RunParts parts = new RunParts();
    private final Map<String, RunStatus.RunningStep> running = new LinkedHashMap<>();
    private final Waits waits = new Waits();
    /** The steps whose undo has not come to its end. */
    private final Set<String> toUndo = new LinkedHashSet<>();
    private final RunLedger ledger = new RunLedger();
    private final MessageLog messages = new MessageLog();
    private final Instant started = now();
    private final String workflowId = Workflow.getInfo().getWorkflowId();
    private final String runId = Workflow.getInfo().getFirstExecutionRunId();
    private final RunControl control = new RunControl(this);
    private final RunDisplay display = new RunDisplay();
    private Optional<CheckedPlan> plan = Optional.empty();
    private Optional<RunRequest> request = Optional.empty();
    private Optional<Notices> notices = Optional.empty();
    private Optional<String> rollsBack = Optional.empty();
    private Optional<RollbackPreview> preview = Optional.empty();
    private RunState state = RunState.RUNNING;
    private Instant since = started;
    private Optional<Failure> failure = Optional.empty();
    private Optional<Instant> ended = Optional.empty();
    private Optional<String> evidence = Optional.empty();
    private boolean rollbackLost;
    private int quietSince;
    private boolean phaseUnderWay;
    private boolean takingBack;
    private boolean forGood;

    void asked(RunRequest of) {
        request = Optional.of(of);
    }

    void open(ControlActivities.Admission admission) {
        CheckedPlan checked = admission.plan();
        plan = Optional.of(checked);
        notices = Optional.of(new Notices(this, checked));
        parts.open(checked.plan());
        if (admission.searchable()) {
            display.searchable(checked.plan().name(), checked.target(), mode());
        }
        notices.ifPresent(Notices::begun);
        refresh();
    }

    /** Takes over what an ended run had begun and not taken back. */
    void restore(String endedRun, List<LedgerEntry> begun, Set<String> answered) {
        rollsBack = Optional.of(endedRun);
        for (LedgerEntry entry : begun) {
            ledger.began(entry);
            String step = entry.task().identity().step();
            parts.change(step, report -> report.began(entry.task().began())
                    .ended(answered.contains(step) ? StepState.COMPLETED : StepState.STOPPED, entry.task().began()));
        }
        refresh();
    }

    RunControl control() {
        return control;
    }

    String workflowId() {
        return workflowId;
    }

    String runId() {
        return runId;
    }

    Instant started() {
        return started;
    }

    Mode mode() {
        return request.map(RunRequest::mode).orElse(Mode.RUN);
    }

    /** Whether the run changes its target, or only says what it would do. */
    boolean touches() {
        return switch (mode()) {
            case RUN -> true;
            case DRY_RUN -> false;
            case ROLLBACK -> request.flatMap(RunRequest::rollback).map(of -> !of.preview()).orElse(false);
        };
    }

    /** The steps begun and not undone, in the order in which they began. */
    List<LedgerEntry> ledger() {
        return ledger.entries();
    }

    /** Those of one phase that have something to undo. */
    List<LedgerEntry> ledgerOf(String phase) {
        return ledger.of(phase);
    }

    Map<String, JsonNode> outputs() {
        return parts.outputs();
    }

    Map<String, String> phaseStates() {
        return parts.phaseStates();
    }

    /** In a dry-run: what earlier steps would make or change, by location. */
    Map<String, String> madeBy() {
        return parts.madeBy();
    }

    boolean somethingFailed() {
        return parts.steps().stream().anyMatch(step -> step.failure().isPresent());
    }

    boolean notBegun(Phase phase) {
        return parts.isPending(phase.name());
    }

    void phaseBegan(String name) {
        parts.phaseBegan(name, now());
        phaseUnderWay = true;
        refresh();
    }

    void phaseEnded(String name, PhaseState end) {
        parts.phaseEnded(name, end, now());
        phaseUnderWay = false;
        waits.forget(Waiting.Kind.STEP, Waiting.Kind.TIME);
        refresh();
    }

    /** The phase has come to rest after this pause. */
    void phasePaused(int pause) {
        quietSince = pause;
        refresh();
    }

    /** Its steps are left out as if each had said so; what they would have answered stays answered by the others. */
    void phaseSkipped(Phase phase) {
        phase.steps().forEach(step -> parts.change(step.name(), StepReport::skipped));
        phaseEnded(phase.name(), PhaseState.SKIPPED);
    }

    void stepChanged(MigrationWorkflow.StepChange change) {
        StepReport report = change.report();
        if (parts.step(report.name()).isEmpty()) {
            return;
        }
        parts.change(report.name(), earlier -> report);
        change.entry().ifPresent(ledger::began);
        running.remove(report.name());
        waits.over(report.name());
        switch (report.state()) {
            case RUNNING -> running.put(report.name(), new RunStatus.RunningStep(report.name(), report.uses(), now(),
                    false, change.workflowId()));
            case PARKED -> {
                // A run that is to end asks nobody any more.
                if (!control.stopWanted()) {
                    waits.add(new Waiting(Waiting.Kind.STEP, report.name(),
                            report.failure().map(Failure::message).orElse(""), now(), Optional.empty()));
                }
            }
            case WAITING -> change.waits()
                    .ifPresent(wait -> waits.add(new Waiting(Waiting.Kind.TIME, report.name(), wait.why(), now(),
                            Optional.of(now().plus(wait.time())))));
            case PENDING, COMPLETED, FAILED, PAUSED, SKIPPED, STOPPED, PREVIEWED -> {
                // Neither under way nor waited for.
            }
        }
        refresh();
    }

    /** A step that its phase did not live to tell of. */
    void begunUntold(LedgerEntry entry) {
        if (ledger.beganUntold(entry)) {
            parts.change(entry.task().identity().step(), report -> report.began(entry.task().began())
                    .ended(StepState.STOPPED, now()));
        }
    }

    void undoBegan(MigrationWorkflow.UndoStart start) {
        if (parts.step(start.step()).isEmpty()) {
            return;
        }
        waits.over(start.step());
        toUndo.add(start.step());
        running.put(start.step(),
                new RunStatus.RunningStep(start.step(), parts.step(start.step()).orElseThrow().uses(), now(), true,
                        start.workflowId()));
        refresh();
    }

    void undoEnded(UndoReport undo) {
        if (parts.step(undo.step()).isEmpty()) {
            return;
        }
        running.remove(undo.step());
        waits.over(undo.step());
        toUndo.remove(undo.step());
        parts.change(undo.step(), step -> step.undone(undo));
        switch (undo.state()) {
            case UNDONE, LEFT_OUT -> ledger.remove(undo.step(), undo.round());
            case FAILED -> waits.add(new Waiting(Waiting.Kind.UNDO, undo.step(),
                    undo.failure().map(Failure::message).orElse(""), undo.ended(), Optional.empty()));
            case ABANDONED -> {
                // It stays in the ledger, and the report tells.
            }
        }
        refresh();
    }

    /** Something failed that no single step answers for. */
    void phaseParked(String phase, Failure why) {
        waits.add(new Waiting(Waiting.Kind.PHASE, phase, why.message(), now(), Optional.empty()));
        refresh();
    }

    /** What waits for retry or skip. */
    List<Waiting> undecided() {
        return waits.undecided();
    }

    void decided(Waiting wait) {
        waits.over(wait.on());
    }

    /** The run is to end, so nobody need decide about what failed any more. */
    void nothingToDecide() {
        waits.forget(Waiting.Kind.STEP, Waiting.Kind.PHASE, Waiting.Kind.CANCEL);
    }

    /** Whether a cancellation waits for someone to say what it is to mean. */
    void cancelHeld(boolean held) {
        if (held) {
            waits.add(new Waiting(Waiting.Kind.CANCEL, CANCEL, finalizing()
                    ? "cancelled, but finalizing cannot be taken back; resume to go on"
                    : "cancelled, but taking it back could lose " + String.join("; ", ledger.losses()), now(),
                    Optional.empty()));
        } else {
            waits.over(CANCEL);
        }
    }

    /** Which steps rely on which. */
    Reliance reliance() {
        return new Reliance(plan.map(checked -> checked.plan().steps()).orElse(List.of()));
    }

    /** Whether undoing these entries could lose what others wrote, and the plan does not accept that. */
    boolean wouldLose(List<LedgerEntry> entries) {
        return !acceptsLoss() && RunLedger.loses(entries);
    }

    boolean acceptsLoss() {
        return plan.map(checked -> checked.plan().acceptLoss()).orElse(false);
    }

    /** Whether the irreversible last phase has begun. */
    boolean finalizing() {
        return mode() == Mode.RUN && plan.stream()
                .flatMap(checked -> checked.plan().phases().stream())
                .anyMatch(phase -> phase.finalizing() && parts.hasBegun(phase.name()));
    }

    boolean inBackground(String step) {
        return plan.stream()
                .flatMap(checked -> checked.plan().steps().stream())
                .anyMatch(candidate -> candidate.name().equals(step) && candidate.background());
    }

    /** Whether a step of the plan is under way, and neither to stop nor being undone. */
    boolean works() {
        return state == RunState.RUNNING && running.values().stream().anyMatch(step -> !step.undo());
    }

    /** The step of that name, as far as the run has come with it. */
    Optional<StepReport> step(String name) {
        return parts.step(name);
    }

    Set<String> stepNames() {
        return parts.stepNames();
    }

    List<String> phaseNames() {
        return parts.phaseNames();
    }

    /** The steps that a pause stops, or waits for. */
    List<String> foreground() {
        return running.keySet().stream().filter(step -> !inBackground(step)).toList();
    }

    void message(String verb, Message message, String outcome) {
        messages.add(now(), verb, message, outcome);
    }

    void failed(Failure why) {
        failure = Optional.of(why);
    }

    /** A rollback ended before its end, by nothing that a step reported. */
    void rollbackLost(Failure end) {
        rollbackLost = true;
        failure = Optional.of(new Failure(failure.map(Failure::type).orElse(end.type()),
                failure.map(why -> why.message() + "; ").orElse("") + "the rollback was ended before it was done ("
                        + end.message() + "), so not everything was taken back"));
    }

    /**
     * Undos begin.
     *
     * @param whole whether the run ends with them
     */
    void takesBack(List<LedgerEntry> entries, boolean whole) {
        takingBack = true;
        forGood |= whole;
        entries.forEach(entry -> toUndo.add(entry.task().identity().step()));
        refresh();
    }

    /** No undo is wanted any more. */
    void tookBack() {
        takingBack = false;
        toUndo.clear();
        waits.forget(Waiting.Kind.UNDO);
        refresh();
    }

    boolean takingBack() {
        return takingBack;
    }

    boolean rollingBackForGood() {
        return forGood;
    }

    boolean hasEnded() {
        return ended.isPresent();
    }

    RunState state() {
        return state;
    }

    /** Finds out where the run stands now, and shows it wherever people look. */
    void refresh() {
        if (!hasEnded()) {
            enter(standing());
        }
        if (plan.isPresent()) {
            display.show(status());
        }
    }

    private void enter(RunState next) {
        if (next != state) {
            state = next;
            since = now();
            notices.ifPresent(Notices::stateChanged);
        }
    }

    private RunState standing() {
        if (waits.has(Waiting.Kind.STEP, Waiting.Kind.PHASE, Waiting.Kind.CANCEL)
                || waits.has(Waiting.Kind.UNDO) && toUndo.isEmpty()) {
            return RunState.WAITING_FOR_DECISION;
        }
        if (takingBack || control.stopWanted()) {
            return mode() == Mode.DRY_RUN ? RunState.RUNNING : RunState.ROLLING_BACK;
        }
        if (control.paused()) {
            return phaseUnderWay && quietSince != control.pauses() ? RunState.PAUSING : RunState.PAUSED;
        }
        return control.gate()
                .map(gate -> gate.finalizing() ? RunState.WAITING_TO_FINALIZE : RunState.WAITING_FOR_APPROVAL)
                .orElse(RunState.RUNNING);
    }

    void conclude(boolean cancelled) {
        if (mode() == Mode.DRY_RUN) {
            failure = parts.steps().stream().flatMap(step -> step.failure().stream()).findFirst().or(() -> failure);
        }
        waits.forget(Waiting.Kind.values());
        running.clear();
        ended = Optional.of(now());
        enter(endState(cancelled));
        refresh();
    }

    /** Whether everyone was told, or could not be. */
    boolean everyoneTold() {
        return notices.map(Notices::done).orElse(true);
    }

    /** Whether notices of a run that ends at once have to be waited for. */
    boolean someoneUntold() {
        return notices.map(all -> all.inOrder() && !all.done()).orElse(false);
    }

    void previewed(RollbackPreview of) {
        preview = Optional.of(of);
    }

    private RunState endState(boolean cancelled) {
        if (rollbackLost || parts.steps().stream().anyMatch(StepReport::abandoned)) {
            return RunState.STUCK;
        }
        if (cancelled) {
            return RunState.CANCELLED;
        }
        if (failure.isEmpty()) {
            return mode() == Mode.ROLLBACK && preview.isEmpty() ? RunState.ROLLED_BACK : RunState.COMPLETED;
        }
        return parts.steps().stream().anyMatch(step -> step.undo().isPresent())
                ? RunState.ROLLED_BACK
                : RunState.FAILED;
    }

    void evidence(String place) {
        evidence = Optional.of(place);
    }

    RunOutcome outcome() {
        return new RunOutcome(state, failure, evidence, preview);
    }

    RunStatus status() {
        return new RunStatus(workflowId, runId, planName(), plan.map(CheckedPlan::target).orElse(""), mode(), state,
                parts.underWay(),
                List.copyOf(running.values()), waiting(),
                parts.ended(), parts.steps().size(), started, since,
                failure, control.next(), control.throttling());
    }

    private List<Waiting> waiting() {
        return Stream.concat(control.gate().map(Gate::waiting).stream(), waits.all().stream()).toList();
    }

    Report report() {
        return report(UnaryOperator.identity());
    }

    /** The report as it travels to the evidence store, which has the outputs already. */
    Report reportWithoutOutputs() {
        return report(StepReport::withoutOutput);
    }

    private Report report(UnaryOperator<StepReport> shown) {
        List<PhaseReport> phases = plan.map(checked -> parts.reports(checked.plan(), shown)).orElse(List.of());
        return new Report(workflowId, runId, planName(), plan.map(checked -> checked.plan().description()).orElse(""),
                plan.map(CheckedPlan::sha256).orElse(""), plan.map(CheckedPlan::target).orElse(""), mode(), state,
                request.flatMap(RunRequest::startedBy).orElse(""), plan.map(CheckedPlan::parameters).orElse(Map.of()),
                started, ended, failure, phases, messages.all(), checklist(), rollsBack, evidence);
    }

    private List<Report.ChecklistAnswer> checklist() {
        return plan.map(checked -> Checklist.answers(checked.plan(), parts.byStep(), state)).orElse(List.of());
    }

    private String planName() {
        return plan.map(checked -> checked.plan().name()).orElse("");
    }

    private static Instant now() {
        return Instant.ofEpochMilli(Workflow.currentTimeMillis());
    }
}
