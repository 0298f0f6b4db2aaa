package dev.godwit.activities.files;

import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.util.List;

/** Does what rows ask for, in batches: what is to be done is found out once and kept, so that a retry goes on with it. */
final class RowWork {
    private static final String FOUND = "rows.found";

    private RowWork() {}

    /** Finds out what is to be done, and what the step answers when it is. */
    @FunctionalInterface
    interface Search<O> {
        O find(WorkList list) throws Exception;
    }

    /** Plans one piece of it. */
    @FunctionalInterface
    interface Piece {
        void plan(FileBatch batch, WorkList.Entry entry) throws IOException;
    }

    /** How far the work is. */
    private record Position(String after, long done) {}

    /** Goes on where an earlier attempt came to, to the end. */
    static <O> O run(RunContext context, int size, Class<O> output, Search<O> search, Piece piece) throws Exception {
        FileChanges changes = FileChanges.open(context);
        try (WorkList list = WorkList.of(context, fresh -> context.journal().write(FOUND, search.find(fresh)))) {
            Position position = changes.cursor()
                    .map(cursor -> Json.bind(cursor, Position.class))
                    .orElse(new Position("", 0));
            long total = list.size();
            List<WorkList.Entry> entries = list.after(position.after(), size);
            while (!entries.isEmpty()) {
                FileBatch batch = changes.batch();
                for (WorkList.Entry entry : entries) {
                    context.checkpoint();
                    piece.plan(batch, entry);
                }
                position = new Position(entries.getLast().name(), position.done() + entries.size());
                batch.commit(position);
                context.advanced();
                context.progress(position.done(), total, "files");
                entries = list.after(position.after(), size);
            }
        }
        return context.journal().read(FOUND, output).orElseThrow();
    }

    static void undo(RunContext context) throws IOException {
        FileChanges.open(context).undo();
        WorkList.forget(context);
    }
}
