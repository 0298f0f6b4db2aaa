package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.StepFacts;
import dev.godwit.plan.StepGroup;
import dev.godwit.run.Failure;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.PhaseState;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepState;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs a phase. */
public final class PhaseExecution implements PhaseWorkflow {
    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final Map<String, JsonNode> outputs = new LinkedHashMap<>();
    private final Map<String, String> madeBy = new LinkedHashMap<>();
    private final Map<String, StepExecution> begun = new LinkedHashMap<>();
    /** What the run does not know yet. */
    private final List<MigrationWorkflow.StepChange> untold = new ArrayList<>();
    private List<StepExecution> foreground = List.of();
    private Request request;
    private MigrationWorkflow run;
    private Promise<String> stop;
    private Optional<Result> failed = Optional.empty();
    private boolean pivotPassed;
    private boolean paused;
    private int pauses;
    private boolean news;
    private boolean telling;
    private boolean over;
    private boolean urgent;

    @Override
    public Result run(Request phase) {
        request = phase;
        run = Workflow.newExternalWorkflowStub(MigrationWorkflow.class, phase.run());
        outputs.putAll(phase.scope().steps());
        madeBy.putAll(phase.madeBy());
        stop = CancellationScope.current().getCancellationRequest();

        // Being told to stop must not stop the telling, so the work happens in a scope that outlives the cancellation.
        Workflow.newDetachedCancellationScope(() -> {
            Promise<Void> teller = Async.procedure(this::tellTheRun);
            Async.procedure(this::acknowledgePauses);
            runGroups();
            over = true;
            teller.get();
        }).run();
        return failed.orElseGet(() -> new Result(stop.isCompleted() ? PhaseState.STOPPED : PhaseState.COMPLETED,
                Optional.empty(), Optional.empty()));
    }

    @Override
    public void order(Order order) {
        if (order == null) {
            return; // From someone who does not know what this signal is for.
        }
        switch (order.verb()) {
            case PAUSE -> {
                paused = true;
                urgent = true;
                pauses = order.number();
                foreground.forEach(StepExecution::pause);
            }
            case RESUME -> paused = false;
            case RETRY, SKIP ->
                Optional.ofNullable(begun.get(order.step())).ifPresent(step -> step.decide(order.verb()));
            case ROLLBACK, APPROVE, REJECT, FINALIZE -> {
                // Only the run is told that.
            }
        }
    }

    private void runGroups() {
        List<StepExecution> background = new ArrayList<>();
        for (StepGroup group : request.phase().groups()) {
            List<StepExecution> started = group.steps()
                    .stream()
                    .map(step -> new StepExecution(this, step, request.facts().get(step.name())))
                    .toList();
            started.forEach(step -> begun.put(step.name(), step));
            foreground = started.stream().filter(step -> !step.inBackground()).toList();
            started.stream().filter(StepExecution::inBackground).forEach(background::add);
            started.forEach(StepExecution::start);
            awaitAll(foreground);
            if (mustEnd()) {
                break;
            }
        }
        background.forEach(StepExecution::timeIsOver);
        awaitAll(background);
    }

    private void awaitAll(List<StepExecution> steps) {
        Workflow.await(() -> mustEnd() || steps.stream().allMatch(StepExecution::isDone));
        if (mustEnd()) {
            steps.forEach(StepExecution::stop);
        }
        steps.forEach(StepExecution::await);
    }

    private boolean mustEnd() {
        return stop.isCompleted() || failed.isPresent();
    }

    /** The run is paused only when nothing works any more. */
    private void acknowledgePauses() {
        int acknowledged = 0;
        while (!over) {
            int last = acknowledged;
            Workflow.await(() -> over
                    || paused && pauses != last && untold.isEmpty() && !telling
                            && foreground.stream().noneMatch(StepExecution::works));
            if (!over) {
                acknowledged = pauses;
                run.phasePaused(acknowledged);
            }
        }
    }

    Request request() {
        return request;
    }

    boolean paused() {
        return paused;
    }

    /** What the phase's steps have answered so far, and earlier ones. */
    Map<String, JsonNode> outputs() {
        return outputs;
    }

    /** In a dry-run: by location, the earlier steps that would make or change it. */
    Map<String, String> madeBy() {
        return madeBy;
    }

    ExpressionActivities.Scope scope(StepFacts facts) {
        Map<String, JsonNode> needed = new LinkedHashMap<>();
        facts.needs().stream().filter(outputs::containsKey).forEach(name -> needed.put(name, outputs.get(name)));
        return new ExpressionActivities.Scope(request.scope().params(), request.scope().values(),
                request.scope().phases(), needed);
    }

    /** A step begins whose undo could lose something. */
    void passPivot() {
        pivotPassed = true;
    }

    /** Whether a person decides what follows from a failure with this policy. */
    boolean asks(OnFailure policy) {
        Asks asks = request.asks();
        return switch (policy) {
            case PAUSE -> true;
            case CONTINUE -> false;
            case ROLLBACK -> asks == Asks.ALWAYS || asks == Asks.BEFORE_A_ROLLBACK
                    || asks == Asks.PAST_THE_PIVOT && pivotPassed;
            case UNDO_PHASE -> asks == Asks.ALWAYS || asks != Asks.NEVER && pivotPassed;
        };
    }

    /** A step failed for good, and the phase with it. */
    void fail(Failure failure, OnFailure policy) {
        if (failed.isEmpty()) {
            failed = Optional.of(new Result(PhaseState.FAILED, Optional.of(failure), Optional.of(policy)));
        }
    }

    /** That a step ended travels with the beginning of the next, to keep history small, unless that may take long. */
    void tell(StepExecution teller, StepReport change, Optional<LedgerEntry> entry,
            Optional<StepResult.Wait> waits) {
        untold.add(new MigrationWorkflow.StepChange(request.phase().name(), Workflow.getInfo().getWorkflowId(), change,
                entry, waits));
        boolean othersWork = foreground.stream().anyMatch(other -> other != teller && !other.isDone());
        news |= isNews(change.state()) || othersWork || paused;
        urgent |= paused || wantsAPerson(change.state()) || entry.map(LedgerEntry::undoable).orElse(false);
    }

    private static boolean isNews(StepState state) {
        return switch (state) {
            case RUNNING, FAILED, PAUSED, WAITING, PARKED -> true;
            case PENDING, COMPLETED, SKIPPED, STOPPED, PREVIEWED -> false;
        };
    }

    private static boolean wantsAPerson(StepState state) {
        return state != StepState.RUNNING && isNews(state);
    }

    /**
     * Tells the run what is new, one signal at a time so that they arrive in their order. No step waits for that: its own
     * worker has it in the ledger of the evidence store before it acts, where the run looks if this workflow ends without
     * having told everything.
     */
    private void tellTheRun() {
        while (!over || !untold.isEmpty()) {
            Workflow.await(() -> news || over);
            // That a step only looks at something can wait a moment: so many short checks are few signals.
            if (!urgent && !over) {
                Workflow.await(MOMENT, () -> urgent || over);
            }
            if (!untold.isEmpty()) {
                List<MigrationWorkflow.StepChange> changes = List.copyOf(untold);
                untold.clear();
                news = false;
                urgent = false;
                telling = true;
                run.stepsChanged(changes);
                telling = false;
            }
        }
    }
}
