package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.documents.Document.Corrupt;
import dev.godwit.activities.documents.Document.Sound;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Loads documents into a table: the one way that the run takes with the database and the preview with a copy of it. */
final class DocumentLoad {
    private static final int ROWS_AT_A_TIME = 1000;
    private static final long BYTES_AT_A_TIME = 8L * 1024 * 1024;

    private final LoadDocuments.Spec spec;
    private final DocumentFiles files;
    private final Mapping mapping;
    private final PreviewContext context;
    private final PassedOver corrupt;

    /** Takes what is passed over. */
    interface PassedOver {
        void add(DocumentFile file, CorruptFile why);

        /** Called before a batch commits: what was passed over in it is to be on disk then. */
        default void commit() {}
    }

    /** What a document gives. */
    private record Mapped(DocumentFile file, Optional<CorruptFile> corrupt, List<LoadTarget.Row> rows) {}

    /** @param corrupt is told of the documents that are passed over */
    DocumentLoad(LoadDocuments.Spec spec, Path from, PreviewContext context, PassedOver corrupt) {
        this.spec = spec;
        this.files = new DocumentFiles(LoadDocuments.USES, from, spec.include(), spec.exclude());
        this.mapping = new Mapping(LoadDocuments.USES, spec.rows(), context);
        this.context = context;
        this.corrupt = corrupt;
    }

    /**
     * Goes on where the database says that an earlier attempt ended, and ends behind the last document.
     *
     * @param seen where keys are remembered from one attempt to the next
     * @param kept is told of each batch that a later attempt will not load again
     */
    LoadCursor into(LoadTarget target, Path seen, Runnable kept) throws SQLException {
        try (LoadTarget load = target) {
            LoadCursor cursor = load.begin();
            if (cursor.done()) {
                return cursor;
            }
            long total = files.count();
            try (FirstSeen keys = new FirstSeen(seen);
                    InOrder<Mapped> documents = new InOrder<>(files.after(cursor.place()), file -> map(file, load))) {
                do {
                    cursor = batch(load, keys, documents, cursor);
                    kept.run();
                    context.progress(cursor.documents() + cursor.corrupt(), total, "documents");
                } while (!cursor.done());
            }
            return cursor;
        } catch (SQLException | RuntimeException e) {
            target.rollback();
            throw e;
        }
    }

    private LoadCursor batch(LoadTarget load, FirstSeen keys, InOrder<Mapped> documents, LoadCursor start)
            throws SQLException {
        LoadCursor cursor = start;
        load.beginBatch();
        List<LoadTarget.Row> waiting = new ArrayList<>();
        long held = 0;
        for (int i = 0; i < spec.batch() && documents.hasNext(); i++) {
            context.checkpoint();
            Mapped mapped = documents.next();
            if (mapped.corrupt().isPresent()) {
                passOver(mapped.file(), mapped.corrupt().get());
            }
            waiting.addAll(mapped.rows());
            held += mapped.file().size();
            if (waiting.size() >= ROWS_AT_A_TIME || held >= BYTES_AT_A_TIME) {
                cursor = add(load, keys, waiting, cursor);
                held = 0;
            }
            cursor = cursor.behind(mapped.file().place(), mapped.corrupt().isEmpty());
        }
        cursor = add(load, keys, waiting, cursor);
        Optional<LoadTarget.Row> there = load.flush();
        if (there.isPresent()) {
            throw alreadyThere(load, there.get());
        }
        if (!documents.hasNext()) {
            cursor = cursor.finished();
        }
        keys.commit();
        corrupt.commit();
        load.commit(cursor);
        return cursor;
    }

    private void passOver(DocumentFile file, CorruptFile why) {
        if (spec.corrupt() == Unreadable.STOP) {
            throw StepFailure.integrity("document-corrupt", LoadDocuments.USES + ": " + why
                    + " is no document; mend or exclude it, or say 'corrupt: quarantine' or 'corrupt: report'");
        }
        corrupt.add(file, why);
    }

    private LoadCursor add(LoadTarget load, FirstSeen keys, List<LoadTarget.Row> rows, LoadCursor cursor)
            throws SQLException {
        return cursor.made() ? append(load, rows, cursor) : put(load, keys, rows, cursor);
    }

    private LoadCursor append(LoadTarget load, List<LoadTarget.Row> rows, LoadCursor start) throws SQLException {
        if (rows.isEmpty()) {
            return start;
        }
        Optional<LoadTarget.Row> there = load.append(rows);
        if (there.isPresent()) {
            throw alreadyThere(load, there.get());
        }
        Checksum added = rows.stream().map(LoadTarget.Row::checksum).reduce(Checksum.ZERO, Checksum::plus);
        rows.clear();
        return start.withAppended(added);
    }

    private StepFailure alreadyThere(LoadTarget load, LoadTarget.Row row) {
        load.rollback();
        return twice(load, row).orElseGet(() -> load.exists(row));
    }

    /** Looks for the document that has given a row with this key before; empty if none has, and others wrote it. */
    private Optional<StepFailure> twice(LoadTarget load, LoadTarget.Row row) {
        String key = load.keyText(row);
        try (InOrder<Mapped> documents = new InOrder<>(files.all(), file -> map(file, load))) {
            while (documents.hasNext()) {
                context.checkpoint();
                for (LoadTarget.Row other : documents.next().rows()) {
                    if (other.place().equals(row.place())) {
                        return Optional.empty();
                    }
                    if (load.keyText(other).equals(key)) {
                        return Optional.of(keyTwice(key, other.place(), row.place()));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private LoadCursor put(LoadTarget load, FirstSeen keys, List<LoadTarget.Row> rows, LoadCursor start)
            throws SQLException {
        for (LoadTarget.Row row : rows) {
            if (!spec.key().isEmpty()) {
                String key = load.keyText(row);
                Optional<String> first = keys.elsewhere(key, row.place());
                if (first.isPresent()) {
                    throw keyTwice(key, first.get(), row.place());
                }
            }
        }
        LoadCursor end = start.withRows(load.put(rows));
        rows.clear();
        return end;
    }

    private static StepFailure keyTwice(String key, String first, String second) {
        return StepFailure.integrity("key-twice", LoadDocuments.USES + ": the key " + key + " is in both " + first
                + " and " + second + "; mend one of the documents, or take more columns into 'key'");
    }

    private Mapped map(DocumentFile file, LoadTarget load) {
        return switch (Document.read(file, spec.shape())) {
            case Corrupt document -> new Mapped(file, Optional.of(document.why()), List.of());
            case Sound document -> {
                List<LoadTarget.Row> rows = new ArrayList<>();
                for (JsonNode object : mapping.all(file.place(), document.tree())) {
                    rows.add(load.row(object, file.place() + ", row " + (rows.size() + 1)));
                }
                yield new Mapped(file, Optional.empty(), rows);
            }
        };
    }
}
