package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.NearestName;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Phase;
import dev.godwit.plan.Step;
import dev.godwit.plan.StepFacts;
import dev.godwit.run.Failure;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Message;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Report;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.UndoReport;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.ChildWorkflowFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.ChildWorkflowCancellationType;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.CompletablePromise;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Runs a migration. */
public final class MigrationExecution implements MigrationWorkflow {
    private final RunRecord record = new RunRecord();
    private CheckedPlan plan;
    private Optional<Message> rollback = Optional.empty();
    private Promise<String> cancelled;
    private int rollbacks;

    @Override
    public RunOutcome run(RawValue raw) {
        cancelled = CancellationScope.current().getCancellationRequest();
        RunRequest request = read(raw);
        plan = check(request);
        record.open(plan, request);
        requireOwnId();
        // A cancelled run still has work to do: it takes back what it did. So all of it outlives the cancellation.
        Workflow.newDetachedCancellationScope(() -> {
            runPhases();
            conclude();
        }).run();
        return outcome();
    }

    private void runPhases() {
        for (Phase phase : plan.plan().phases()) {
            if (stopWanted()) {
                break;
            }
            if (!wanted(phase)) {
                record.phaseSkipped(phase);
                continue;
            }
            PhaseWorkflow.Result result = run(phase);
            record.phaseEnded(phase.name(), result.state());
            if (result.state() == PhaseState.FAILED && !stopWanted() && !recover(phase, result)) {
                break;
            }
        }
        if (stopWanted() && record.acceptsRollback()) {
            stop();
        }
    }

    /** Does what the plan wants after a failed phase; true if the run goes on. */
    private boolean recover(Phase phase, PhaseWorkflow.Result result) {
        return switch (result.onFailure().orElse(plan.plan().onFailure())) {
            case CONTINUE -> true;
            case UNDO_PHASE -> {
                boolean undone = undo(record.ledgerOf(phase.name()));
                record.phaseEnded(phase.name(), undone ? PhaseState.UNDONE : PhaseState.FAILED);
                if (!undone && !stopWanted()) {
                    record.failed(result.failure().orElseThrow());
                }
                yield undone;
            }
            case ROLLBACK, PAUSE -> {
                record.failed(result.failure().orElseThrow());
                undo(select(RollbackScope.ALL));
                yield false;
            }
        };
    }

    /** Someone wants the run to end: with a rollback of what they named, or, when it was cancelled, of everything. */
    private void stop() {
        RollbackScope scope = rollback.flatMap(Message::scope).orElse(RollbackScope.ALL);
        record.failed(rollback.map(MigrationExecution::asked)
                .orElseGet(() -> new Failure("user/cancelled", "the run was cancelled")));
        undo(select(scope));
    }

    private List<LedgerEntry> select(RollbackScope scope) {
        return RollbackExecution.select(record.ledger(), scope, phaseNames());
    }

    private List<String> phaseNames() {
        return plan.plan().phases().stream().map(Phase::name).toList();
    }

    private static Failure asked(Message message) {
        return new Failure("user/rollback-asked",
                "rollback asked" + (message.by().isEmpty() ? "" : " by " + message.by())
                        + (message.reason().isEmpty() ? "" : ": " + message.reason()));
    }

    private boolean stopWanted() {
        return rollback.isPresent() || cancelled.isCompleted();
    }

    private boolean wanted(Phase phase) {
        return phase.when().isEmpty() || record.mode() == Mode.DRY_RUN && readsUnknown(phase)
                || StepActivities.expressions()
                        .resolve(new ExpressionActivities.Unresolved(NullNode.instance,
                                phase.when(), scope(needsOf(phase))))
                        .wanted();
    }

    /** A dry-run looks into a phase whose condition depends on what only a run can know. */
    private boolean readsUnknown(Phase phase) {
        return needsOf(phase).stream().anyMatch(need -> !record.outputs().containsKey(need));
    }

    private List<String> needsOf(Phase phase) {
        return plan.phaseNeeds().getOrDefault(phase.name(), List.of());
    }

    private PhaseWorkflow.Result run(Phase phase) {
        record.phaseBegan(phase.name());
        PhaseWorkflow child = Workflow.newChildWorkflowStub(PhaseWorkflow.class,
                ChildWorkflowOptions.newBuilder()
                        .setWorkflowId(childId(phase.name()))
                        .setStaticSummary(plan.plan().name() + ": " + phase.name())
                        .setCancellationType(ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED)
                        .build());
        CompletablePromise<PhaseWorkflow.Result> result = Workflow.newPromise();
        CancellationScope scope = Workflow
                .newCancellationScope(() -> result.completeFrom(Async.function(child::run, request(phase))));
        scope.run();
        Workflow.await(() -> result.isCompleted() || stopWanted());
        if (!result.isCompleted()) {
            scope.cancel("the run stops");
        }
        try {
            PhaseWorkflow.Result end = result.get();
            return end.state() == PhaseState.STOPPED && !stopWanted() ? cancelledAlone(phase) : end;
        } catch (ChildWorkflowFailure e) {
            if (Failures.cancelled(e)) {
                return stopWanted()
                        ? new PhaseWorkflow.Result(PhaseState.STOPPED, Optional.empty(), Optional.empty())
                        : cancelledAlone(phase);
            }
            return new PhaseWorkflow.Result(PhaseState.FAILED, Optional.of(Failures.of(e)),
                    Optional.of(OnFailure.ROLLBACK));
        }
    }

    /** Someone cancelled the phase's own workflow: what comes after it must not build upon half of it. */
    private static PhaseWorkflow.Result cancelledAlone(Phase phase) {
        return new PhaseWorkflow.Result(PhaseState.FAILED,
                Optional.of(new Failure("user/cancelled", "the phase " + phase.name() + " was cancelled")),
                Optional.of(OnFailure.ROLLBACK));
    }

    private PhaseWorkflow.Request request(Phase phase) {
        Map<String, StepFacts> facts = new LinkedHashMap<>();
        Map<String, JsonNode> resources = new LinkedHashMap<>();
        Set<String> needs = new LinkedHashSet<>();
        for (Step step : phase.steps()) {
            StepFacts of = plan.factsOf(step);
            facts.put(step.name(), of);
            of.resources().forEach(name -> resources.put(name, plan.resources().get(name)));
            needs.addAll(of.needs());
        }
        return new PhaseWorkflow.Request(Workflow.getInfo().getWorkflowId(), record.runId(), plan.plan().name(),
                plan.target(), record.mode(), record.started(), 1, phase,
                phase.onFailure().orElse(plan.plan().onFailure()), facts, resources, scope(needs), record.madeBy());
    }

    private ExpressionActivities.Scope scope(Collection<String> needs) {
        Map<String, JsonNode> outputs = new LinkedHashMap<>(record.outputs());
        outputs.keySet().retainAll(needs);
        return new ExpressionActivities.Scope(plan.parameters(), plan.values(), record.phaseStates(), outputs);
    }

    /** Undoes entries of the ledger; true if every undo went well. */
    private boolean undo(List<LedgerEntry> entries) {
        if (entries.isEmpty()) {
            return true;
        }
        record.state(RunState.ROLLING_BACK);
        rollbacks++;
        RollbackWorkflow child = Workflow.newChildWorkflowStub(RollbackWorkflow.class,
                ChildWorkflowOptions.newBuilder()
                        .setWorkflowId(childId("rollback-" + rollbacks))
                        .setStaticSummary(plan.plan().name() + ": rollback")
                        .build());
        try {
            child.run(new RollbackWorkflow.Request(record.workflowId(), entries));
        } catch (ChildWorkflowFailure e) {
            // One that someone cancelled has done its work all the same, and told how each undo ended.
            if (!Failures.cancelled(e)) {
                record.rollbackLost(Failures.of(e));
            }
        }
        record.state(RunState.RUNNING);
        return Collections.disjoint(record.ledger(), entries);
    }

    /** Explicit, and of what the run knows itself: a replay from a file runs under another workflow id. */
    private String childId(String what) {
        return rightId() + "/" + record.runId().substring(0, 8) + "/" + what;
    }

    private String rightId() {
        return RunRequest.workflowId(plan.plan().name(), plan.target());
    }

    private void conclude() {
        record.conclude(cancelled.isCompleted());
        record.evidence(StepActivities.control().writeReport(record.reportWithoutOutputs()));
    }

    private RunOutcome outcome() {
        RunOutcome outcome = record.outcome();
        return switch (outcome.state()) {
            case COMPLETED, ROLLED_BACK -> outcome;
            case CANCELLED -> throw new CanceledFailure("cancelled; what the run did was undone");
            case FAILED, STUCK, RUNNING, PAUSING, PAUSED, WAITING_FOR_APPROVAL, WAITING_FOR_DECISION,
                    WAITING_TO_FINALIZE, ROLLING_BACK ->
                throw Failures.told(
                        outcome.failure().map(Failure::message).orElse("failed"),
                        outcome.failure().map(Failure::type).orElse("internal/unexpected"), outcome);
        };
    }

    private static RunRequest read(RawValue raw) {
        try {
            return Messages.request(raw);
        } catch (IllegalArgumentException e) {
            throw Failures.told(e.getMessage(), "user/invalid-request");
        }
    }

    /** The first activity of every run: the same check as on the command line, so that the UI gets the same answer. */
    private CheckedPlan check(RunRequest request) {
        try {
            return StepActivities.control().check(request, record.runId()).plan();
        } catch (ActivityFailure e) {
            if (e.getCause() instanceof ApplicationFailure invalid
                    && ControlActivities.INVALID_PLAN.equals(invalid.getType())) {
                throw Failures.told(invalid.getOriginalMessage(), invalid.getType(),
                        invalid.getDetails().get(0, List.class));
            }
            throw e;
        }
    }

    /** One run a target: only the run under the target's own id may touch it. */
    private void requireOwnId() {
        String right = rightId();
        if (record.mode() == Mode.RUN && !right.equals(Workflow.getInfo().getWorkflowId())) {
            throw Failures.told("this run must have the workflow id '" + right
                    + "', so that only one run at a time touches " + plan.target() + "; start it under that id",
                    "user/wrong-workflow-id");
        }
    }

    @Override
    public RunStatus status() {
        return record.status();
    }

    @Override
    public Optional<CheckedPlan> plan() {
        return Optional.ofNullable(plan);
    }

    @Override
    public List<LedgerEntry> ledger() {
        return record.ledger();
    }

    @Override
    public Report report() {
        return record.report();
    }

    @Override
    public void rollback(RawValue raw) {
        String verb = "rollback";
        try {
            Message message = Messages.read(raw);
            Optional<String> refusal = refusal(message);
            record.message(verb, message, refusal.map(why -> "ignored: " + why).orElse("accepted"));
            if (refusal.isEmpty()) {
                rollback = Optional.of(message);
            }
        } catch (IllegalArgumentException e) {
            record.message(verb, Message.NONE, "ignored: " + e.getMessage());
        }
    }

    @Override
    public String rollbackWithAnswer(RawValue raw) {
        rollback(raw);
        return "rolling back " + record.workflowId();
    }

    @Override
    public void validateRollback(RawValue raw) {
        refusal(Messages.read(raw)).ifPresent(why -> {
            throw new IllegalArgumentException(why);
        });
    }

    private Optional<String> refusal(Message message) {
        if (record.mode() == Mode.DRY_RUN) {
            return Optional.of("a dry-run changes nothing, so there is nothing to roll back; cancel it instead");
        }
        if (rollback.isPresent()) {
            return Optional.of("the run is already being rolled back");
        }
        return record.acceptsRollback()
                ? message.scope().flatMap(RollbackScope::to).flatMap(this::noSuchPhase)
                : Optional.of("the run is " + record.status().state().word());
    }

    private Optional<String> noSuchPhase(String name) {
        if (plan == null) {
            return Optional.of("the plan is not checked yet, so its phases are not known; try again");
        }
        return phaseNames().contains(name)
                ? Optional.empty()
                : Optional.of("the plan has no phase '" + name + "'" + NearestName.hint(name, phaseNames()));
    }

    @Override
    public void stepsChanged(List<StepChange> changes) {
        changes.forEach(record::stepChanged);
    }

    @Override
    public void undoBegan(UndoStart start) {
        record.undoBegan(start);
    }

    @Override
    public void undoEnded(UndoReport undo) {
        record.undoEnded(undo);
    }
}
