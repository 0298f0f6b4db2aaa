package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.files.BatchLog.Committed;
import dev.godwit.activities.files.BatchLog.Undone;
import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The way in which steps change files: in batches that are journalled before they are done, so that a step resumes after
 * its last committed batch and everything can be taken back.
 *
 * <p>A batch goes: its intent into the journal; new content under temporary names; the hashes of that into the journal;
 * the originals of replaced files into the workspace; then the names; then the commit with the step's cursor. Each stage is
 * on disk before the next begins. A batch that a crash cut short is taken back when the changes are opened again, and the
 * step does it again from its cursor.
 *
 * <p>Taking back works newest first, needs memory for one batch only, and moves aside what is no longer as this step left
 * it.
 *
 * <p>{@link FileBatch} plans a batch, {@link BatchExecution} does it, {@link BatchUndo} takes it back, and {@link BatchLog}
 * is the journal that all of them rest on.
 */
public final class FileChanges {
    private static final int REMEMBERED_DIRECTORIES = 10_000;

    private final RunContext context;
    /** From where something is to where people know it. */
    private final UnaryOperator<Path> known;
    private final BatchLog log;
    /** Directories whose first modification time is in the journal. Forgetting one costs an entry and harms nothing. */
    private final Set<Path> touched = new HashSet<>();
    private Optional<Committed> committed = Optional.empty();
    private int last;

    private FileChanges(RunContext context, UnaryOperator<Path> known) {
        this.context = context;
        this.known = known;
        this.log = new BatchLog(context.journal());
    }

    /** What to do about a file that is there already and has other content. */
    public enum Existing {
        /** Fail: it belongs to someone else. */
        REFUSE,
        /** Replace it; undo puts it back. */
        REPLACE
    }

    /** Opens the changes of a step; what an earlier attempt began and did not commit is taken back. */
    public static FileChanges open(RunContext context) throws IOException {
        return open(context, UnaryOperator.identity());
    }

    /**
     * Opens the changes of a step that puts things together in one directory and then moves them to another. What is set
     * aside when that is taken back was written in the other one, whence it is reported.
     *
     * @param staged where they are put together
     * @param place where they are moved
     */
    public static FileChanges openStaged(RunContext context, Path staged, Path place) throws IOException {
        return open(context,
                path -> path.startsWith(staged) && !path.equals(staged)
                        ? place.resolve(staged.relativize(path))
                        : path);
    }

    private static FileChanges open(RunContext context, UnaryOperator<Path> known) throws IOException {
        FileChanges changes = new FileChanges(context, known);
        changes.recover();
        return changes;
    }

    /** What the step said with its last committed batch: where to go on. Empty if nothing is done, or all is undone. */
    public Optional<JsonNode> cursor() {
        return committed.map(Committed::cursor);
    }

    /** Begins to plan changes. Nothing happens before {@link FileBatch#commit}. */
    public FileBatch batch() {
        return new FileBatch(this);
    }

    /** Takes back everything that this step did. */
    public void undo() throws IOException {
        Undone undone = log.undone();
        int number = undone.last() == last ? undone.down() : last;
        for (; number > undone.floor(); number--) {
            context.progress(last - number, last - undone.floor(), "batches");
            takeBack(number);
            // Never twice: where something was moved out of the way first, and something else moved in after that, a
            // second time would take the first for the second.
            log.undo(new Undone(undone.floor(), number - 1, last));
            context.advanced();
        }
        if (last > undone.floor()) {
            log.undo(new Undone(last, last, last));
        }
        committed = Optional.empty();
    }

    boolean hasTouched(Path directory) {
        return touched.contains(directory);
    }

    void commit(FileBatch batch, Object cursor) throws IOException {
        context.checkpoint();
        if (batch.size() > 0) {
            perform(last + 1, batch);
        }
        Committed commit = new Committed(last, Json.tree(cursor));
        log.commit(commit);
        committed = Optional.of(commit);
    }

    private void perform(int number, FileBatch batch) throws IOException {
        try {
            log.append(number, batch.intent());
            last = number;
            remember(batch.touched());
            new BatchExecution(context, log, number, batch).run();
        } catch (StepStopped stopped) {
            // The next attempt takes it back; this one may no longer be the one that is to act.
            throw stopped;
        } catch (IOException | RuntimeException failure) {
            takeBackAfter(failure, number);
            throw failure;
        }
    }

    private void remember(Set<Path> directories) {
        if (touched.size() >= REMEMBERED_DIRECTORIES) {
            touched.clear();
        }
        touched.addAll(directories);
    }

    private void recover() throws IOException {
        committed = log.committed();
        int lastCommitted = committed.map(Committed::number).orElse(0);
        last = log.lastBegun(lastCommitted);
        Undone undone = log.undone();
        if (undone.floor() > 0 && undone.floor() >= lastCommitted) {
            committed = Optional.empty();
        }
        boolean undoing = undone.last() == last && undone.floor() < last;
        for (int number = last; !undoing && number > Math.max(lastCommitted, undone.floor()); number--) {
            takeBack(number);
        }
    }

    private void takeBackAfter(Exception failure, int number) {
        try {
            takeBack(number);
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private void takeBack(int number) throws IOException {
        new BatchUndo(context, known, log, number).run();
    }
}
