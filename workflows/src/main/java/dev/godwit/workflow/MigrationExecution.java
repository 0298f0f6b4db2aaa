package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.godwit.json.Durations;
import dev.godwit.plan.Approval;
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
import dev.godwit.run.RunStatus;
import dev.godwit.run.UndoReport;
import dev.godwit.run.Verb;
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
import io.temporal.workflow.DynamicSignalHandler;
import io.temporal.workflow.Promise;
import io.temporal.workflow.SignalExternalWorkflowException;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;

/** Runs a migration. */
public final class MigrationExecution extends OnCallHandlers implements MigrationWorkflow {
    /** How long an ended run waits for its last notices. */
    private static final Duration LAST_NOTICES = Duration.ofMinutes(2);

    private static final Logger LOG = Workflow.getLogger(MigrationExecution.class);

    private final RunRecord record = new RunRecord();
    private final RunControl control = record.control();
    private CheckedPlan plan;
    private Ledgers ledgers;
    private int rollbacks;

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
            PhaseWorkflow.Result result = denied.isPresent() ? denied.get() : run(phase);
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
                    record.phaseEnded(phase.name(), run(phase, () -> false).state());
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
                boolean undone = undo(record.ledgerOf(phase.name()), false);
                record.phaseEnded(phase.name(), undone ? PhaseState.UNDONE : PhaseState.FAILED);
                if (!undone && !control.stopWanted()) {
                    record.failed(failure);
                }
                yield undone;
            }
            case ROLLBACK, PAUSE -> {
                record.failed(failure);
                undo(select(RollbackScope.ALL), true);
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
        undo(withReliant(select(scope)), true);
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
            undo(selected, true);
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
        return run(phase, control::stopWanted);
    }

    /** @param enough whether it is to stop */
    private PhaseWorkflow.Result run(Phase phase, BooleanSupplier enough) {
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
        // What was meant for an earlier phase.
        control.orders().clear();
        scope.run();
        passOrders(result, child::order, enough);
        if (!result.isCompleted()) {
            // Temporal cannot cancel a child that it has not started yet: that one would go on for ever.
            Promise<?> started = Workflow.getWorkflowExecution(child);
            Workflow.await(() -> started.isCompleted() || result.isCompleted());
            scope.cancel("the run stops");
        }
        try {
            PhaseWorkflow.Result end = result.get();
            return end.state() == PhaseState.STOPPED && !control.stopWanted() ? cancelledAlone(phase) : end;
        } catch (ChildWorkflowFailure e) {
            if (Failures.cancelled(e)) {
                return control.stopWanted()
                        ? new PhaseWorkflow.Result(PhaseState.STOPPED, Optional.empty(), Optional.empty())
                        : cancelledAlone(phase);
            }
            // It may not have lived to tell of its last step.
            ledgers.readable(record.runId()).forEach(record::begunUntold);
            return new PhaseWorkflow.Result(PhaseState.FAILED, Optional.of(Failures.of(e)),
                    Optional.of(OnFailure.ROLLBACK));
        }
    }

    /** Passes on what people want of the child until it ends, or until nothing more is wanted of it. */
    private void passOrders(Promise<?> end, Consumer<Order> child, BooleanSupplier enough) {
        while (true) {
            Workflow.await(() -> end.isCompleted() || enough.getAsBoolean() || !control.orders().isEmpty());
            if (end.isCompleted() || enough.getAsBoolean()) {
                return;
            }
            try {
                child.accept(control.orders().remove());
            } catch (ApplicationFailure | SignalExternalWorkflowException e) {
                // It has ended meanwhile, and what it was to be told has no meaning any more. Temporal's SDK documents the
                // second, and throws the first.
                LOG.debug("an order came too late", e);
            }
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
                phase.onFailure().orElse(plan.plan().onFailure()), phaseAsks(phase), facts, resources, scope(needs),
                record.madeBy());
    }

    private ExpressionActivities.Scope scope(Collection<String> needs) {
        Map<String, JsonNode> outputs = new LinkedHashMap<>(record.outputs());
        outputs.keySet().retainAll(needs);
        return new ExpressionActivities.Scope(plan.parameters(), plan.values(), record.phaseStates(), outputs);
    }

    private PhaseWorkflow.Asks phaseAsks(Phase phase) {
        if (phase.finalizing()) {
            return PhaseWorkflow.Asks.ALWAYS;
        }
        if (record.acceptsLoss()) {
            return PhaseWorkflow.Asks.NEVER;
        }
        return record.wouldLose(record.ledger())
                ? PhaseWorkflow.Asks.BEFORE_A_ROLLBACK
                : PhaseWorkflow.Asks.PAST_THE_PIVOT;
    }

    /**
     * Undoes entries of the ledger; true if every undo went well.
     *
     * @param whole whether the run ends with it
     */
    private boolean undo(List<LedgerEntry> entries, boolean whole) {
        if (entries.isEmpty()) {
            return true;
        }
        record.takesBack(entries, whole);
        rollbacks++;
        RollbackWorkflow child = Workflow.newChildWorkflowStub(RollbackWorkflow.class,
                ChildWorkflowOptions.newBuilder()
                        .setWorkflowId(childId("rollback-" + rollbacks))
                        .setStaticSummary(plan.plan().name() + ": rollback")
                        .build());
        control.orders().clear();
        Promise<List<UndoReport>> result = Async.function(child::run,
                new RollbackWorkflow.Request(record.workflowId(), entries));
        passOrders(result, child::order, () -> false);
        try {
            result.get();
        } catch (ChildWorkflowFailure e) {
            // One that someone cancelled has done its work all the same, and told how each undo ended.
            if (!Failures.cancelled(e)) {
                record.rollbackLost(Failures.of(e));
            }
        }
        record.tookBack();
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
        String right = rightId();
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
