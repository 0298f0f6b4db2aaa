package dev.godwit.workflow;

import dev.godwit.run.LedgerEntry;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.UndoReport;
import dev.godwit.run.UndoResult;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Undoes what a ledger holds. An undo that is given up does not keep the rest from being undone. */
public final class RollbackExecution implements RollbackWorkflow {
    private MigrationWorkflow run;

    @Override
    public List<UndoReport> run(Request request) {
        run = Workflow.newExternalWorkflowStub(MigrationWorkflow.class, request.run());
        List<UndoReport> reports = new ArrayList<>();
        // A rollback that is cancelled half-way would leave neither the old nor the new.
        Workflow.newDetachedCancellationScope(() -> undoAll(request.entries().reversed(), reports)).run();
        return reports;
    }

    private void undoAll(List<LedgerEntry> newestFirst, List<UndoReport> reports) {
        for (int i = 0; i < newestFirst.size(); i++) {
            LedgerEntry entry = newestFirst.get(i);
            List<LedgerEntry> later = newestFirst.subList(i + 1, newestFirst.size());
            UndoReport report = startsInVain(entry, later) ? leftOut(entry) : undo(entry);
            run.undoEnded(report);
            reports.add(report);
        }
    }

    /**
     * The entries that a scope names and that have something to undo, in the order of the ledger.
     *
     * @param phases the plan's, in its order; a phase to keep may have left nothing in the ledger, or not have begun
     */
    static List<LedgerEntry> select(List<LedgerEntry> ledger, RollbackScope scope, List<String> phases) {
        List<String> kept = scope.to().map(phase -> phases.subList(0, phases.indexOf(phase) + 1)).orElse(List.of());
        return ledger.stream()
                .filter(LedgerEntry::undoable)
                .filter(entry -> !kept.contains(entry.task().identity().phase()))
                .filter(entry -> scope.only().isEmpty() || scope.only().contains(entry.kind()))
                .toList();
    }

    /** Whether undoing the entry would start what a later undo stops again. */
    private static boolean startsInVain(LedgerEntry entry, List<LedgerEntry> later) {
        return entry.stops().isPresent()
                && later.stream().anyMatch(other -> other.starts().equals(entry.stops()));
    }

    private static UndoReport leftOut(LedgerEntry entry) {
        return report(entry, UndoReport.State.LEFT_OUT, now(), List.of());
    }

    private UndoReport undo(LedgerEntry entry) {
        Instant started = now();
        run.undoBegan(new MigrationWorkflow.UndoStart(
                entry.task().identity().step(), Workflow.getInfo().getWorkflowId()));
        try {
            UndoResult result = StepActivities.undo(entry)
                    .execute(entry.task().uses() + ".undo", UndoResult.class, entry.task());
            return report(entry, UndoReport.State.UNDONE, started, result.setAside());
        } catch (TemporalFailure e) {
            return new UndoReport(entry.task().identity().step(), entry.task().identity().round(),
                    UndoReport.State.FAILED, started, now(), List.of(), Optional.of(Failures.of(e)));
        }
    }

    private static UndoReport report(LedgerEntry entry, UndoReport.State state, Instant started,
            List<UndoResult.SetAside> setAside) {
        return new UndoReport(entry.task().identity().step(), entry.task().identity().round(), state, started, now(),
                setAside, Optional.empty());
    }

    private static Instant now() {
        return Instant.ofEpochMilli(Workflow.currentTimeMillis());
    }
}
