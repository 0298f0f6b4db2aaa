package dev.godwit.workflow;

import com.fasterxml.jackson.databind.node.NullNode;
import dev.godwit.json.Durations;
import dev.godwit.plan.Approval;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.NearestName;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Phase;
import dev.godwit.run.Failure;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Message;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Report;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunStatus;
import dev.godwit.run.UndoReport;
import dev.godwit.run.Verb;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.DynamicSignalHandler;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Runs a migration. */
public final class MigrationExecution extends OnCallHandlers implements MigrationWorkflow {
    /** How long an ended run waits for its last notices. */
    private static final Duration LAST_NOTICES = Duration.ofMinutes(2);

    private final RunRecord record = new RunRecord();
    private final RunControl control = record.control();
    private CheckedPlan plan;
    private Ledgers ledgers;
    private ChildWorkflows children;

    @Override
    public RunOutcome run(RawValue raw) {
        Workflow.registerListener((DynamicSignalHandler) control::unknownSignal);
        Promise<String> cancelled = CancellationScope.current().getCancellationRequest();
        RunRequest request = read(raw);
        record.asked(request);
        // A cancelled run still has work to do: it takes back what it did. So all of it outlives the cancellation.
        Workflow.newDetachedCancellationScope(() -> {
            cancelled.thenApply(reason -> {
                control.cancel();
                return reason;
            });
            try {
                if (request.mode() == Mode.ROLLBACK) {
                    takeBack(request, request.rollback().orElseThrow());
                } else {
                    migrate(request);
                }
            } catch (ApplicationFailure refused) {
                // A run that cannot be is no more than its failure; but its status must not say that it still runs.
                record.failed(new Failure(refused.getType(), refused.getOriginalMessage()));
                record.conclude(false);
                if (record.someoneUntold()) {
                    Workflow.await(LAST_NOTICES, record::everyoneTold);
                }
                throw refused;
            }
            conclude();
        }).run();
        return outcome();
    }

    @Override
    RunControl control() {
        return control;
    }

    private void migrate(RunRequest request) {
        open(check(request));
        for (Phase phase : plan.plan().phases()) {
            awaitGo();
            if (control.stopWanted()) {
                break;
            }
            if (phase.diagnosing() || !wanted(phase)) {
                record.phaseSkipped(phase);
            } else if (!complete(phase)) {
                break;
            }
        }
        if (control.stopWanted() && !record.rollingBackForGood()) {
            stop();
        }
    }

    private void open(ControlActivities.Admission admission) {
        plan = admission.plan();
        ledgers = new Ledgers(plan, record);
        children = new ChildWorkflows(plan, record, ledgers);
        record.open(admission);
        requireOwnId();
        SiteThrottling.keepTold(plan, record);
    }

    /** Lets a pause pass, unless the run is to end. */
    private void awaitGo() {
        Workflow.await(() -> !control.paused() || control.stopWanted());
    }

    /** Runs a phase, as often as people want it tried; true if the run goes on with the next. */
    private boolean complete(Phase phase) {
        while (true) {
            Optional<PhaseWorkflow.Result> denied = permission(phase);
            awaitGo();
            if (control.stopWanted()) {
                return false;
            }
            PhaseWorkflow.Result result = denied.isPresent() ? denied.get() : children.run(phase, control::stopWanted);
            if (result.state() == PhaseState.SKIPPED) {
                record.phaseSkipped(phase);
                return true;
            }
            record.phaseEnded(phase.name(), result.state());
            if (control.stopWanted()) {
                return false;
            }
            if (result.state() != PhaseState.FAILED) {
                if (record.mode() == Mode.RUN && phase.finalizing() && result.state() == PhaseState.COMPLETED) {
                    ledgers.forget(record.runId());
                }
                return true;
            }
            Failure failure = result.failure().orElseThrow();
            OnFailure policy = result.onFailure().or(phase::onFailure).orElse(plan.plan().onFailure());
            if (policy == OnFailure.ROLLBACK || policy == OnFailure.PAUSE) {
                diagnose();
            }
            if (!asks(phase, policy)) {
                return recover(phase, failure, policy);
            }
            Optional<Verb> decision = park(phase, failure);
            if (decision.isEmpty() || decision.get() == Verb.SKIP) {
                return decision.isPresent();
            }
        }
    }

    /** Looks at what a failed phase has left, once, and before anything of it is taken back. */
    private void diagnose() {
        for (Phase phase : plan.plan().phases()) {
            if (phase.diagnosing() && record.mode() == Mode.RUN && record.notBegun(phase)) {
                if (wanted(phase)) {
                    record.phaseEnded(phase.name(), children.run(phase, () -> false).state());
                } else {
                    record.phaseSkipped(phase);
                }
            }
        }
    }

    /** Waits until someone lets the phase begin, where the plan wants that; answers how it ends if nobody does. */
    private Optional<PhaseWorkflow.Result> permission(Phase phase) {
        if (record.mode() != Mode.RUN || phase.approval().isEmpty() && !phase.finalizing()) {
            return Optional.empty();
        }
        Gate gate = control.open(phase);
        Optional<Duration> timeout = phase.approval().flatMap(Approval::timeout);
        BooleanSupplier settled = () -> gate.answer().isPresent() || control.stopWanted();
        if (timeout.isPresent()) {
            Workflow.await(timeout.get(), settled::getAsBoolean);
        } else {
            Workflow.await(settled::getAsBoolean);
        }
        control.closeGate();
        if (control.stopWanted() || gate.answer().orElse(false)) {
            return Optional.empty();
        }
        // Whoever does not want to finalize keeps a completed run that can still be rolled back.
        return Optional.of(phase.finalizing()
                ? new PhaseWorkflow.Result(PhaseState.SKIPPED, Optional.empty(), Optional.empty())
                : new PhaseWorkflow.Result(PhaseState.FAILED, Optional.of(denied(gate, timeout)), Optional.empty()));
    }

    private static Failure denied(Gate gate, Optional<Duration> timeout) {
        return gate.answer().isPresent()
                ? new Failure("user/rejected", "phase " + gate.name() + " was rejected" + said(gate.message()))
                : new Failure("user/not-approved", "nobody approved phase " + gate.name() + " within "
                        + Durations.format(timeout.orElseThrow()));
    }

    private static String said(Message message) {
        return (message.by().isEmpty() ? "" : " by " + message.by())
                + (message.reason().isEmpty() ? "" : ": " + message.reason());
    }

    /** Whether a person decides what follows from a failure of a whole phase. */
    private boolean asks(Phase phase, OnFailure policy) {
        return switch (policy) {
            case PAUSE -> true;
            case CONTINUE -> false;
            case ROLLBACK -> phase.finalizing() || record.wouldLose(record.ledger());
            case UNDO_PHASE -> phase.finalizing() || record.wouldLose(record.ledgerOf(phase.name()));
        };
    }

    /** Waits for a decision; absent if the run is to end instead. */
    private Optional<Verb> park(Phase phase, Failure failure) {
        record.phaseParked(phase.name(), failure);
        Workflow.await(() -> control.phaseDecided() || control.stopWanted());
        return control.stopWanted() ? Optional.empty() : control.takePhaseDecision();
    }

    /** Does what the plan wants after a failed phase; true if the run goes on. */
    private boolean recover(Phase phase, Failure failure, OnFailure policy) {
        return switch (policy) {
            case CONTINUE -> true;
            case UNDO_PHASE -> {
                boolean undone = children.undo(record.ledgerOf(phase.name()), false);
                record.phaseEnded(phase.name(), undone ? PhaseState.UNDONE : PhaseState.FAILED);
                if (!undone && !control.stopWanted()) {
                    record.failed(failure);
                }
                yield undone;
            }
            case ROLLBACK, PAUSE -> {
                record.failed(failure);
                children.undo(select(RollbackScope.ALL), true);
                yield false;
            }
        };
    }

    /** Someone wants the run to end: with a rollback of what they named, or, when it was cancelled, of everything. */
    private void stop() {
        if (record.somethingFailed()) {
            diagnose();
        }
        RollbackScope scope = control.rollback().flatMap(Message::scope).orElse(RollbackScope.ALL);
        record.failed(control.rollback()
                .map(asked -> new Failure("user/rollback-asked", "rollback asked" + said(asked)))
                .orElseGet(() -> new Failure("user/cancelled", "the run was cancelled")));
        children.undo(withReliant(select(scope)), true);
    }

    /** What began after a part was asked for, and relies on that part, goes with it. */
    private List<LedgerEntry> withReliant(List<LedgerEntry> selected) {
        record.reliance()
                .broken(record.ledger(), selected)
                .forEach(broken -> record.message(Verb.ROLLBACK.word(), Message.NONE, "taken back too: " + broken));
        return record.reliance().whole(record.ledger(), selected);
    }

    /** Takes back what an ended run did. */
    private void takeBack(RunRequest request, RunRequest.RollbackOf of) {
        ControlActivities.Ended ended = Ledgers.planOf(of.run(), record.runId());
        open(ended.admission());
        requirePhase(of.scope());
        Ledgers.Begun begun = ledgers.of(ended.runId());
        record.restore(ended.runId(), begun.entries(), begun.answered());
        requireNotFinalized();
        List<LedgerEntry> selected = select(of.scope());
        requireWhole(of.scope(), selected);
        if (of.preview()) {
            record.previewed(RollbackExecution.preview(record.ledger(), selected));
            return;
        }
        record.message(Verb.ROLLBACK.word(), Message.of(request.startedBy().orElse(""), of.reason()), "accepted");
        if (selected.isEmpty()) {
            record.failed(new Failure("user/nothing-to-roll-back",
                    "the run " + ended.runId() + " left nothing in its ledger that could be taken back"));
        } else if (!control.cancelled()) {
            children.undo(selected, true);
        }
    }

    private void requirePhase(RollbackScope scope) {
        scope.to().filter(phase -> !record.phaseNames().contains(phase)).ifPresent(phase -> {
            throw Failures.told("the plan has no phase '" + phase + "'"
                    + NearestName.hint(phase, record.phaseNames()), "user/no-such-phase");
        });
    }

    private void requireWhole(RollbackScope scope, List<LedgerEntry> selected) {
        if (!scope.equals(RollbackScope.ALL)) {
            record.reliance().refusal(record.ledger(), selected, scope).ifPresent(why -> {
                throw Failures.told(why, "user/relied-on");
            });
        }
    }

    private void requireNotFinalized() {
        plan.plan().phases().stream().filter(Phase::finalizing).map(Phase::name).forEach(phase -> {
            if (record.ledger().stream().anyMatch(entry -> entry.task().identity().phase().equals(phase))) {
                throw Failures.told("the run had begun to finalize, and that cannot be taken back", "user/finalized");
            }
        });
    }

    private List<LedgerEntry> select(RollbackScope scope) {
        return RollbackExecution.select(record.ledger(), scope, record.phaseNames());
    }

    private boolean wanted(Phase phase) {
        return phase.when().isEmpty() || record.mode() == Mode.DRY_RUN && readsUnknown(phase)
                || StepActivities.expressions()
                        .resolve(new ExpressionActivities.Unresolved(NullNode.instance,
                                phase.when(), children.scope(needsOf(phase))))
                        .wanted();
    }

    /** A dry-run looks into a phase whose condition depends on what only a run can know. */
    private boolean readsUnknown(Phase phase) {
        return needsOf(phase).stream().anyMatch(need -> !record.outputs().containsKey(need));
    }

    private List<String> needsOf(Phase phase) {
        return plan.phaseNeeds().getOrDefault(phase.name(), List.of());
    }

    private void conclude() {
        record.conclude(control.cancelled());
        if (!Workflow.await(LAST_NOTICES, record::everyoneTold)) {
            record.message("notify", Message.NONE, "given up: not everyone could be told before the run ended");
        }
        record.evidence(StepActivities.control().writeReport(record.reportWithoutOutputs()));
    }

    private RunOutcome outcome() {
        RunOutcome outcome = record.outcome();
        return switch (outcome.state()) {
            case COMPLETED, ROLLED_BACK -> outcome;
            case CANCELLED -> throw new CanceledFailure(record.mode() == Mode.ROLLBACK
                    ? "cancelled before anything was taken back"
                    : "cancelled; what the run did was undone");
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
    private ControlActivities.Admission check(RunRequest request) {
        try {
            return StepActivities.control().check(request, record.runId());
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
        boolean touches = record.touches();
        String right = children.rightId();
        if (touches && !right.equals(Workflow.getInfo().getWorkflowId())) {
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
    public void stepsChanged(List<StepChange> changes) {
        // People can send these signals, too, and nothing with them.
        Stream.ofNullable(changes).flatMap(List::stream).filter(Objects::nonNull).forEach(record::stepChanged);
    }

    @Override
    public void phasePaused(int pause) {
        record.phasePaused(pause);
    }

    @Override
    public void undoBegan(UndoStart start) {
        Optional.ofNullable(start).ifPresent(record::undoBegan);
    }

    @Override
    public void undoEnded(UndoReport undo) {
        Optional.ofNullable(undo).ifPresent(record::undoEnded);
    }
}
