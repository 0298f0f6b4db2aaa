package dev.godwit.workflow;

import dev.godwit.plan.Step;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.RollbackPreview;
import dev.godwit.run.RollbackScope;
import dev.godwit.run.UndoReport;
import dev.godwit.run.UndoResult;
import dev.godwit.run.Verb;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Undoes what a ledger holds. An undo that fails waits for a person, and does not keep the rest from being undone. */
public final class RollbackExecution implements RollbackWorkflow {
    private final List<UndoReport> reports = new ArrayList<>();
    private final Map<String, LedgerEntry> parked = new LinkedHashMap<>();
    private final Deque<Order> orders = new ArrayDeque<>();
    private MigrationWorkflow run;

    @Override
    public List<UndoReport> run(Request request) {
        run = Workflow.newExternalWorkflowStub(MigrationWorkflow.class, request.run());
        // A rollback that is cancelled half-way would leave neither the old nor the new.
        Workflow.newDetachedCancellationScope(() -> {
            undoAll(request.entries().reversed());
            while (!parked.isEmpty()) {
                Workflow.await(() -> !orders.isEmpty());
                obey(orders.remove());
            }
        }).run();
        return reports;
    }

    @Override
    public void order(Order order) {
        if (order != null) {
            orders.add(order);
        }
    }

    private void undoAll(List<LedgerEntry> newestFirst) {
        for (int i = 0; i < newestFirst.size(); i++) {
            LedgerEntry entry = newestFirst.get(i);
            if (startsInVain(newestFirst, i)) {
                tell(report(entry, UndoReport.State.LEFT_OUT, now(), List.of()));
            } else {
                undo(entry);
            }
        }
    }

    private void obey(Order order) {
        LedgerEntry entry = parked.remove(order.step());
        if (entry == null) {
            return; // Told twice.
        }
        if (order.verb() == Verb.RETRY) {
            undo(entry.withAttempts(entry.task().attempts() + Step.Retry.DEFAULT.attempts()));
        } else {
            tell(report(entry, UndoReport.State.ABANDONED, now(), List.of()));
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

    /** What undoing the selected entries of a ledger would do. */
    static RollbackPreview preview(List<LedgerEntry> ledger, List<LedgerEntry> selected) {
        List<LedgerEntry> newestFirst = selected.reversed();
        return new RollbackPreview(
                IntStream.range(0, newestFirst.size())
                        .mapToObj(i -> preview(newestFirst.get(i), startsInVain(newestFirst, i)))
                        .toList(),
                ledger.stream()
                        .filter(entry -> entry.undoable() && !selected.contains(entry))
                        .map(entry -> entry.task().identity().step())
                        .toList());
    }

    private static RollbackPreview.Undo preview(LedgerEntry entry, boolean leftOut) {
        return new RollbackPreview.Undo(entry.task().identity().step(), entry.task().identity().phase(),
                entry.task().uses(), entry.kind(), leftOut, entry.loses());
    }

    /** Whether undoing the entry would start what a later undo stops again. */
    private static boolean startsInVain(List<LedgerEntry> newestFirst, int index) {
        Optional<String> stops = newestFirst.get(index).stops();
        return stops.isPresent() && newestFirst.subList(index + 1, newestFirst.size())
                .stream()
                .anyMatch(later -> later.starts().equals(stops));
    }

    private void undo(LedgerEntry entry) {
        Instant started = now();
        String step = entry.task().identity().step();
        run.undoBegan(new MigrationWorkflow.UndoStart(step, Workflow.getInfo().getWorkflowId()));
        try {
            UndoResult result = StepActivities.undo(entry)
                    .execute(entry.task().uses() + ".undo", UndoResult.class, entry.task());
            tell(report(entry, UndoReport.State.UNDONE, started, result.setAside()));
        } catch (TemporalFailure e) {
            parked.put(step, entry);
            tell(new UndoReport(step, entry.task().identity().round(), UndoReport.State.FAILED, started, now(),
                    List.of(), Optional.of(Failures.of(e))));
        }
    }

    private void tell(UndoReport report) {
        reports.removeIf(earlier -> earlier.step().equals(report.step()) && earlier.round() == report.round());
        reports.add(report);
        run.undoEnded(report);
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
