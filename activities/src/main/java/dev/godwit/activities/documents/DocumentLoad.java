package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.documents.Document.Corrupt;
import dev.godwit.activities.documents.Document.Sound;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Loads documents into a table: the one way that the run takes with the database and the preview with a copy of it. */
final class DocumentLoad {
    private static final int ROWS_AT_A_TIME = 1000;

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
    private record Mapped(DocumentFile file, Optional<CorruptFile> corrupt, List<TableLoad.Row> rows) {}

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
     */
    LoadCursor into(Connection connection, String table, long token, Path seen) throws SQLException {
        try (TableLoad load = new TableLoad(LoadDocuments.USES, connection, table, spec.tableColumns(), spec.key(),
                spec.existing(), context.identity(), token)) {
            LoadCursor cursor = load.begin();
            if (cursor.done()) {
                return cursor;
            }
            long total = files.count();
            // A table that the load has made tells by itself which keys it has seen.
            try (FirstSeen keys = new FirstSeen(seen);
                    InOrder<Mapped> documents = new InOrder<>(files.after(cursor.place()), file -> map(file, load))) {
                do {
                    cursor = batch(load, keys, documents, cursor);
                    context.progress(cursor.documents() + cursor.corrupt(), total, "documents");
                } while (!cursor.done());
            }
            return cursor;
        } catch (SQLException | RuntimeException e) {
            TableLoad.rollback(connection);
            throw e;
        }
    }

    private LoadCursor batch(TableLoad load, FirstSeen keys, InOrder<Mapped> documents, LoadCursor start)
            throws SQLException {
        LoadCursor cursor = start;
        load.beginBatch();
        List<TableLoad.Row> waiting = new ArrayList<>();
        for (int i = 0; i < spec.batch() && documents.hasNext(); i++) {
            context.checkpoint();
            Mapped mapped = documents.next();
            if (mapped.corrupt().isPresent()) {
                passOver(mapped.file(), mapped.corrupt().get());
            }
            if (start.made()) {
                waiting.addAll(mapped.rows());
                if (waiting.size() >= ROWS_AT_A_TIME) {
                    cursor = append(load, waiting, cursor);
                }
            } else {
                cursor = put(load, keys, mapped.rows(), cursor);
            }
            cursor = cursor.behind(mapped.file().place(), mapped.corrupt().isEmpty());
        }
        cursor = append(load, waiting, cursor);
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

    private LoadCursor append(TableLoad load, List<TableLoad.Row> rows, LoadCursor start) throws SQLException {
        if (rows.isEmpty()) {
            return start;
        }
        Optional<TableLoad.Row> there = load.append(rows);
        if (there.isPresent()) {
            TableLoad.Row row = there.get();
            throw twice(load, row).orElseGet(() -> load.exists(row));
        }
        Checksum added = rows.stream().map(TableLoad.Row::checksum).reduce(Checksum.ZERO, Checksum::plus);
        rows.clear();
        return start.withRows(added);
    }

    /** Looks for the document that has given a row with this key before; empty if none has, and others wrote it. */
    private Optional<StepFailure> twice(TableLoad load, TableLoad.Row row) {
        String key = load.keyText(row.values());
        try (InOrder<Mapped> documents = new InOrder<>(files.all(), file -> map(file, load))) {
            while (documents.hasNext()) {
                context.checkpoint();
                for (TableLoad.Row other : documents.next().rows()) {
                    if (other.place().equals(row.place())) {
                        return Optional.empty();
                    }
                    if (load.keyText(other.values()).equals(key)) {
                        return Optional.of(keyTwice(key, other.place(), row.place()));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private LoadCursor put(TableLoad load, FirstSeen keys, List<TableLoad.Row> rows, LoadCursor start)
            throws SQLException {
        LoadCursor cursor = start;
        for (TableLoad.Row row : rows) {
            if (!spec.key().isEmpty()) {
                String key = load.keyText(row.values());
                Optional<String> first = keys.elsewhere(key, row.place());
                if (first.isPresent()) {
                    throw keyTwice(key, first.get(), row.place());
                }
            }
            cursor = cursor.withRow(load.put(row));
        }
        return cursor;
    }

    private static StepFailure keyTwice(String key, String first, String second) {
        return StepFailure.integrity("key-twice", LoadDocuments.USES + ": the key " + key + " is in both " + first
                + " and " + second + "; mend one of the documents, or take more columns into 'key'");
    }

    private Mapped map(DocumentFile file, TableLoad load) {
        return switch (Document.read(file, spec.shape())) {
            case Corrupt document -> new Mapped(file, Optional.of(document.why()), List.of());
            case Sound document -> {
                List<TableLoad.Row> rows = new ArrayList<>();
                for (JsonNode object : mapping.all(file.place(), document.tree())) {
                    rows.add(load.row(object, file.place() + ", row " + (rows.size() + 1)));
                }
                yield new Mapped(file, Optional.empty(), rows);
            }
        };
    }
}
