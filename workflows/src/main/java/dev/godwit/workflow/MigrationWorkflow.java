package dev.godwit.workflow;

import static java.util.Objects.requireNonNull;

import dev.godwit.plan.CheckedPlan;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Report;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunStatus;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepResult;
import dev.godwit.run.UndoReport;
import io.temporal.common.converter.RawValue;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.util.List;
import java.util.Optional;

/**
 * A run: the phases of a plan in order, on-call's messages, rollback, report.
 *
 * <p>The request is taken raw, so that one that cannot be decoded is answered for. What people can tell it is in
 * {@link OnCall}.
 */
@WorkflowInterface
public interface MigrationWorkflow extends OnCall {
    /** Gets a {@link dev.godwit.run.RunRequest}. */
    @WorkflowMethod(name = "Migration")
    RunOutcome run(RawValue request);

    /** Where the run stands, and what can be done next. */
    @QueryMethod(name = "status")
    RunStatus status();

    /** The checked plan; absent until it is checked. */
    @QueryMethod(name = "plan")
    Optional<CheckedPlan> plan();

    /** The steps begun and not undone, in the order in which they began. */
    @QueryMethod(name = "ledger")
    List<LedgerEntry> ledger();

    /** All that is known of the run. */
    @QueryMethod(name = "report")
    Report report();

    /** A phase of this run tells which of its steps began or ended, in that order. */
    @SignalMethod(name = "steps-changed")
    void stepsChanged(List<StepChange> changes);

    /** A phase of this run tells that it has come to rest after this pause. */
    @SignalMethod(name = "phase-paused")
    void phasePaused(int pause);

    /** A rollback of this run tells that an undo began. */
    @SignalMethod(name = "undo-began")
    void undoBegan(UndoStart start);

    /** A rollback of this run tells how an undo ended. */
    @SignalMethod(name = "undo-ended")
    void undoEnded(UndoReport undo);

    /**
     * An undo that began.
     *
     * @param step the step
     * @param workflowId the workflow whose activity it is
     */
    record UndoStart(String step, String workflowId) {
        public UndoStart {
            requireNonNull(step, "step");
            requireNonNull(workflowId, "workflow_id");
        }
    }

    /**
     * A step that began or ended.
     *
     * @param phase its phase
     * @param workflowId the workflow whose activity it is
     * @param report what is known of it now
     * @param entry its entry for the ledger, where it is about to change something
     * @param waits the time that it lets pass, where it waits
     */
    record StepChange(String phase, String workflowId, StepReport report, Optional<LedgerEntry> entry,
            Optional<StepResult.Wait> waits) {
        public StepChange {
            requireNonNull(report, "report");
            requireNonNull(workflowId, "workflow_id");
        }
    }
}
