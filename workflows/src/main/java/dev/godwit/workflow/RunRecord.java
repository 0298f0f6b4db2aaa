package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.ChecklistLine;
import dev.godwit.plan.Phase;
import dev.godwit.plan.Step;
import dev.godwit.run.Failure;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Message;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Report;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import dev.godwit.run.UndoReport;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** All that a run knows of itself, and the answers to queries. It decides nothing. */
final class RunRecord {
    private static final int MESSAGES_KEPT = 200;

    private final Map<String, StepReport> steps = new LinkedHashMap<>();
    private final Map<String, PhaseReport> phases = new LinkedHashMap<>();
    private final Map<String, RunStatus.RunningStep> running = new LinkedHashMap<>();
    private final List<LedgerEntry> ledger = new ArrayList<>();
    private final List<Report.MessageReport> messages = new ArrayList<>();
    private final Instant started = now();
    private final String workflowId = Workflow.getInfo().getWorkflowId();
    private final String runId = Workflow.getInfo().getFirstExecutionRunId();
    private Optional<CheckedPlan> plan = Optional.empty();
    private Optional<RunRequest> request = Optional.empty();
    private RunState state = RunState.RUNNING;
    private Instant since = started;
    private Optional<Failure> failure = Optional.empty();
    private Optional<Instant> ended = Optional.empty();
    private Optional<String> evidence = Optional.empty();
    private boolean stuck;

    void open(CheckedPlan checked, RunRequest asked) {
        plan = Optional.of(checked);
        request = Optional.of(asked);
        for (Phase phase : checked.plan().phases()) {
            phases.put(phase.name(), new PhaseReport(phase.name(), PhaseState.PENDING, phase.estimate(),
                    Optional.empty(), Optional.empty(), List.of()));
            for (Step step : phase.steps()) {
                steps.put(step.name(), StepReport.pending(step.name(), step.uses(), step.covers(), 1));
            }
        }
        show();
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

    /** The steps begun and not undone, in the order in which they began. */
    List<LedgerEntry> ledger() {
        return List.copyOf(ledger);
    }

    /** Those of one phase that have something to undo. */
    List<LedgerEntry> ledgerOf(String phase) {
        return ledger.stream()
                .filter(entry -> entry.undoable() && entry.task().identity().phase().equals(phase))
                .toList();
    }

    Map<String, JsonNode> outputs() {
        Map<String, JsonNode> outputs = new LinkedHashMap<>();
        steps.forEach((name, step) -> step.output().ifPresent(output -> outputs.put(name, output)));
        return outputs;
    }

    Map<String, String> phaseStates() {
        Map<String, String> states = new LinkedHashMap<>();
        phases.forEach((name, phase) -> states.put(name, phase.state().name().toLowerCase(Locale.ROOT)));
        return states;
    }

    /** In a dry-run: what earlier steps would make or change, by location. */
    Map<String, String> madeBy() {
        Map<String, String> madeBy = new LinkedHashMap<>();
        steps.values()
                .forEach(step -> step.preview()
                        .ifPresent(preview -> preview.makes().forEach(location -> madeBy.put(location, step.name()))));
        return madeBy;
    }

    void phaseBegan(String name) {
        PhaseReport phase = phases.get(name);
        phases.put(name, new PhaseReport(name, PhaseState.RUNNING, phase.estimate(), Optional.of(now()),
                Optional.empty(), List.of()));
        show();
    }

    void phaseEnded(String name, PhaseState end) {
        PhaseReport phase = phases.get(name);
        phases.put(name, new PhaseReport(name, end, phase.estimate(), phase.started(),
                phase.started().map(start -> phase.ended().orElseGet(RunRecord::now)), List.of()));
        show();
    }

    /** Its steps are left out as if each had said so; what they would have answered stays answered by the others. */
    void phaseSkipped(Phase phase) {
        phase.steps().forEach(step -> steps.computeIfPresent(step.name(), (name, report) -> report.skipped()));
        phaseEnded(phase.name(), PhaseState.SKIPPED);
    }

    void stepChanged(MigrationWorkflow.StepChange change) {
        StepReport report = change.report();
        steps.put(report.name(), report);
        change.entry().ifPresent(ledger::add);
        if (report.state() == StepState.RUNNING) {
            running.put(report.name(), new RunStatus.RunningStep(report.name(), report.uses(), now(), false,
                    change.workflowId()));
        } else {
            running.remove(report.name());
        }
        show();
    }

    void undoBegan(MigrationWorkflow.UndoStart start) {
        running.put(start.step(), new RunStatus.RunningStep(start.step(), steps.get(start.step()).uses(), now(), true,
                start.workflowId()));
        show();
    }

    void undoEnded(UndoReport undo) {
        running.remove(undo.step());
        steps.computeIfPresent(undo.step(), (name, step) -> step.undone(undo));
        if (undo.state() == UndoReport.State.FAILED) {
            stuck = true;
        } else {
            ledger.removeIf(entry -> entry.task().identity().step().equals(undo.step())
                    && entry.task().identity().round() == undo.round());
        }
        show();
    }

    void message(String verb, Message message, String outcome) {
        if (messages.size() < MESSAGES_KEPT) {
            messages.add(new Report.MessageReport(now(), verb, message.by(), message.reason(), outcome));
        }
    }

    void failed(Failure why) {
        failure = Optional.of(why);
    }

    /** A rollback ended before its end, by nothing that a step reported. */
    void rollbackLost(Failure end) {
        stuck = true;
        failure = Optional.of(new Failure(failure.map(Failure::type).orElse(end.type()),
                failure.map(why -> why.message() + "; ").orElse("") + "the rollback was ended before it was done ("
                        + end.message() + "), so not everything was taken back"));
    }

    void state(RunState next) {
        if (state != next) {
            state = next;
            since = now();
            show();
        }
    }

    /** Whether there is anything that a rollback could still change; while only a phase is undone, there is. */
    boolean acceptsRollback() {
        return ended.isEmpty() && failure.isEmpty();
    }

    void conclude(boolean cancelled) {
        if (mode() == Mode.DRY_RUN) {
            failure = steps.values().stream().flatMap(step -> step.failure().stream()).findFirst().or(() -> failure);
        }
        state(endState(cancelled));
        ended = Optional.of(now());
    }

    private RunState endState(boolean cancelled) {
        if (stuck) {
            return RunState.STUCK;
        }
        if (cancelled) {
            return RunState.CANCELLED;
        }
        if (failure.isEmpty()) {
            return RunState.COMPLETED;
        }
        return steps.values().stream().anyMatch(step -> step.undo().isPresent())
                ? RunState.ROLLED_BACK
                : RunState.FAILED;
    }

    void evidence(String place) {
        evidence = Optional.of(place);
    }

    RunOutcome outcome() {
        return new RunOutcome(state, failure, evidence, Optional.empty());
    }

    RunStatus status() {
        return new RunStatus(workflowId, runId, planName(), plan.map(CheckedPlan::target).orElse(""), mode(), state,
                phases.values()
                        .stream()
                        .filter(phase -> phase.state() == PhaseState.RUNNING)
                        .map(PhaseReport::name)
                        .findFirst()
                        .orElse(""),
                List.copyOf(running.values()), List.of(),
                (int) steps.values().stream().filter(RunRecord::hasEnded).count(),
                steps.size(), started, since, failure,
                mode() == Mode.RUN && acceptsRollback() ? List.of("rollback") : List.of());
    }

    private static boolean hasEnded(StepReport step) {
        return step.state() != StepState.PENDING && step.state() != StepState.RUNNING;
    }

    Report report() {
        return report(steps.values().stream());
    }

    /** The report as it travels to the evidence store, which has the outputs already. */
    Report reportWithoutOutputs() {
        return report(steps.values().stream().map(StepReport::withoutOutput));
    }

    private Report report(Stream<StepReport> of) {
        Map<String, StepReport> byName = new LinkedHashMap<>();
        of.forEach(step -> byName.put(step.name(), step));
        List<PhaseReport> complete = plan.map(checked -> checked.plan().phases())
                .orElse(List.of())
                .stream()
                .map(phase -> withSteps(phases.get(phase.name()),
                        phase.steps().stream().map(step -> byName.get(step.name())).toList()))
                .toList();
        return new Report(workflowId, runId, planName(), plan.map(checked -> checked.plan().description()).orElse(""),
                plan.map(CheckedPlan::sha256).orElse(""), plan.map(CheckedPlan::target).orElse(""), mode(), state,
                request.flatMap(RunRequest::startedBy).orElse(""), plan.map(CheckedPlan::parameters).orElse(Map.of()),
                started, ended, failure, complete, List.copyOf(messages), checklist(), Optional.empty(), evidence);
    }

    private static PhaseReport withSteps(PhaseReport phase, List<StepReport> steps) {
        return new PhaseReport(phase.name(), phase.state(), phase.estimate(), phase.started(), phase.ended(), steps);
    }

    private List<Report.ChecklistAnswer> checklist() {
        List<Report.ChecklistAnswer> answers = new ArrayList<>();
        plan.ifPresent(checked -> checked.plan()
                .checklist()
                .forEach((section, lines) -> lines
                        .forEach(line -> answers.add(new Report.ChecklistAnswer(section, line.line(), answer(line),
                                line.answeredBy())))));
        return answers;
    }

    /** Proved by all steps that ran having completed and stayed; failed by any that failed; else open. */
    private Report.Answer answer(ChecklistLine line) {
        List<StepReport> by = line.answeredBy()
                .stream()
                .map(steps::get)
                .filter(step -> step.state() != StepState.SKIPPED)
                .toList();
        if (by.stream().anyMatch(step -> step.state() == StepState.FAILED)) {
            return Report.Answer.FAILED;
        }
        boolean proved = !by.isEmpty()
                && by.stream().allMatch(step -> step.state() == StepState.COMPLETED && step.undo().isEmpty());
        return proved && state != RunState.ROLLED_BACK ? Report.Answer.PROVED : Report.Answer.OPEN;
    }

    private String planName() {
        return plan.map(checked -> checked.plan().name()).orElse("");
    }

    /** What the Temporal UI shows on the run's page. */
    private void show() {
        RunStatus status = status();
        StringBuilder details = new StringBuilder("**").append(status.state().word()).append("**");
        if (!status.phase().isEmpty()) {
            details.append(", phase `").append(status.phase()).append('`');
        }
        details.append(", ").append(status.stepsEnded()).append(" of ").append(status.steps()).append(" steps\n");
        for (RunStatus.RunningStep step : status.running()) {
            details.append("\n- ")
                    .append(step.undo() ? "undoing `" : "`")
                    .append(step.step())
                    .append("` (")
                    .append(step.uses())
                    .append(") since ")
                    .append(step.since());
        }
        status.failure().ifPresent(why -> details.append("\n\n").append(why.message()));
        if (!status.next().isEmpty()) {
            details.append("\n\nWhat you can do: signal `").append(String.join("`, `", status.next())).append('`');
        }
        Workflow.setCurrentDetails(details.toString());
    }

    private static Instant now() {
        return Instant.ofEpochMilli(Workflow.currentTimeMillis());
    }
}
