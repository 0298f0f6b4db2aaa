package dev.godwit.starter;

import dev.godwit.report.Words;
import dev.godwit.run.Failure;
import dev.godwit.run.Report;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.RunStatus.RunningStep;
import dev.godwit.run.RunStatus.Waiting;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import dev.godwit.starter.Temporal.NoAnswer;
import dev.godwit.starter.Temporal.Work;
import io.temporal.client.WorkflowFailedException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Watches a run until it ends, or until a person is needed, and tells what happens. It asks once a second; a worker that is away is waited for, and so,
 * for a while, is Temporal.
 */
final class Follower {
    private static final Duration FIRST_POLLS = Duration.ofMillis(500);
    private static final Duration POLLS = Duration.ofSeconds(1);
    private static final int QUICK_POLLS = 10;
    private static final Duration PROGRESS_EVERY = Duration.ofSeconds(2);
    private static final Duration STANDS_STILL = Duration.ofSeconds(30);
    private static final Duration PATIENCE_WITH_TEMPORAL = Duration.ofMinutes(1);
    /** A run may pass through such a state; only one that stays in it needs a person. */
    private static final Duration REALLY_WAITS = Duration.ofSeconds(2);

    private final Temporal temporal;
    private final String workflowId;
    private final Console console;
    private final Transcript transcript = new Transcript(ZoneId.systemDefault());
    private final Map<String, String> progress = new HashMap<>();
    private final Set<String> said = new HashSet<>();
    private final Set<String> reasons = new HashSet<>();
    private final Set<String> undone = new HashSet<>();
    private final Set<String> pausedSteps = new HashSet<>();
    private Optional<RunStatus> last = Optional.empty();
    private String away = "";
    private Instant lastNews = Instant.now();
    private Instant nextProgress = Instant.now();
    private Instant stands = Instant.now();

    Follower(Temporal temporal, String workflowId, Console console) {
        this.temporal = temporal;
        this.workflowId = workflowId;
        this.console = console;
    }

    /** Returns when the run has ended, or goes on only when a person says so. */
    Followed follow() {
        CompletableFuture<RunOutcome> result = temporal.run(workflowId).getResultAsync(RunOutcome.class);
        Instant lastHeard = Instant.now();
        for (int poll = 0;; poll++) {
            Optional<RunEnd> end = end(result, poll < QUICK_POLLS ? FIRST_POLLS : POLLS);
            if (end.isPresent()) {
                return tellTheRest(end.get());
            }
            try {
                RunStatus status = look();
                lastHeard = Instant.now();
                if (status.state().waitsForAPerson() && since(stands).compareTo(REALLY_WAITS) > 0) {
                    return new RunWaits(status);
                }
            } catch (NoAnswer e) {
                if (!e.temporalAway()) {
                    lastHeard = Instant.now();
                    awayOnce("no worker answers (" + e.getMessage()
                            + "); waiting for one, as 'godwit worker' and 'godwit dev' are");
                } else if (since(lastHeard).compareTo(PATIENCE_WITH_TEMPORAL) > 0) {
                    throw CommandFailure.unreachable("Temporal has not answered for " + Words.of(since(lastHeard))
                            + "; the run itself is not harmed, 'godwit watch " + Shell.quoted(workflowId)
                            + "' follows it again", e);
                } else {
                    awayOnce("Temporal does not answer; waiting");
                }
            }
        }
    }

    private Optional<RunEnd> end(CompletableFuture<RunOutcome> result, Duration wait) {
        try {
            return Optional.of(RunEnd.of(workflowId, result.get(wait.toMillis(), TimeUnit.MILLISECONDS)));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof WorkflowFailedException failed) {
                return Optional.of(RunEnd.of(failed));
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.refused(
                    "interrupted; the run goes on, 'godwit watch " + Shell.quoted(workflowId) + "' follows it");
        }
    }

    private RunStatus look() throws NoAnswer {
        RunStatus status = temporal.ask(workflowId, "status", RunStatus.class);
        if (!away.isEmpty()) {
            away = "";
            say("a worker answers again");
        }
        if (last.map(before -> !before.equals(status)).orElse(true)) {
            tell(temporal.ask(workflowId, "report", Report.class));
            tellStateOf(status);
            if (last.filter(before -> before.state() == status.state() && before.since().equals(status.since()))
                    .isEmpty()) {
                stands = Instant.now();
            }
            last = Optional.of(status);
        }
        if (!Instant.now().isBefore(nextProgress)) {
            nextProgress = Instant.now().plus(PROGRESS_EVERY);
            tellProgress(status);
        }
        if (since(lastNews).compareTo(STANDS_STILL) > 0 && !status.state().ended()) {
            say("nothing new for " + Words.of(since(lastNews)) + what(status) + next(status));
        }
        return status;
    }

    private void tellStateOf(RunStatus status) {
        RunState before = last.map(RunStatus::state).orElse(RunState.RUNNING);
        if (status.state() == RunState.ROLLING_BACK && before != RunState.ROLLING_BACK) {
            // A step that failed has told why already, and at length.
            say("rolling back" + status.failure()
                    .map(Failure::message)
                    .filter(why -> reasons.add(why))
                    .map(why -> ": " + why)
                    .orElse(""));
        }
        if (status.state() != before) {
            switch (status.state()) {
                case PAUSING, PAUSED -> say(status.state().word());
                case RUNNING -> say(before == RunState.PAUSED || before == RunState.PAUSING ? "resumed" : "goes on");
                case WAITING_FOR_APPROVAL, WAITING_FOR_DECISION, WAITING_TO_FINALIZE, ROLLING_BACK, COMPLETED,
                        ROLLED_BACK, FAILED, CANCELLED, STUCK -> {
                    // What is waited for is told below, the end by whoever follows.
                }
            }
        }
        for (Waiting wait : status.waiting()) {
            if (said.add("waits " + wait.kind() + wait.on() + wait.since())) {
                say("  " + Waits.what(wait) + wait.until().map(until -> ", until " + Words.of(until)).orElse(""));
            }
        }
        for (RunningStep step : status.running()) {
            if (step.undo() && !undone.contains(step.step()) && said.add("undo " + step.step() + step.since())) {
                say("  undo of " + step.step() + " begins");
            }
        }
    }

    private void tellProgress(RunStatus status) {
        for (String line : progressOf(temporal, status)) {
            String step = line.substring(0, line.indexOf(':'));
            if (!line.equals(progress.put(step, line))) {
                say("  " + line);
            }
        }
    }

    /**
     * A line for each step under way that tells its progress, or that is being tried again; between steps, for what the
     * run itself tries again, such as its report.
     */
    static List<String> progressOf(Temporal temporal, RunStatus status) {
        List<String> lines = new ArrayList<>();
        Map<String, List<Work>> work = new HashMap<>();
        for (RunningStep step : status.running()) {
            work.computeIfAbsent(step.workflowId(), temporal::workOf)
                    .stream()
                    .filter(candidate -> belongs(candidate, step))
                    .findFirst()
                    .ifPresent(found -> {
                        if (found.attempt() > 1) {
                            lines.add(step.step() + ": attempt " + found.attempt()
                                    + found.lastFailure().map(failure -> " after: " + failure).orElse(""));
                        }
                        // A heartbeat may only say that the step lives.
                        found.progress()
                                .filter(told -> told.done() > 0 || !told.slowedBy().isEmpty())
                                .ifPresent(
                                        told -> lines.add(step.step() + ": " + ProgressLine.of(told)));
                    });
        }
        if (status.running().isEmpty() && !status.state().ended()) {
            temporal.workOf(status.workflowId())
                    .forEach(own -> own.lastFailure()
                            .ifPresent(failure -> lines.add(own.type() + ": attempt " + own.attempt() + " after: "
                                    + failure)));
        }
        return lines;
    }

    private static boolean belongs(Work work, RunningStep step) {
        return work.progress()
                .map(told -> step.step().equals(told.step()))
                .orElseGet(() -> work.type().equals(step.undo() ? step.uses() + ".undo" : step.uses()));
    }

    /**
     * Once it has ended, the last lines; the run's end is told by Temporal, so a worker may be away. Temporal closes whatever
     * was asked to cancel as cancelled, also where a person then had it go on: the run itself knows better.
     */
    private RunEnd tellTheRest(RunEnd end) {
        try {
            Report report = temporal.ask(workflowId, "report", Report.class);
            tell(report);
            return end.state() == RunState.CANCELLED && report.state().ended()
                    ? RunEnd.of(workflowId,
                            new RunOutcome(report.state(), report.failure(), report.evidence(), Optional.empty()))
                    : end;
        } catch (NoAnswer e) {
            say("the run has ended; no worker answers with its last steps");
            return end;
        }
    }

    private void tell(Report report) {
        report.phases().stream().flatMap(phase -> phase.steps().stream()).forEach(step -> {
            step.failure().ifPresent(failure -> reasons.add(failure.message()));
            step.undo().ifPresent(undo -> undone.add(undo.step()));
        });
        transcript.news(report).forEach(line -> {
            console.say(line);
            lastNews = Instant.now();
        });
        report.phases().stream().flatMap(phase -> phase.steps().stream()).forEach(this::tellPauseOf);
    }

    /** A step that stands still has no time in the report, since it has not ended. */
    private void tellPauseOf(StepReport step) {
        boolean stands = step.state() == StepState.PAUSED;
        if (stands && pausedSteps.add(step.name())) {
            say("  " + step.name() + " paused");
        } else if (!stands && pausedSteps.remove(step.name()) && step.state() == StepState.RUNNING) {
            say("  " + step.name() + " goes on");
        }
    }

    private void say(String text) {
        console.say(transcript.line(Instant.now(), text));
        lastNews = Instant.now();
    }

    private void awayOnce(String text) {
        if (!away.equals(text)) {
            away = text;
            say(text);
        }
    }

    private static String what(RunStatus status) {
        return status.running().isEmpty()
                ? ""
                : "; under way: " + String.join(", ", status.running().stream().map(RunningStep::step).toList());
    }

    private static String next(RunStatus status) {
        List<String> commands = Waits.next(status);
        return commands.isEmpty() ? "" : "; you can: " + String.join(", ", commands);
    }

    private static Duration since(Instant instant) {
        return Duration.between(instant, Instant.now());
    }
}
