package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Phase;
import dev.godwit.plan.Step;
import dev.godwit.plan.StepFacts;
import dev.godwit.run.Failure;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.PhaseState;
import dev.godwit.run.RunRequest;
import dev.godwit.run.UndoReport;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.ChildWorkflowFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.ChildWorkflowCancellationType;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.CompletablePromise;
import io.temporal.workflow.Promise;
import io.temporal.workflow.SignalExternalWorkflowException;
import io.temporal.workflow.Workflow;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;

/** The workflows of a run's phases and rollbacks: what they are given, what they are told, and how they end. */
final class ChildWorkflows {
    private static final Logger LOG = Workflow.getLogger(ChildWorkflows.class);

    private final CheckedPlan plan;
    private final RunRecord record;
    private final RunControl control;
    private final Ledgers ledgers;
    private int rollbacks;

    ChildWorkflows(CheckedPlan plan, RunRecord record, Ledgers ledgers) {
        this.plan = plan;
        this.record = record;
        this.control = record.control();
        this.ledgers = ledgers;
    }

    /**
     * Runs a phase to its end.
     *
     * @param enough whether it is to stop before
     */
    PhaseWorkflow.Result run(Phase phase, BooleanSupplier enough) {
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

    /** What expressions that need these outputs see. */
    ExpressionActivities.Scope scope(Collection<String> needs) {
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
    boolean undo(List<LedgerEntry> entries, boolean whole) {
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

    /** The workflow id of a run that may touch the target. */
    String rightId() {
        return RunRequest.workflowId(plan.plan().name(), plan.target());
    }
}
