package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.Expressions;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Step;
import dev.godwit.plan.StepFacts;
import dev.godwit.plan.Verdict;
import dev.godwit.run.Failure;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Mode;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepState;
import dev.godwit.run.StepTask;
import dev.godwit.run.Verb;
import dev.godwit.step.StepIdentity;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.CompletablePromise;
import io.temporal.workflow.Promise;
import io.temporal.workflow.TimerOptions;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One step of a phase, from its expressions to its gate, through pauses, waits and further tries. */
final class StepExecution {
    private static final String FAILED = "integrity/gate-failed";
    private static final String INCONCLUSIVE = "integrity/gate-inconclusive";

    private final ExpressionActivities expressions = StepActivities.expressions();
    private final PhaseExecution phase;
    private final Step step;
    private final StepFacts facts;
    private StepReport report;
    private Promise<Void> done;
    private Optional<CancellationScope> activity = Optional.empty();
    private Optional<Verb> decision = Optional.empty();
    private String waitsFor = "";
    private boolean interrupted;
    private boolean timeOver;
    private boolean stopped;

    StepExecution(PhaseExecution phase, Step step, StepFacts facts) {
        this.phase = phase;
        this.step = step;
        this.facts = facts;
        this.report = StepReport.pending(step.name(), step.uses(), step.covers(), phase.request().round());
    }

    String name() {
        return step.name();
    }

    boolean inBackground() {
        return step.background();
    }

    void start() {
        done = Async.procedure(this::run);
    }

    boolean isDone() {
        return done.isCompleted();
    }

    /** Whether its activity is under way. */
    boolean works() {
        return activity.isPresent();
    }

    void await() {
        done.get();
    }

    /** The run pauses: what the step has done stays, and it goes on from there. A dry-run's previews just end. */
    void pause() {
        if (phase.request().mode() == Mode.RUN) {
            interrupted = true;
            activity.ifPresent(scope -> scope.cancel("the run pauses"));
        }
    }

    /** What the step ran beside is done. It answers with what it has; what it then tells is not cut short. */
    void timeIsOver() {
        timeOver = true;
        activity.ifPresent(scope -> scope.cancel("the phase ends"));
    }

    /** The phase stops: nothing more is wanted of the step. */
    void stop() {
        stopped = true;
        timeIsOver();
    }

    /** Someone decided what is to become of it. */
    void decide(Verb verb) {
        decision = Optional.of(verb);
    }

    private void run() {
        try {
            Optional<String> unknown = unknownNeed();
            if (unknown.isPresent()) {
                tell(report.previewed(new PreviewResult(Optional.empty(), List.of(), List.of(),
                        Optional.of("known after " + unknown.get()), 0)).ended(StepState.PREVIEWED, now()));
                return;
            }
            if (!awaitGo()) {
                unseen().ifPresent(this::fail);
                return;
            }
            ExpressionActivities.Resolved resolved = resolve();
            if (!resolved.wanted()) {
                tell(report.ended(StepState.SKIPPED, now()));
            } else if (awaitGo()) {
                StepTask task = task(resolved.spec().orElseThrow());
                switch (phase.request().mode()) {
                    case RUN -> act(task);
                    case DRY_RUN -> preview(task);
                    case ROLLBACK -> throw new IllegalStateException("a rollback has no phases");
                }
            }
        } catch (TemporalFailure e) {
            fail(Failures.of(e));
        }
    }

    /** In a dry-run: an earlier step whose output this one reads and nobody can predict. */
    private Optional<String> unknownNeed() {
        return phase.request().mode() == Mode.RUN
                ? Optional.empty()
                : facts.needs().stream().filter(need -> !phase.outputs().containsKey(need)).findFirst();
    }

    private ExpressionActivities.Resolved resolve() {
        return facts.dynamic()
                ? expressions
                        .resolve(new ExpressionActivities.Unresolved(step.with(), step.when(), phase.scope(facts)))
                : new ExpressionActivities.Resolved(true, Optional.of(step.with()));
    }

    /** Lets a pause pass; false if meanwhile the step is no longer wanted. */
    private boolean awaitGo() {
        Workflow.await(() -> !phase.paused() || timeOver);
        return !timeOver;
    }

    /** Does the work, as often as people want it tried. */
    private void act(StepTask first) {
        StepTask task = first;
        report = report.began(task.began());
        if (facts.loses().isPresent()) {
            phase.passPivot();
        }
        while (true) {
            tell(report, Optional.of(LedgerEntry.of(task, step, facts)), Optional.empty());
            Optional<Failure> failure = attempt(task);
            if (failure.isEmpty()) {
                return;
            }
            if (!asks(failure.get())) {
                fail(failure.get());
                return;
            }
            if (park(failure.get()) != Verb.RETRY || !awaitGo()) {
                tell(report.failed(failure.get(), now()));
                return;
            }
            // Failures that were counted before must not be held against the new try.
            task = task.withAttempts(task.attempts() + step.retry().attempts());
            report = report.goesOn();
        }
    }

    /** Tries to do the work; answers why it failed, if it did. */
    private Optional<Failure> attempt(StepTask task) {
        try {
            StepResult result = work(task);
            report = report.answered(result);
            phase.outputs().put(step.name(), result.output());
            return decide(result.output(), result.gate(), StepState.COMPLETED);
        } catch (TemporalFailure e) {
            if (!Failures.cancelled(e)) {
                return Optional.of(Failures.of(e));
            }
            if (unseen().isEmpty()) {
                tell(report.ended(StepState.STOPPED, now()));
            }
            return unseen();
        }
    }

    /** A probe that never answered, for lack of a worker, must not pass for one that saw nothing bad. */
    private Optional<Failure> unseen() {
        return step.background() && !stopped && step.expect().isPresent()
                ? Optional.of(new Failure(INCONCLUSIVE, step.name()
                        + ": its time was over before it could answer, so nobody knows whether "
                        + step.expect().get()))
                : Optional.empty();
    }

    /** Runs the activity, again after each pause and each time that the step lets pass. */
    private StepResult work(StepTask task) {
        while (true) {
            letPausePass();
            interrupted = false;
            try {
                StepResult result = execute(step.uses(), StepResult.class, task);
                if (result.waits().isEmpty()) {
                    return result;
                }
                letPass(result.waits().get());
            } catch (TemporalFailure e) {
                if (!Failures.cancelled(e) || !interrupted || timeOver) {
                    throw e;
                }
                tell(report.in(StepState.PAUSED));
            }
        }
    }

    /** Returns when the step may work; telling takes a moment, in which the next pause may come. */
    private void letPausePass() {
        while (phase.paused() || report.state() == StepState.PAUSED) {
            if (report.state() == StepState.RUNNING) {
                tell(report.in(StepState.PAUSED));
            }
            if (!awaitGo()) {
                throw new CanceledFailure("the phase ends");
            }
            // Not after a wait: telling of every look at the clock would fill the history of a long soak.
            if (report.state() == StepState.PAUSED) {
                tell(report.goesOn());
            }
        }
    }

    /** Runs an activity that {@link #timeIsOver} and {@link #pause} can cancel. */
    private <T> T execute(String type, Class<T> answer, StepTask task) {
        CompletablePromise<T> result = Workflow.newPromise();
        CancellationScope scope = Workflow.newCancellationScope(() -> result
                .completeFrom(StepActivities.run(step, facts.site()).executeAsync(type, answer, task)));
        activity = Optional.of(scope);
        if (timeOver) {
            scope.cancel("the phase ends");
        }
        try {
            scope.run();
            return result.get();
        } finally {
            activity = Optional.empty();
        }
    }

    private void letPass(StepResult.Wait wait) {
        if (!wait.why().equals(waitsFor)) {
            waitsFor = wait.why();
            tell(report.in(StepState.WAITING), Optional.empty(), Optional.of(wait));
        }
        Promise<Void> timer = Workflow.newTimer(wait.time(),
                TimerOptions.newBuilder().setSummary(step.name() + ": " + wait.why()).build());
        Workflow.await(() -> timer.isCompleted() || timeOver);
    }

    /** Waits for a person; answers skip also where the phase stops meanwhile. */
    private Verb park(Failure failure) {
        decision = Optional.empty();
        tell(report.failed(failure, now()).in(StepState.PARKED));
        Workflow.await(() -> decision.isPresent() || stopped);
        return stopped ? Verb.SKIP : decision.orElseThrow();
    }

    private void preview(StepTask task) {
        tell(report.began(task.began()));
        try {
            PreviewResult preview = execute(step.uses() + ".preview", PreviewResult.class, task);
            report = report.previewed(preview);
            preview.makes().forEach(location -> phase.madeBy().put(location, step.name()));
            if (preview.output().isPresent()) {
                phase.outputs().put(step.name(), preview.output().get());
                decide(preview.output().get(), Optional.empty(), StepState.PREVIEWED).ifPresent(this::fail);
            } else {
                tell(report.ended(StepState.PREVIEWED, now()));
            }
        } catch (TemporalFailure e) {
            if (Failures.cancelled(e)) {
                tell(report.ended(StepState.STOPPED, now()));
            } else {
                fail(Failures.of(e));
            }
        }
    }

    /** Lets the step's own gate decide, then its {@code expect}; answers why the step failed, if it did. */
    private Optional<Failure> decide(JsonNode output, Optional<StepReport.Gate> own, StepState passed) {
        Optional<StepReport.Gate> gate = own.filter(decided -> decided.verdict() != Verdict.PASSED)
                .or(() -> step.expect().map(expect -> expected(expect, output)))
                .or(() -> own);
        if (gate.isPresent()) {
            report = report.decided(gate.get());
            if (gate.get().verdict() != Verdict.PASSED) {
                return Optional.of(new Failure(gate.get().verdict() == Verdict.FAILED ? FAILED : INCONCLUSIVE,
                        step.name() + ": expected " + gate.get().expect()
                                + gate.get().reason().map(why -> "; " + why).orElse("")));
            }
        }
        tell(report.ended(passed, now()));
        return Optional.empty();
    }

    private StepReport.Gate expected(String expect, JsonNode output) {
        Expressions.Decision decided = expressions.decide(expect, output, phase.scope(facts));
        return new StepReport.Gate(decided.verdict(), expect, decided.reason());
    }

    /** Whether a person decides what follows. What nobody knows is no reason to take a migration back by itself. */
    private boolean asks(Failure failure) {
        return phase.asks(policy()) || failure.type().equals(INCONCLUSIVE) && policy() != OnFailure.CONTINUE
                && Workflow.getVersion("inconclusive-asks", Workflow.DEFAULT_VERSION, 1) > 0;
    }

    /** A dry-run goes on after a failure: it is there to tell them all. */
    private void fail(Failure failure) {
        tell(report.failed(failure, now()));
        if (phase.request().mode() == Mode.RUN && policy() != OnFailure.CONTINUE) {
            phase.fail(failure, policy());
        }
    }

    private OnFailure policy() {
        return step.onFailure().orElse(phase.request().onFailure());
    }

    private StepTask task(JsonNode spec) {
        PhaseWorkflow.Request request = phase.request();
        Map<String, JsonNode> resources = new LinkedHashMap<>();
        facts.resources().forEach(name -> resources.put(name, request.resources().get(name)));
        return new StepTask(
                new StepIdentity(request.runId(), request.plan(), request.target(), request.phase().name(),
                        step.name(), request.round()),
                step.uses(), spec, resources, request.runStarted(), step.retry().attempts(), step.retry().delay(),
                now(), Map.copyOf(phase.madeBy()));
    }

    private void tell(StepReport change) {
        tell(change, Optional.empty(), Optional.empty());
    }

    private void tell(StepReport change, Optional<LedgerEntry> entry, Optional<StepResult.Wait> waits) {
        report = change;
        phase.tell(this, change, entry, waits);
    }

    private static Instant now() {
        return Instant.ofEpochMilli(Workflow.currentTimeMillis());
    }
}
