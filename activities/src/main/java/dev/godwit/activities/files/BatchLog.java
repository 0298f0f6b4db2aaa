package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.step.Journal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the journal remembers of a step's batches, which are numbered from 1: what each was about to do, which one is the
 * last that is done, and how far an undo is. A log for each batch, so that taking back needs memory for one batch only.
 */
final class BatchLog {
    private static final String COMMITTED = "files.committed";
    private static final String UNDONE = "files.undone";

    private final Journal journal;

    BatchLog(Journal journal) {
        this.journal = journal;
    }

    /**
     * The last batch that is done.
     *
     * @param number counts the batches, from 1
     * @param cursor where the step goes on
     */
    record Committed(int number, JsonNode cursor) {}

    /**
     * How far an undo is.
     *
     * @param floor everything up to this batch is undone
     * @param down everything above this batch is undone
     * @param last the last batch when the undo began
     */
    record Undone(int floor, int down, int last) {}

    Optional<Committed> committed() {
        return journal.read(COMMITTED, Committed.class);
    }

    void commit(Committed committed) {
        journal.write(COMMITTED, committed);
    }

    Undone undone() {
        return journal.read(UNDONE, Undone.class).orElse(new Undone(0, 0, 0));
    }

    void undo(Undone undone) {
        journal.write(UNDONE, undone);
    }

    void append(int batch, List<? extends FileChange> changes) {
        journal.append(name(batch), changes);
    }

    List<FileChange> read(int batch) {
        List<FileChange> changes = new ArrayList<>();
        journal.scan(name(batch), FileChange.class, changes::add);
        return changes;
    }

    /** The last batch that was begun; batches up to the given one are known to have been. */
    int lastBegun(int known) {
        int last = known;
        while (!read(last + 1).isEmpty()) {
            last++;
        }
        return last;
    }

    private static String name(int batch) {
        return "files.batch-" + batch;
    }
}
