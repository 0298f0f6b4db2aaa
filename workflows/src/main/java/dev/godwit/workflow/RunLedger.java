package dev.godwit.workflow;

import dev.godwit.run.LedgerEntry;
import dev.godwit.step.StepIdentity;
import java.util.ArrayList;
import java.util.List;

/** The steps that a run has begun and not undone, in the order in which they began. */
final class RunLedger {
    private final List<LedgerEntry> entries = new ArrayList<>();

    List<LedgerEntry> entries() {
        return List.copyOf(entries);
    }

    /** Those of one phase that have something to undo. */
    List<LedgerEntry> of(String phase) {
        return entries.stream()
                .filter(entry -> entry.undoable() && entry.task().identity().phase().equals(phase))
                .toList();
    }

    /** A step that is tried once more has its entry already. */
    void began(LedgerEntry entry) {
        StepIdentity step = entry.task().identity();
        remove(step.step(), step.round());
        entries.add(entry);
    }

    /** A step that its phase may not have told of; true if it had not. */
    boolean beganUntold(LedgerEntry entry) {
        StepIdentity step = entry.task().identity();
        boolean untold = entries.stream().noneMatch(known -> is(known, step.step(), step.round()));
        if (untold) {
            entries.add(entry);
        }
        return untold;
    }

    /** It is undone, or need not be. */
    void remove(String step, int round) {
        entries.removeIf(entry -> is(entry, step, round));
    }

    /** What others may have written since. */
    List<String> losses() {
        return entries.stream().flatMap(entry -> entry.loses().stream()).toList();
    }

    /** Whether undoing these could lose what others wrote. */
    static boolean loses(List<LedgerEntry> entries) {
        return entries.stream().anyMatch(entry -> entry.undoable() && entry.loses().isPresent());
    }

    private static boolean is(LedgerEntry entry, String step, int round) {
        return entry.task().identity().step().equals(step) && entry.task().identity().round() == round;
    }
}
