package dev.godwit.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Report;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.RunStatus.Waiting;
import dev.godwit.run.StepReport;
import dev.godwit.run.TaskQueues;
import dev.godwit.run.UndoReport;
import dev.godwit.run.Verb;
import dev.godwit.step.StepKind;
import io.temporal.api.common.v1.Payload;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.enums.v1.WorkflowTaskFailedCause;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.common.converter.RawValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * One random plan, to which random messages are sent at random moments. Then someone with sense ends it, and everything is
 * checked that must hold whatever anyone sends.
 */
final class RandomRun {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final List<String> UNKNOWN = List.of("puase", "throttle", "Pause", "");

    private final RandomWorld world;
    private final WorkflowClient client;
    private final SplittableRandom random;
    private final String target;
    private final RandomSteps steps;
    private final List<String> sent = new ArrayList<>();
    private final Map<String, RollbackScope> scopes = new TreeMap<>();
    private final long deadline = System.nanoTime() + PATIENCE_NANOS;
    private WorkflowStub run;

    RandomRun(long seed, RandomWorld world, WorkflowClient client) {
        this.world = world;
        this.client = client;
        random = new SplittableRandom(seed);
        target = "target-" + seed;
        steps = new RandomSteps(new RandomPlan(random, target));
    }

    /**
     * Runs it, to its end.
     *
     * @throws AssertionError with all that was done and sent, if something is not as it must be
     */
    void play() {
        world.add(steps);
        try {
            RunState end = play(likely(85) ? Mode.RUN : Mode.DRY_RUN, Optional.empty());
            if (end == RunState.COMPLETED && !steps.forgotten() && likely(40)) {
                takeBack();
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(e.getMessage() + "\n  sent: " + String.join("\n        ", sent) + "\n  steps: "
                    + String.join(", ", steps.log()) + "\n  status: " + lastStatus() + "\n  events: " + lastEvents()
                    + "\n  plan: " + steps.plan().plan(), e);
        }
    }

    private void takeBack() {
        String ended = run.getExecution().getRunId();
        sent.add("-- rollback of the ended run");
        play(Mode.ROLLBACK, Optional.of(new RunRequest.RollbackOf(ended, RollbackScope.ALL, false, "it is late")));
    }

    private RunState play(Mode mode, Optional<RunRequest.RollbackOf> of) {
        scopes.clear();
        String id = RunRequest.workflowId(RandomPlan.NAME, target) + (mode == Mode.DRY_RUN ? "/dry-run/1" : "");
        run = client.newUntypedWorkflowStub("Migration",
                WorkflowOptions.newBuilder().setTaskQueue(TaskQueues.GODWIT).setWorkflowId(id).build());
        run.start(new RunRequest(RandomPlan.NAME, Optional.empty(), Optional.empty(), Map.of(), Optional.of(target),
                mode, Optional.empty(), of));
        int messages = random.nextInt(13);
        for (int i = 0; i < messages; i++) {
            letSomethingHappen();
            send(status());
        }
        finish();
        Optional<Report> written = world.reportOf(run.getExecution().getRunId());
        if (written.isEmpty() && mode == Mode.ROLLBACK) {
            return RunState.FAILED; // It was refused: the run that it was to take back had begun to finalize.
        }
        Report report = written.orElseThrow();
        check(report);
        return report.state();
    }

    private void letSomethingHappen() {
        int before = steps.moments();
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(60));
        boolean any = likely(50);
        while (System.nanoTime() < until && (any || steps.moments() == before)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private void send(RunStatus status) {
        int kind = random.nextInt(100);
        if (kind < 4) {
            sent.add("cancel");
            run.cancel();
        } else if (kind < 8) {
            signal(UNKNOWN.get(random.nextInt(UNKNOWN.size() - 1)), payload(Verb.PAUSE, status));
        } else if (kind < 12) {
            signal(List.of("steps-changed", "phase-paused", "undo-began", "undo-ended").get(random.nextInt(4)),
                    nonsense());
        } else {
            boolean sensible = likely(60) && !status.next().isEmpty();
            Verb verb = sensible
                    ? verb(status.next().get(random.nextInt(status.next().size())))
                    : Verb.values()[random.nextInt(Verb.values().length)];
            Object[] payload = payload(verb, status);
            int times = likely(15) ? 2 : 1;
            for (int i = 0; i < times; i++) {
                if (likely(50)) {
                    signal(verb.word(), payload);
                } else {
                    update(verb, payload);
                }
            }
        }
    }

    private Object[] payload(Verb verb, RunStatus status) {
        int kind = random.nextInt(100);
        if (kind < 35) {
            return new Object[0];
        }
        if (kind < 50) {
            return nonsense();
        }
        Map<String, Object> message = new LinkedHashMap<>(Map.of("by", "ann"));
        switch (verb) {
            case APPROVE, REJECT, FINALIZE -> message.put("gate", oneOf(status, "p" + random.nextInt(1, 5)));
            case RETRY, SKIP -> message.put("step", oneOf(status, "p1_s" + random.nextInt(1, 4)));
            case ROLLBACK -> rollback(message);
            case PAUSE, RESUME -> message.put("reason", "lunch");
            case THROTTLE -> message.put("rate", random.nextInt(3) == 0 ? "none" : random.nextInt(-1, 5000));
        }
        return new Object[]{message};
    }

    private void rollback(Map<String, Object> message) {
        message.put("preview", likely(30));
        RollbackScope scope = switch (random.nextInt(4)) {
            case 0 -> new RollbackScope(Optional.of("p" + random.nextInt(1, 5)), List.of());
            case 1 -> new RollbackScope(Optional.empty(), List.of(StepKind.FILES));
            default -> RollbackScope.ALL;
        };
        message.put("scope", scope);
        String reason = "scope " + scopes.size();
        message.put("reason", reason);
        scopes.put(reason, scope);
    }

    private String oneOf(RunStatus status, String other) {
        return status.waiting().isEmpty() || likely(20)
                ? other
                : status.waiting().get(random.nextInt(status.waiting().size())).on();
    }

    private Object[] nonsense() {
        return switch (random.nextInt(8)) {
            case 0 -> new Object[]{17};
            case 1 -> new Object[]{"not an object", "twice"};
            case 2 -> new Object[]{new byte[]{0, -1, 7}};
            case 3 -> new Object[]{Map.of("whom", "me")};
            case 4 -> new Object[]{raw("{\"by\": ")};
            case 5 -> new Object[]{List.of(Map.of("step", "p1_s1"))};
            case 6 -> new Object[]{Map.of("reason", "x".repeat(50_000))};
            default -> new Object[]{raw("null")};
        };
    }

    private static RawValue raw(String text) {
        return new RawValue(Payload.newBuilder()
                .putMetadata("encoding", ByteString.copyFromUtf8("json/plain"))
                .setData(ByteString.copyFromUtf8(text))
                .build());
    }

    private void signal(String name, Object... payload) {
        sent.add("signal " + name + " " + shown(payload));
        mayGoOn(name);
        try {
            run.signal(name, payload);
        } catch (WorkflowNotFoundException e) {
            sent.add("  too late");
        }
    }

    /** Returns whether it was accepted. */
    private boolean update(Verb verb, Object... payload) {
        sent.add("update " + verb.word() + " " + shown(payload));
        mayGoOn(verb.word());
        try {
            dev.godwit.run.Answer answer = run.update(verb.word(), dev.godwit.run.Answer.class, payload);
            sent.add("  " + answer.text());
            return true;
        } catch (WorkflowUpdateException e) {
            sent.add("  refused: " + (e.getCause() == null ? e : e.getCause()).getMessage());
        } catch (WorkflowNotFoundException e) {
            sent.add("  too late");
        }
        return false;
    }

    private static String shown(Object[] payload) {
        String text = List.of(payload).toString();
        return text.length() > 200 ? text.substring(0, 200) : text;
    }

    /** From now on steps may begin again, whatever becomes of the message. */
    private void mayGoOn(String name) {
        if (name.equals(Verb.RESUME.word())) {
            steps.paused(false);
        }
    }

    /** Does what a person with sense does, until the run has ended. */
    private void finish() {
        sent.add("-- finish");
        while (true) {
            RunStatus status = status();
            if (status.state().ended()) {
                break;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the run hangs");
            }
            if (run.describe().getStatus() != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING
                    && !status().state().ended()) {
                throw new AssertionError("the workflow has ended, and the run says " + status.state().word());
            }
            if (status.state().waitsForAPerson()) {
                answer(status);
            } else {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(3));
            }
        }
        try {
            run.getResult(deadline - System.nanoTime(), TimeUnit.NANOSECONDS, RunOutcome.class);
        } catch (TimeoutException e) {
            throw new AssertionError("the run has ended, and its workflow has not", e);
        } catch (WorkflowException e) {
            // The report tells how it ended.
        }
    }

    private void answer(RunStatus status) {
        List<String> next = status.next();
        if (next.isEmpty()) {
            throw new AssertionError("nobody can do anything about a run that is " + status.state().word());
        }
        Verb verb = verb(next.get(random.nextInt(next.size())));
        if (verb == Verb.PAUSE) {
            return;
        }
        Map<String, Object> message = new LinkedHashMap<>(Map.of("by", "finisher"));
        for (Waiting wait : status.waiting()) {
            switch (wait.kind()) {
                case APPROVAL, FINALIZE -> message.put("gate", wait.on());
                case STEP, PHASE, UNDO -> message.put("step", wait.on());
                case CANCEL, TIME -> {
                    // Not to be named.
                }
            }
        }
        if (verb == Verb.THROTTLE) {
            message.put("rate", random.nextInt(5000));
            message.remove("step");
        }
        boolean accepted = update(verb, message);
        boolean onlyThis = status.waiting().size() <= 1;
        if (!accepted && onlyThis && !status().state().ended() && status().since().equals(status.since())) {
            throw new AssertionError("offered and refused: " + verb.word());
        }
    }

    private static Verb verb(String word) {
        return Verb.valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** Asks for the status, and whether it makes sense. */
    private RunStatus status() {
        RunStatus status = run.query("status", RunStatus.class);
        if (likely(10)) {
            run.query("report", Report.class);
            run.query("ledger", List.class);
        }
        Set<String> next = Set.copyOf(status.next());
        boolean sensible = switch (status.state()) {
            case RUNNING -> true;
            case PAUSING, PAUSED -> next.contains("resume") && !next.contains("pause");
            case WAITING_FOR_APPROVAL -> next.contains("approve") && next.contains("reject");
            case WAITING_TO_FINALIZE -> next.contains("finalize") && next.contains("reject");
            case WAITING_FOR_DECISION -> next.contains("skip") || next.contains("resume");
            case ROLLING_BACK -> !next.contains("pause");
            case COMPLETED, ROLLED_BACK, FAILED, CANCELLED, STUCK -> next.isEmpty();
        };
        if (!sensible) {
            throw new AssertionError("while " + status.state().word() + " nobody should be offered " + status.next());
        }
        if (status.state() == RunState.PAUSED) {
            steps.paused(true);
        }
        return status;
    }

    private Object lastStatus() {
        try {
            return run.query("status", RunStatus.class);
        } catch (RuntimeException e) {
            return e;
        }
    }

    private String lastEvents() {
        StringBuilder text = new StringBuilder();
        lastEvents(run.getExecution().getWorkflowId(), text);
        return text.toString();
    }

    private void lastEvents(String workflowId, StringBuilder text) {
        List<HistoryEvent> events = client.fetchHistory(workflowId).getEvents();
        text.append("\n    ").append(workflowId);
        for (HistoryEvent event : events.subList(Math.max(0, events.size() - 8), events.size())) {
            text.append("\n      ").append(TextFormat.printer().shortDebugString(event));
        }
        children(events).forEach(child -> lastEvents(child, text));
    }

    private void check(Report report) {
        List<String> wrong = new ArrayList<>(steps.wrong());
        wrong.addAll(failedTasks(run.getExecution().getWorkflowId()));
        wrong.addAll(unlawful(report.messages()));
        wrong.addAll(switch (report.state()) {
            case COMPLETED -> notCompleted(report);
            case ROLLED_BACK, CANCELLED -> notRolledBack(report);
            case FAILED -> notFailed(report);
            case STUCK -> notStuck(report);
            case RUNNING, PAUSING, PAUSED, WAITING_FOR_APPROVAL, WAITING_FOR_DECISION, WAITING_TO_FINALIZE,
                    ROLLING_BACK ->
                List.of("the run has ended " + report.state().word());
        });
        RunState state = run.query("status", RunStatus.class).state();
        if (state != report.state()) {
            wrong.add("the report says " + report.state() + ", and the status " + state);
        }
        if (!wrong.isEmpty()) {
            throw new AssertionError(String.join("; ", wrong) + "\n  messages: " + report.messages());
        }
    }

    /** That workflow code threw, in the history of the workflow or of one of its children. */
    private List<String> failedTasks(String workflowId) {
        List<String> failed = new ArrayList<>();
        List<HistoryEvent> events = client.fetchHistory(workflowId).getEvents();
        for (HistoryEvent event : events) {
            if (event.hasWorkflowTaskFailedEventAttributes() && event.getWorkflowTaskFailedEventAttributes()
                    .getCause() != WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND) {
                failed.add(workflowId + ": " + event.getWorkflowTaskFailedEventAttributes());
            }
        }
        children(events).forEach(child -> failed.addAll(failedTasks(child)));
        return failed;
    }

    private static List<String> children(List<HistoryEvent> events) {
        return events.stream()
                .filter(HistoryEvent::hasChildWorkflowExecutionStartedEventAttributes)
                .map(event -> event.getChildWorkflowExecutionStartedEventAttributes().getWorkflowExecution())
                .map(WorkflowExecution::getWorkflowId)
                .distinct()
                .toList();
    }

    /** Accepted messages that cannot follow each other. */
    private static List<String> unlawful(List<Report.MessageReport> messages) {
        List<String> wrong = new ArrayList<>();
        boolean paused = false;
        boolean held = false;
        boolean back = false;
        for (Report.MessageReport message : messages) {
            if (!message.outcome().startsWith("accepted: ")) {
                continue;
            }
            boolean preview = message.outcome().contains("would undo");
            boolean lawful = switch (message.verb()) {
                case "pause" -> !paused && !back;
                case "resume" -> (paused || held) && !back;
                case "rollback" -> !back;
                case "approve", "reject", "finalize" -> !back;
                default -> true;
            };
            if (!lawful) {
                wrong.add("should not have been accepted: " + message);
            }
            switch (message.verb()) {
                case "pause" -> paused = true;
                case "resume" -> {
                    paused = false;
                    held = false;
                }
                case "cancel" -> {
                    held = message.outcome().contains("waits");
                    paused |= held;
                    back |= !held;
                }
                case "rollback" -> back |= !preview;
                default -> {
                    // It changes nothing for the others.
                }
            }
        }
        return wrong;
    }

    private List<String> notCompleted(Report report) {
        return report.phases()
                .stream()
                .filter(phase -> phase.state() != PhaseState.UNDONE)
                .flatMap(phase -> phase.steps().stream())
                .filter(step -> step.undo().isPresent())
                .map(step -> "completed, and " + step.name() + " is undone")
                .toList();
    }

    private List<String> notRolledBack(Report report) {
        if (report.mode() == Mode.ROLLBACK && report.state() == RunState.CANCELLED) {
            return List.of(); // Before it took anything back.
        }
        RollbackScope scope = scope(report);
        List<String> names = report.phases().stream().map(PhaseReport::name).toList();
        List<String> kept = scope.to().map(to -> names.subList(0, names.indexOf(to) + 1)).orElse(List.of());
        List<String> wrong = new ArrayList<>();
        for (PhaseReport phase : report.phases()) {
            for (StepReport step : phase.steps()) {
                boolean meant = steps.plan().facts().get(step.name()).undoable()
                        && !kept.contains(phase.name())
                        && (scope.only().isEmpty()
                                || scope.only().contains(steps.plan().facts().get(step.name()).kind()));
                Optional<UndoReport.State> undo = step.undo().map(UndoReport::state);
                // The ended run may have undone it already, with its phase.
                boolean before = report.mode() == Mode.ROLLBACK && steps.wasUndone(step.name());
                if (meant && steps.wasBegun(step.name()) && !before && !undone(step.name(), undo)) {
                    wrong.add(report.state() + ", and " + step.name() + " is not undone");
                }
                if (!meant && undo.isPresent() && phase.state() != PhaseState.UNDONE) {
                    wrong.add(report.state() + ", and " + step.name() + " is undone, which nobody wanted");
                }
            }
        }
        return wrong;
    }

    private boolean undone(String step, Optional<UndoReport.State> state) {
        return state.filter(undo -> switch (undo) {
            case UNDONE -> steps.wasUndone(step);
            case LEFT_OUT -> !steps.wasUndone(step);
            case FAILED, ABANDONED -> false;
        }).isPresent();
    }

    /** What the rollback that was accepted was to undo. */
    private RollbackScope scope(Report report) {
        return report.messages()
                .stream()
                .filter(message -> message.verb().equals("rollback")
                        && message.outcome().startsWith("accepted: rolling back"))
                .map(message -> scopes.getOrDefault(message.reason(), RollbackScope.ALL))
                .findFirst()
                .orElse(RollbackScope.ALL);
    }

    private List<String> notFailed(Report report) {
        List<String> wrong = new ArrayList<>();
        report.phases()
                .stream()
                .flatMap(phase -> phase.steps().stream())
                .filter(step -> report.mode() == Mode.RUN && steps.wasBegun(step.name())
                        && steps.plan().facts().get(step.name()).undoable())
                .forEach(step -> wrong.add("failed, and nobody took care of " + step.name()));
        if (report.failure().isEmpty()) {
            wrong.add("failed, and nobody knows why");
        }
        return wrong;
    }

    private static List<String> notStuck(Report report) {
        return report.phases()
                .stream()
                .flatMap(phase -> phase.steps().stream())
                .anyMatch(step -> step.undo().filter(undo -> undo.state() == UndoReport.State.ABANDONED).isPresent())
                        ? List.of()
                        : List.of("stuck, and no undo was given up");
    }

    private boolean likely(int percent) {
        return random.nextInt(100) < percent;
    }
}
