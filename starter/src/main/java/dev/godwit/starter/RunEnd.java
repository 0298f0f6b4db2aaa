package dev.godwit.starter;

import dev.godwit.cli.ExitCode;
import dev.godwit.plan.Fault;
import dev.godwit.run.Failure;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunState;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.client.WorkflowFailedException;
import io.temporal.common.converter.DataConverterException;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TerminatedFailure;
import io.temporal.failure.TimeoutFailure;
import java.util.List;
import java.util.Optional;

/**
 * How a run ended, as Temporal tells it; no worker is needed to know.
 *
 * @param workflowId the run's workflow id
 * @param outcome state, why, and where the evidence is
 * @param faults of the plan, where that is why
 */
record RunEnd(String workflowId, RunOutcome outcome, List<Fault> faults) implements Followed {

    private static final String INVALID_PLAN = "user/invalid-plan";

    static RunEnd of(String workflowId, RunOutcome outcome) {
        return new RunEnd(workflowId, outcome, List.of());
    }

    static RunEnd of(WorkflowFailedException e) {
        WorkflowExecution execution = e.getExecution();
        String id = execution.getWorkflowId();
        Throwable cause = e.getCause();
        if (cause instanceof ApplicationFailure failure) {
            if (INVALID_PLAN.equals(failure.getType())) {
                return new RunEnd(id, failed(failure.getType(), failure.getOriginalMessage()), faults(failure));
            }
            return of(id, outcome(failure)
                    .orElseGet(() -> failed(failure.getType(), failure.getOriginalMessage())));
        }
        if (cause instanceof CanceledFailure) {
            return of(id, new RunOutcome(RunState.CANCELLED,
                    Optional.of(new Failure("user/cancelled", "the run was cancelled")), Optional.empty(),
                    Optional.empty()));
        }
        if (cause instanceof TerminatedFailure) {
            return of(id, failed("user/terminated",
                    "the run was terminated, so nothing that it did was taken back; 'godwit rollback "
                            + Shell.quoted(id) + "' does"));
        }
        if (cause instanceof TimeoutFailure) {
            return of(id, failed("user/timed-out",
                    "Temporal ended the run at its time limit, so nothing that it did was taken back; 'godwit rollback "
                            + Shell.quoted(id) + "' does"));
        }
        return of(id, failed("internal/unexpected", String.valueOf((cause == null ? e : cause).getMessage())));
    }

    RunState state() {
        return outcome.state();
    }

    @Override
    public int exitCode() {
        return faults.isEmpty() ? ExitCode.of(state()) : ExitCode.USAGE;
    }

    private static RunOutcome failed(String type, String message) {
        return new RunOutcome(RunState.FAILED, Optional.of(new Failure(type, message)), Optional.empty(),
                Optional.empty());
    }

    private static Optional<RunOutcome> outcome(ApplicationFailure failure) {
        try {
            return Optional.ofNullable(failure.getDetails().get(0, RunOutcome.class));
        } catch (DataConverterException e) {
            return Optional.empty();
        }
    }

    private static List<Fault> faults(ApplicationFailure failure) {
        try {
            Fault[] faults = failure.getDetails().get(0, Fault[].class);
            return faults == null ? List.of() : List.of(faults);
        } catch (DataConverterException e) {
            return List.of();
        }
    }
}
