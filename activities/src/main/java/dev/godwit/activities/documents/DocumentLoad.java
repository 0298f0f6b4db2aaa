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
import java.util.function.Consumer;

/** Loads documents into a table: the one way that the run takes with the database and the preview with a copy of it. */
final class DocumentLoad {
    private final LoadDocuments.Spec spec;
    private final DocumentFiles files;
    private final Mapping mapping;
    private final PreviewContext context;
    private final Consumer<CorruptFile> corrupt;

    /** What a document gives. */
    private record Mapped(Document document, List<JsonNode> rows) {}

    /** @param corrupt is told of the documents that are passed over */
    DocumentLoad(LoadDocuments.Spec spec, Path from, PreviewContext context, Consumer<CorruptFile> corrupt) {
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
            try (FirstSeen keys = new FirstSeen(seen);
                    InOrder<Mapped> documents = new InOrder<>(files.after(cursor.file()), this::map)) {
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
        List<CorruptFile> passedOver = new ArrayList<>();
        load.beginBatch();
        for (int i = 0; i < spec.batch() && documents.hasNext(); i++) {
            context.checkpoint();
            Mapped mapped = documents.next();
            if (mapped.document() instanceof Corrupt document) {
                if (spec.corrupt() == WhenCorrupt.STOP) {
                    throw StepFailure.integrity("document-corrupt", LoadDocuments.USES + ": " + document.why()
                            + " is no document; mend or exclude it, or say 'corrupt: report' to pass it over");
                }
                passedOver.add(document.why());
            }
            cursor = put(load, keys, mapped, cursor)
                    .behind(mapped.document().file().name(), mapped.document() instanceof Sound);
        }
        if (!documents.hasNext()) {
            cursor = cursor.finished();
        }
        keys.commit();
        passedOver.forEach(corrupt);
        load.commit(cursor);
        return cursor;
    }

    private LoadCursor put(TableLoad load, FirstSeen keys, Mapped mapped, LoadCursor start) throws SQLException {
        LoadCursor cursor = start;
        int index = 0;
        for (JsonNode object : mapped.rows()) {
            index++;
            String place = mapped.document().file().name() + ", row " + index;
            List<Object> row = load.row(object, place);
            if (!spec.key().isEmpty()) {
                Optional<String> first = keys.elsewhere(load.keyText(row), place);
                if (first.isPresent()) {
                    throw StepFailure.integrity("key-twice", LoadDocuments.USES + ": the key " + load.keyText(row)
                            + " is in both " + first.get() + " and " + place
                            + "; mend one of the documents, or take more columns into 'key'");
                }
            }
            cursor = cursor.withRow(load.put(row, place));
        }
        return cursor;
    }

    private Mapped map(DocumentFile file) {
        Document document = Document.read(file, spec.shape());
        return new Mapped(document,
                document instanceof Sound sound ? mapping.all(file.name(), sound.tree()) : List.of());
    }
}
