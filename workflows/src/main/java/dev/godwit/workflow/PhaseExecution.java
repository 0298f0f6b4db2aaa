package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.Expressions;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Step;
import dev.godwit.plan.StepFacts;
import dev.godwit.plan.StepGroup;
import dev.godwit.plan.Verdict;
import dev.godwit.run.Failure;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseState;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepState;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepIdentity;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.CompletablePromise;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs a phase. */
public final class PhaseExecution implements PhaseWorkflow {
    private final ExpressionActivities expressions = StepActivities.expressions();
    private final Map<String, JsonNode> outputs = new LinkedHashMap<>();
    private final Map<String, String> madeBy = new LinkedHashMap<>();
    /** What the run does not know yet. */
    private final List<MigrationWorkflow.StepChange> untold = new ArrayList<>();
    private List<StepRun> foreground = List.of();
    private Request request;
    private MigrationWorkflow run;
    private Optional<Result> failed = Optional.empty();

    @Override
    public Result run(Request phase) {
        request = phase;
        run = Workflow.newExternalWorkflowStub(MigrationWorkflow.class, phase.run());
        outputs.putAll(phase.scope().steps());
        madeBy.putAll(phase.madeBy());

        // Being told to stop must not stop the telling, so the work happens in a scope that outlives the cancellation.
        Promise<String> stop = CancellationScope.current().getCancellationRequest();
        CancellationScope work = Workflow.newDetachedCancellationScope(() -> runGroups(stop));
        work.run();
        return failed.orElseGet(() -> new Result(stop.isCompleted() ? PhaseState.STOPPED : PhaseState.COMPLETED,
                Optional.empty(), Optional.empty()));
    }

    private void runGroups(Promise<String> stop) {
        List<StepRun> background = new ArrayList<>();
        for (StepGroup group : request.phase().groups()) {
            List<StepRun> started = group.steps().stream().map(StepRun::new).toList();
            foreground = started.stream().filter(step -> !step.step.background()).toList();
            started.stream().filter(step -> step.step.background()).forEach(background::add);
            started.forEach(StepRun::start);
            Workflow.await(() -> stop.isCompleted() || failed.isPresent()
                    || foreground.stream().allMatch(StepRun::isDone));
            if (stop.isCompleted() || failed.isPresent()) {
                foreground.forEach(StepRun::end);
            }
            foreground.forEach(StepRun::await);
            if (stop.isCompleted() || failed.isPresent()) {
                break;
            }
        }
        background.forEach(StepRun::end);
        background.forEach(StepRun::await);
        tellTheRun();
    }

    /** One step, from its expressions to its gate. */
    private final class StepRun {
        private final Step step;
        private final StepFacts facts;
        private StepReport report;
        private Promise<Void> done;
        private Optional<CancellationScope> activity = Optional.empty();
        private boolean ending;

        private StepRun(Step step) {
            this.step = step;
            this.facts = request.facts().get(step.name());
            this.report = StepReport.pending(step.name(), step.uses(), step.covers(), request.round());
        }

        private void start() {
            done = Async.procedure(this::run);
        }

        private boolean isDone() {
            return done.isCompleted();
        }

        private void await() {
            done.get();
        }

        /** Tells the step's activity to come to an end; what the step then tells of itself is not cut short. */
        private void end() {
            ending = true;
            activity.ifPresent(scope -> scope.cancel("the phase ends"));
        }

        /** Runs an activity that {@link #end} can cancel. */
        private <T> T execute(String type, Class<T> answer, StepTask task) {
            CompletablePromise<T> result = Workflow.newPromise();
            CancellationScope scope = Workflow.newCancellationScope(() -> result
                    .completeFrom(StepActivities.run(step, facts.site()).executeAsync(type, answer, task)));
            activity = Optional.of(scope);
            if (ending) {
                scope.cancel("the phase ends");
            }
            scope.run();
            return result.get();
        }

        private void run() {
            try {
                Optional<String> unknown = unknownNeed();
                if (unknown.isPresent()) {
                    tell(report.previewed(new PreviewResult(Optional.empty(), List.of(), List.of(),
                            Optional.of("known after " + unknown.get()), 0)).ended(StepState.PREVIEWED, now()));
                    return;
                }
                ExpressionActivities.Resolved resolved = resolve();
                if (!resolved.wanted()) {
                    tell(report.ended(StepState.SKIPPED, now()));
                    return;
                }
                StepTask task = task(resolved.spec().orElseThrow());
                if (request.mode() == Mode.DRY_RUN) {
                    preview(task);
                } else {
                    act(task);
                }
            } catch (TemporalFailure e) {
                end(e);
            }
        }

        /** In a dry-run: an earlier step whose output this one reads and nobody can predict. */
        private Optional<String> unknownNeed() {
            return request.mode() == Mode.RUN
                    ? Optional.empty()
                    : facts.needs().stream().filter(need -> !outputs.containsKey(need)).findFirst();
        }

        private ExpressionActivities.Resolved resolve() {
            return facts.dynamic()
                    ? expressions.resolve(new ExpressionActivities.Unresolved(step.with(), step.when(), scope()))
                    : new ExpressionActivities.Resolved(true, Optional.of(step.with()));
        }

        private void act(StepTask task) {
            report = report.began(task.began());
            tell(report, Optional.of(new LedgerEntry(task, facts.kind(), facts.undoable(), facts.site(),
                    facts.starts().map(field -> task.spec().path(field).asText()),
                    facts.stops().map(field -> task.spec().path(field).asText()), facts.loses(),
                    step.heartbeat())));
            StepResult result = execute(step.uses(), StepResult.class, task);
            report = report.answered(result);
            outputs.put(step.name(), result.output());
            decide(result.output(), StepState.COMPLETED);
        }

        private void preview(StepTask task) {
            report = report.began(task.began());
            tell(report, Optional.empty());
            PreviewResult preview = execute(step.uses() + ".preview", PreviewResult.class, task);
            report = report.previewed(preview);
            preview.makes().forEach(location -> madeBy.put(location, step.name()));
            if (preview.output().isPresent()) {
                outputs.put(step.name(), preview.output().get());
                decide(preview.output().get(), StepState.PREVIEWED);
            } else {
                tell(report.ended(StepState.PREVIEWED, now()));
            }
        }

        private void decide(JsonNode output, StepState passed) {
            if (step.expect().isEmpty()) {
                tell(report.ended(passed, now()));
                return;
            }
            String expect = step.expect().get();
            Expressions.Decision decision = expressions.decide(expect, output, scope());
            report = report.decided(new StepReport.Gate(decision.verdict(), expect, decision.reason()));
            if (decision.verdict() == Verdict.PASSED) {
                tell(report.ended(passed, now()));
            } else {
                fail(new Failure("integrity/gate-" + (decision.verdict() == Verdict.FAILED ? "failed" : "inconclusive"),
                        step.name() + ": expected " + expect + decision.reason().map(why -> "; " + why).orElse("")));
            }
        }

        private void end(TemporalFailure failure) {
            if (Failures.cancelled(failure)) {
                tell(report.ended(StepState.STOPPED, now()));
            } else {
                fail(Failures.of(failure));
            }
        }

        /** A dry-run goes on after a failure: it is there to tell them all. */
        private void fail(Failure failure) {
            tell(report.failed(failure, now()));
            OnFailure policy = step.onFailure().orElse(request.onFailure());
            if (policy != OnFailure.CONTINUE && request.mode() == Mode.RUN && failed.isEmpty()) {
                failed = Optional
                        .of(new Result(PhaseState.FAILED, Optional.of(failure), Optional.of(policy)));
            }
        }

        private StepTask task(JsonNode spec) {
            Map<String, JsonNode> resources = new LinkedHashMap<>();
            facts.resources().forEach(name -> resources.put(name, request.resources().get(name)));
            return new StepTask(
                    new StepIdentity(request.runId(), request.plan(), request.target(), request.phase().name(),
                            step.name(), request.round()),
                    step.uses(), spec, resources, request.runStarted(), step.retry().attempts(), step.retry().delay(),
                    now(), Map.copyOf(madeBy));
        }

        private ExpressionActivities.Scope scope() {
            Map<String, JsonNode> needed = new LinkedHashMap<>();
            facts.needs().stream().filter(outputs::containsKey).forEach(name -> needed.put(name, outputs.get(name)));
            return new ExpressionActivities.Scope(request.scope().params(), request.scope().values(),
                    request.scope().phases(), needed);
        }

        private void tell(StepReport change) {
            tell(change, Optional.empty());
        }

        /** That a step ended travels with the beginning of the next, to keep history small, unless that may take long. */
        private void tell(StepReport change, Optional<LedgerEntry> entry) {
            report = change;
            untold.add(new MigrationWorkflow.StepChange(request.phase().name(), Workflow.getInfo().getWorkflowId(),
                    change, entry));
            boolean othersWork = foreground.stream().anyMatch(other -> other != this && !other.isDone());
            if (change.state() == StepState.RUNNING || change.state() == StepState.FAILED || othersWork) {
                tellTheRun();
            }
        }
    }

    private void tellTheRun() {
        if (!untold.isEmpty()) {
            List<MigrationWorkflow.StepChange> changes = List.copyOf(untold);
            untold.clear();
            run.stepsChanged(changes);
        }
    }

    private static Instant now() {
        return Instant.ofEpochMilli(Workflow.currentTimeMillis());
    }
}
