package dev.godwit.starter;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.plan.Fault;
import dev.godwit.plan.Verdict;
import dev.godwit.run.Failure;
import dev.godwit.run.Message;
import dev.godwit.run.PhaseReport;
import dev.godwit.run.PhaseState;
import dev.godwit.run.Progress;
import dev.godwit.run.Report;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunRequest;
import dev.godwit.run.RunState;
import dev.godwit.run.RunStatus;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepState;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import io.temporal.activity.ActivityOptions;
import io.temporal.failure.ApplicationFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.UpdateValidatorMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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

    /** With the update of the same name. */
    @WorkflowInterface
    interface Answering extends FakeMigration {
        @SignalMethod(name = "rollback")
        void rollback(Message message);

        @UpdateMethod(name = "rollback")
        String rollbackWithAnswer(Message message);

        @UpdateValidatorMethod(updateName = "rollback")
        void validateRollback(Message message);
    }

    /** An older build, that knows the signal only. */
    @WorkflowInterface
    interface SignalOnly extends FakeMigration {
        @SignalMethod(name = "rollback")
        void rollback(Message message);
    }

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

    /** What both have in common. */
    abstract class Run implements FakeMigration {
        private final Instant started = Instant.ofEpochMilli(Workflow.currentTimeMillis());
        private RunRequest request;
        private RunState state = RunState.RUNNING;
        private Optional<Message> rollback = Optional.empty();

        @Override
        public RunOutcome run(RunRequest asked) {
            request = asked;
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
                default -> {
                    Workflow.await(() -> rollback.isPresent());
                    yield end(RunState.ROLLED_BACK, rollback.map(
                            message -> new Failure("user/rollback-asked", message.by() + ": " + message.reason())));
                }
            };
            if (outcome.state() == RunState.FAILED) {
                Failure failure = outcome.failure().orElseThrow();
                throw ApplicationFailure.newNonRetryableFailure(failure.message(), failure.type(), outcome);
            }
            return outcome;
        }

        private RunOutcome end(RunState end, Optional<Failure> failure) {
            state = end;
            return new RunOutcome(end, failure, Optional.of("/srv/evidence/1"), Optional.empty());
        }

        public void rollback(Message message) {
            rollback = Optional.of(message);
        }

        public String rollbackWithAnswer(Message message) {
            rollback(message);
            return "rolling back, asked by " + message.by() + ", scope " + message.scope().orElseThrow();
        }

        public void validateRollback(Message message) {
            if (message.reason().equals("no")) {
                throw new IllegalArgumentException("past the pivot");
            }
        }

        @Override
        public RunStatus status() {
            return new RunStatus(id(), "r", request.plan(), "here", request.mode(), state, "copy",
                    state.ended()
                            ? List.of()
                            : List.of(new RunStatus.RunningStep("documents", "copy.documents", started, false, id())),
                    List.of(),
                    1, 2, started, started, Optional.empty(), List.of("rollback"));
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
                    request.startedBy().orElse(""), request.parameters(), started, ended, Optional.empty(),
                    List.of(new PhaseReport("copy", state.ended() ? PhaseState.COMPLETED : PhaseState.RUNNING,
                            Optional.of(Duration.ofMinutes(2)), Optional.of(started), ended, List.of(step))),
                    List.of(), List.of(), Optional.empty(), Optional.empty());
        }

        private static String id() {
            return Workflow.getInfo().getWorkflowId();
        }
    }

    /** A run of this build. */
    final class AnsweringRun extends Run implements Answering {}

    /** A run of an older build. */
    final class SignalOnlyRun extends Run implements SignalOnly {}
}
