package dev.godwit.workflow;

import dev.godwit.plan.CheckedPlan;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Report;
import dev.godwit.run.RunOutcome;
import dev.godwit.run.RunStatus;
import dev.godwit.run.StepReport;
import dev.godwit.run.UndoReport;
import io.temporal.common.converter.RawValue;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.UpdateValidatorMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.util.List;
import java.util.Optional;

/**
 * A run: the phases of a plan in order, on-call's messages, rollback, report.
 *
 * <p>The request and messages take raw JSON ({@link dev.godwit.run.Message}) or nothing, so that one that cannot be decoded
 * is answered for and never breaks the run. Each is a signal, because that is what the UI and the CLI send easily, and an update of the
 * same name for whoever wants an answer.
 */
@WorkflowInterface
public interface MigrationWorkflow {
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

    /** Stops what runs and takes back what was done. */
    @SignalMethod(name = "rollback")
    void rollback(RawValue message);

    /** The same, with an answer. */
    @UpdateMethod(name = "rollback")
    String rollbackWithAnswer(RawValue message);

    /** Refuses a rollback that makes no sense now. */
    @UpdateValidatorMethod(updateName = "rollback")
    void validateRollback(RawValue message);

    /** A phase of this run tells which of its steps began or ended, in that order. */
    @SignalMethod(name = "steps-changed")
    void stepsChanged(List<StepChange> changes);

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
    record UndoStart(String step, String workflowId) {}

    /**
     * A step that began or ended.
     *
     * @param phase its phase
     * @param workflowId the workflow whose activity it is
     * @param report what is known of it now
     * @param entry its entry for the ledger, where it is about to change something
     */
    record StepChange(String phase, String workflowId, StepReport report, Optional<LedgerEntry> entry) {}
}
