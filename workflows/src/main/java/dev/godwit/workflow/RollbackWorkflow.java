package dev.godwit.workflow;

import dev.godwit.run.LedgerEntry;
import dev.godwit.run.UndoReport;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.util.List;

/** Undoes ledger entries, newest first. */
@WorkflowInterface
public interface RollbackWorkflow {
    @WorkflowMethod(name = "Rollback")
    List<UndoReport> run(Request request);

    /** Its run tells it what to do with an undo that failed: retry or skip. */
    @SignalMethod(name = "order")
    void order(Order order);

    /**
     * What to undo.
     *
     * @param run the workflow id of the run to keep informed
     * @param entries in the order in which the steps began; all have something to undo
     */
    record Request(String run, List<LedgerEntry> entries) {}
}
