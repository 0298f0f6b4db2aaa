package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.documents.Document.Corrupt;
import dev.godwit.activities.documents.Document.Sound;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Reads the values of one side of a comparison into a spool. */
final class ValueReader {
    private final VerifyDocuments.Spec spec;
    private final PreviewContext context;
    private long corrupt;

    private record Values(Document document, List<Value> values) {}

    /**
     * A value as it is compared.
     *
     * @param key of its key fields
     * @param hash of its canonical text
     * @param text its canonical text
     */
    record Value(String key, byte[] hash, String text) {}

    ValueReader(VerifyDocuments.Spec spec, PreviewContext context) {
        this.spec = spec;
        this.context = context;
    }

    /** How many files were passed over so far. */
    long corrupt() {
        return corrupt;
    }

    /** Reads a side, and returns how many values it has. */
    long read(VerifyDocuments.Side side, Comparison.Spool spool) throws Exception {
        return context.kindOf(side.from()).equals("sqlite") ? readTable(side, spool) : readDocuments(side, spool);
    }

    private long readDocuments(VerifyDocuments.Side side, Comparison.Spool spool) throws Exception {
        Path from = context.reading(DirectoryKind.class, side.from()).directory();
        DocumentFiles files = new DocumentFiles(VerifyDocuments.USES, from, side.include(), side.exclude());
        Mapping rows = new Mapping(VerifyDocuments.USES, side.rows(), context);
        long total = files.count();
        long done = 0;
        long count = 0;
        try (InOrder<Values> documents = new InOrder<>(files.all(), file -> values(file, side, rows))) {
            while (documents.hasNext()) {
                context.checkpoint();
                Values next = documents.next();
                Place place = next.document().file().place();
                if (next.document() instanceof Corrupt document) {
                    passOver(document.why());
                }
                for (int i = 0; i < next.values().size(); i++) {
                    spool.add(next.values().get(i), place + ", value " + (i + 1));
                }
                count += next.values().size();
                context.progress(++done, total, "documents");
            }
        }
        spool.end();
        return count;
    }

    private Values values(DocumentFile file, VerifyDocuments.Side side, Mapping rows) {
        Document document = Document.read(file, side.shape());
        return new Values(document,
                document instanceof Sound sound
                        ? values(file.place().toString(), rows.all(file.place(), sound.tree()))
                        : List.of());
    }

    private long readTable(VerifyDocuments.Side side, Comparison.Spool spool) throws Exception {
        ReadableSqlite database = context.reading(SqliteKind.class, side.from());
        String table = database.table();
        Mapping rows = new Mapping(VerifyDocuments.USES, side.rows(), context);
        long count = 0;
        try (Connection copy = database.open(); Statement statement = copy.createStatement()) {
            requireTable(copy, database);
            long total = count(statement, table);
            long number = 0;
            try (ResultSet found = statement.executeQuery("SELECT * FROM " + TableLoad.quoted(table))) {
                while (found.next()) {
                    context.checkpoint();
                    String place = table + ", row " + ++number;
                    List<Value> values = values(place, rows.all(new Place(table, number), object(found)));
                    for (Value value : values) {
                        spool.add(value, place);
                    }
                    count += values.size();
                    context.progress(number, total, "rows");
                }
            }
        } catch (SQLException e) {
            throw SqliteFailures.translate(VerifyDocuments.USES, database.file(), e);
        }
        spool.end();
        return count;
    }

    private static void requireTable(Connection connection, ReadableSqlite database) throws SQLException {
        try (ResultSet found = connection.getMetaData()
                .getTables(null, null, database.table(), new String[]{"TABLE", "VIEW"})) {
            if (!found.next()) {
                throw StepFailure.user("table-missing", VerifyDocuments.USES + ": " + database.file()
                        + " has no table " + database.table() + "; correct " + database.location());
            }
        }
    }

    private static long count(Statement statement, String table) throws SQLException {
        try (ResultSet count = statement.executeQuery("SELECT count(*) FROM " + TableLoad.quoted(table))) {
            return count.getLong(1);
        }
    }

    private static ObjectNode object(ResultSet row) throws SQLException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            String name = row.getMetaData().getColumnName(i);
            switch (row.getObject(i)) {
                case null -> object.putNull(name);
                case Integer number -> object.put(name, number);
                case Long number -> object.put(name, number);
                case Double number when Double.isFinite(number) ->
                    object.put(name, new BigDecimal(Double.toString(number)));
                case byte[] bytes -> object.put(name, Base64.getEncoder().encodeToString(bytes));
                case Object other -> object.put(name, other.toString());
            }
        }
        return object;
    }

    private List<Value> values(String place, List<JsonNode> results) {
        List<Value> values = new ArrayList<>();
        for (JsonNode result : results) {
            String text = Canonical.text(result);
            MessageDigest digest = Hashes.newSha256();
            byte[] hash = digest.digest(text.getBytes(StandardCharsets.UTF_8));
            values.add(new Value(spec.key().isEmpty() ? text : key(place, result), hash, text));
        }
        return values;
    }

    private String key(String place, JsonNode value) {
        List<String> fields = new ArrayList<>();
        for (String field : spec.key()) {
            JsonNode part = value.path(field);
            if (part.isMissingNode()) {
                throw StepFailure.user("key-absent", VerifyDocuments.USES + ": a value of " + place + " has no field "
                        + field + ", which 'key' names; correct 'rows' or 'key'");
            }
            fields.add(field + "=" + Canonical.text(part));
        }
        return String.join(" ", fields);
    }

    private void passOver(CorruptFile file) {
        if (spec.corrupt() == WhenCorrupt.STOP) {
            throw StepFailure.integrity("document-corrupt", VerifyDocuments.USES + ": " + file
                    + " is no document; mend or exclude it, or say 'corrupt: report' to compare without it");
        }
        corrupt++;
    }
}
