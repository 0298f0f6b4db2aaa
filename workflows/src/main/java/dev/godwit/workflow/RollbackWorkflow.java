package dev.godwit.workflow;

import dev.godwit.run.LedgerEntry;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.UndoReport;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.util.List;
import java.util.Optional;

/** Undoes ledger entries, newest first. */
@WorkflowInterface
public interface RollbackWorkflow {
    @WorkflowMethod(name = "Rollback")
    List<UndoReport> run(Request request);

    /**
     * What to undo.
     *
     * @param runId the run whose ledger it is
     * @param run the workflow id of the run to keep informed; absent if it has ended
     * @param entries in the order in which the steps began; absent to read the ledger from the evidence store
     * @param scope which of them
     */
    record Request(String runId, Optional<String> run, Optional<List<LedgerEntry>> entries, RollbackScope scope) {}
}
