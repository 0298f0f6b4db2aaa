package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.plan.Fault;
import dev.godwit.plan.Verdict;
import dev.godwit.run.Answer;
import dev.godwit.run.Failure;
import dev.godwit.run.Message;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Progress;
import dev.godwit.run.Report;
import dev.godwit.run.RollbackPreview;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus.Waiting.Kind;
import dev.godwit.run.RunStatus;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import dev.godwit.run.Verb;
import dev.godwit.step.StepKind;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.converter.EncodedValues;
import io.temporal.failure.ApplicationFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.DynamicSignalHandler;
import io.temporal.workflow.DynamicUpdateHandler;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** A run that does no work and ends as its plan's name says; the ones that wait end when they are rolled back. */
@WorkflowInterface
public interface FakeMigration {
    @WorkflowMethod(name = "Migration")
    RunOutcome run(RunRequest request);

    @QueryMethod(name = "status")
    RunStatus status();

    @QueryMethod(name = "report")
    Report report();

    @QueryMethod(name = "ledger")
    List<Map<String, Boolean>> ledger();

    /** The work of the plan {@code works}. */
    @ActivityInterface
    interface Copy {
        @ActivityMethod(name = "copy.documents")
        void copy();
    }

    /** Tells its progress and works until the latch is open. */
    record Copying(CountDownLatch enough) implements Copy {
        @Override
        public void copy() {
            Activity.getExecutionContext().heartbeat(new Progress("documents", 300, 1200, "documents", 100));
            try {
                enough.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What all builds have in common. Each verb does at once what it says, as far as the state lets it. */
    abstract class Run implements FakeMigration {
        private final Instant started = Instant.ofEpochMilli(Workflow.currentTimeMillis());
        private RunRequest request;
        private RunState state = RunState.RUNNING;
        private Optional<RunStatus.Waiting> waiting = Optional.empty();
        private Optional<Message> rollback = Optional.empty();
        private Optional<Failure> why = Optional.empty();
        private boolean goesOn;

        Run() {
            Workflow.registerListener(
                    (DynamicSignalHandler) (verb, message) -> told(verb, message.get(0, Message.class)));
        }

        @Override
        public RunOutcome run(RunRequest asked) {
            request = asked;
            if (asked.mode() == Mode.ROLLBACK) {
                return takeBack(asked.rollback().orElseThrow());
            }
            RunOutcome outcome = switch (asked.plan()) {
                case "completes" -> end(RunState.COMPLETED, Optional.empty());
                case "rolls-back" -> end(RunState.ROLLED_BACK,
                        Optional.of(new Failure("integrity/gate-failed", "3 documents are missing")));
                case "fails" -> end(RunState.FAILED, Optional.of(new Failure("external/http", "V2 is silent")));
                case "invalid" -> throw ApplicationFailure.newNonRetryableFailure("2 faults", "user/invalid-plan",
                        List.of(new Fault("plan.yaml", 3, 5,
                                "'backup.fils' is no step type; did you mean backup.files?"),
                                new Fault("plan.yaml", 9, 1, "a phase needs steps")));
                case "works" -> {
                    Async.procedure(Workflow.newActivityStub(Copy.class, ActivityOptions.newBuilder()
                            .setStartToCloseTimeout(Duration.ofMinutes(1))
                            .build())::copy).get();
                    yield end(RunState.COMPLETED, Optional.empty());
                }
                case "hesitates" -> {
                    waitFor(RunState.WAITING_FOR_APPROVAL, Kind.APPROVAL, "cutover", "for a moment");
                    Workflow.sleep(Duration.ofMillis(700));
                    yield end(RunState.COMPLETED, Optional.empty());
                }
                case "gated" -> {
                    waitFor(RunState.WAITING_FOR_APPROVAL, Kind.APPROVAL, "cutover", "V1 stops taking traffic");
                    yield whenTold();
                }
                case "parks" -> {
                    waitFor(RunState.WAITING_FOR_DECISION, Kind.STEP, "sessions", "disk full");
                    yield whenTold();
                }
                default -> whenTold();
            };
            if (outcome.state() == RunState.FAILED) {
                Failure failure = outcome.failure().orElseThrow();
                throw ApplicationFailure.newNonRetryableFailure(failure.message(), failure.type(), outcome);
            }
            return outcome;
        }

        private void waitFor(RunState wait, Kind kind, String on, String why) {
            state = wait;
            waiting = Optional.of(new RunStatus.Waiting(kind, on, why, started,
                    Optional.of(started.plus(Duration.ofDays(1)))));
        }

        private RunOutcome whenTold() {
            Workflow.await(() -> rollback.isPresent() || goesOn);
            return rollback.map(message -> end(RunState.ROLLED_BACK,
                    Optional.of(new Failure("user/rollback-asked", message.by() + ": " + message.reason()))))
                    .orElseGet(() -> end(RunState.COMPLETED, Optional.empty()));
        }

        private RunOutcome takeBack(RunRequest.RollbackOf of) {
            if (of.preview()) {
                state = RunState.COMPLETED;
                return new RunOutcome(state, Optional.empty(), Optional.empty(), Optional.of(preview(of.scope())));
            }
            return end(RunState.ROLLED_BACK, Optional.of(new Failure("user/rollback-asked",
                    "took back " + of.run() + ", " + of.scope() + ", " + of.reason() + ", of "
                            + request.target().orElseThrow())));
        }

        private static RollbackPreview preview(RollbackScope scope) {
            return new RollbackPreview(List.of(
                    new RollbackPreview.Undo("start_v2", "dual", "process.start", StepKind.DEPLOYMENT, true,
                            Optional.empty()),
                    new RollbackPreview.Undo("sessions", "copy", "copy.documents", StepKind.FILES, false,
                            Optional.of("what others wrote to v2 since"))),
                    List.of("backup " + scope.to().orElse("")));
        }

        /** Why a verb makes no sense now. */
        final Optional<String> refusal(Message message) {
            return message.reason().equals("no") ? Optional.of("past the pivot") : Optional.empty();
        }

        final Answer told(String verb, Message message) {
            if (message.preview()) {
                return new Answer("would undo 2 steps", message.scope().map(Run::preview));
            }
            switch (Verb.valueOf(verb.toUpperCase(Locale.ROOT))) {
                case PAUSE -> state = RunState.PAUSED;
                case RESUME -> state = RunState.RUNNING;
                case ROLLBACK, REJECT -> rollback = Optional.of(message);
                case APPROVE, RETRY, SKIP, FINALIZE -> goesOn = true;
                case THROTTLE -> {
                    // It does nothing that could be slower.
                }
            }
            return new Answer(verb + ", asked by " + message.by()
                    + message.scope().map(scope -> ", scope " + scope).orElse("")
                    + message.gate().map(gate -> ", gate " + gate).orElse("")
                    + message.step().map(step -> ", step " + step).orElse("")
                    + message.rate().map(rate -> ", rate " + rate).orElse(""),
                    verb.equals("rollback") ? Optional.of(preview(message.scope().orElseThrow())) : Optional.empty());
        }

        private RunOutcome end(RunState end, Optional<Failure> failure) {
            state = end;
            why = failure;
            return new RunOutcome(end, failure, Optional.of("/srv/evidence/1"), Optional.empty());
        }

        @Override
        public RunStatus status() {
            return new RunStatus(id(), "r", request.plan(), "here", request.mode(), state, "copy",
                    state.ended()
                            ? List.of()
                            : List.of(new RunStatus.RunningStep("documents", "copy.documents", started, false, id())),
                    state.ended() ? List.of() : waiting.stream().toList(), 1, 2, started, started, Optional.empty(),
                    state.ended() ? List.of() : next());
        }

        @Override
        public Report report() {
            Optional<Instant> ended = state.ended() ? Optional.of(started.plusSeconds(2)) : Optional.empty();
            StepReport step = new StepReport("documents", "copy.documents", List.of("A4"), 1,
                    state.ended() ? StepState.COMPLETED : StepState.RUNNING, Optional.of(started), ended, 1, 10,
                    Optional.of(JsonNodeFactory.instance.objectNode().put("documents", 1200)),
                    Optional.of(new StepReport.Gate(Verdict.PASSED, ".output.documents > 0", Optional.empty())),
                    Optional.empty(), Optional.empty(), Optional.empty(), List.of());
            return new Report(id(), "r", request.plan(), "", "00", "here", request.mode(), state,
                    request.startedBy().orElse(""), request.parameters(), started, ended, why,
                    List.of(new PhaseReport("copy", state.ended() ? PhaseState.COMPLETED : PhaseState.RUNNING,
                            Optional.of(Duration.ofMinutes(2)), Optional.of(started), ended, List.of(step))),
                    List.of(), List.of(), Optional.empty(), Optional.empty());
        }

        @Override
        public List<Map<String, Boolean>> ledger() {
            boolean all = request.rollback().map(of -> of.scope().equals(RollbackScope.ALL)).orElse(true);
            return List.of(Map.of("undoable", state != RunState.ROLLED_BACK || !all), Map.of("undoable", false));
        }

        private List<String> next() {
            return switch (state) {
                case PAUSED -> List.of("rollback", "resume");
                case WAITING_FOR_APPROVAL -> List.of("pause", "rollback", "approve", "reject");
                case WAITING_FOR_DECISION -> List.of("retry", "skip", "rollback");
                case RUNNING, PAUSING, WAITING_TO_FINALIZE, ROLLING_BACK, COMPLETED, ROLLED_BACK, FAILED, CANCELLED,
                        STUCK ->
                    List.of("pause", "rollback");
            };
        }

        private static String id() {
            return Workflow.getInfo().getWorkflowId();
        }
    }

    /** A run of this build. */
    final class AnsweringRun extends Run {
        public AnsweringRun() {
            Workflow.registerListener(new DynamicUpdateHandler() {
                @Override
                public void handleValidate(String verb, EncodedValues message) {
                    refusal(message.get(0, Message.class)).ifPresent(why -> {
                        throw new IllegalArgumentException(why);
                    });
                }

                @Override
                public Object handleExecute(String verb, EncodedValues message) {
                    return told(verb, message.get(0, Message.class));
                }
            });
        }
    }

    /** A run of an older build, which answers with a text. */
    final class TextAnsweringRun extends Run {
        public TextAnsweringRun() {
            Workflow.registerListener(
                    (DynamicUpdateHandler) (verb, message) -> told(verb, message.get(0, Message.class)).text());
        }
    }

    /** A run of a still older build, that knows signals only. */
    final class SignalOnlyRun extends Run {}
}
