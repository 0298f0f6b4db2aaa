package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.documents.Document.Corrupt;
import dev.godwit.activities.documents.Document.Sound;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.RowJson;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Reads the values of one side of a comparison into a spool. */
final class ValueReader {
    private static final int BATCH = 1000;

    private final VerifyDocuments.Spec spec;
    private final PreviewContext context;
    private final DocumentText asRead = new DocumentText(0);

    private record Values(Document document, List<Value> values) {}

    /**
     * A value as it is compared.
     *
     * @param key of its key fields
     * @param hash of its canonical text
     * @param text its canonical text, or, to be repaired with, its text as it was read
     */
    record Value(String key, byte[] hash, String text) {}

    ValueReader(VerifyDocuments.Spec spec, PreviewContext context) {
        this.spec = spec;
        this.context = context;
    }

    /** Reads a side, or what an earlier attempt has left of it. */
    Comparison.Reached read(VerifyDocuments.Side side, Comparison.Spool spool) throws Exception {
        Comparison.Reached reached = spool.reached();
        if (reached.done()) {
            return reached;
        }
        Comparison.Reached end = switch (context.kindOf(side.from())) {
            case "sqlite" -> readSqlite(side, spool, reached);
            case "postgres" -> readPostgres(side, spool, reached);
            default -> readDocuments(side, spool, reached);
        };
        spool.commit(end.complete());
        return end;
    }

    private Comparison.Reached readDocuments(VerifyDocuments.Side side, Comparison.Spool spool,
            Comparison.Reached start) throws Exception {
        Path from = context.reading(DirectoryKind.class, side.from()).directory();
        DocumentFiles files = new DocumentFiles(VerifyDocuments.USES, from, side.include(), side.exclude());
        Mapping rows = new Mapping(VerifyDocuments.USES, side.rows(), context);
        long total = files.count();
        Comparison.Reached reached = start;
        try (InOrder<Values> documents = new InOrder<>(files.after(start.place()), file -> values(file, side, rows))) {
            while (documents.hasNext()) {
                context.checkpoint();
                Values next = documents.next();
                Place place = next.document().file().place();
                if (next.document() instanceof Corrupt document) {
                    passOver(document.why());
                }
                requireOne(side, place.toString(), next.values());
                for (int i = 0; i < next.values().size(); i++) {
                    spool.add(next.values().get(i), place + ", value " + (i + 1));
                }
                reached = reached.behind(place, next.values().size(), next.document() instanceof Sound);
                if (reached.documents() % BATCH == 0) {
                    spool.commit(reached);
                }
                context.progress(reached.documents(), total, "documents");
            }
        }
        return reached;
    }

    private Values values(DocumentFile file, VerifyDocuments.Side side, Mapping rows) {
        Document document = Document.read(file, side.shape());
        return new Values(document,
                document instanceof Sound sound
                        ? values(file.place().toString(), rows.all(file.place(), sound.tree()))
                        : List.of());
    }

    private Comparison.Reached readSqlite(VerifyDocuments.Side side, Comparison.Spool spool,
            Comparison.Reached start) throws Exception {
        ReadableSqlite database = context.reading(SqliteKind.class, side.from());
        String table = database.table();
        try (Connection copy = database.open(); Statement statement = copy.createStatement()) {
            requireTable(copy, database);
            long total = count(statement, TableLoad.quoted(table));
            return readRows(side, spool, () -> statement.executeQuery("SELECT * FROM " + TableLoad.quoted(table)),
                    table,
                    total, RowJson::of, start);
        } catch (SQLException e) {
            throw SqliteFailures.translate(VerifyDocuments.USES, database.file(), e);
        }
    }

    private Comparison.Reached readPostgres(VerifyDocuments.Side side, Comparison.Spool spool,
            Comparison.Reached start) throws Exception {
        ReadablePostgres database = context.reading(PostgresKind.class, side.from());
        try (Connection connection = database.open()) {
            PostgresTable table = PostgresTable.require(connection, database.table());
            // Only so does the driver not hold all rows.
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(BATCH);
                // What is read in the same order can be known again.
                statement.execute("SET LOCAL synchronize_seqscans = off");
                return readRows(side, spool,
                        () -> statement.executeQuery(
                                "SELECT row_to_json(compared.*)::text FROM " + table.name().sql() + " AS compared"),
                        table.name().toString(), Math.max(0, table.rows()),
                        row -> Json.read(row.getString(1), JsonNode.class), start);
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw PostgresFailures.translate(VerifyDocuments.USES + ": " + side.from(), e);
        }
    }

    private interface RowValue {
        JsonNode read(ResultSet row) throws SQLException;
    }

    private interface RowQuery {
        ResultSet run() throws SQLException;
    }

    /**
     * Reads the rows of a table. Those that an earlier attempt has read are only looked at, to know whether they are the same;
     * if they are not, all begins anew.
     */
    private Comparison.Reached readRows(VerifyDocuments.Side side, Comparison.Spool spool, RowQuery query, String table,
            long total, RowValue reader, Comparison.Reached start) throws SQLException {
        try (ResultSet found = query.run()) {
            if (areBehind(start, found)) {
                return readRows(side, spool, found, table, total, reader, start);
            }
        }
        spool.clear();
        try (ResultSet found = query.run()) {
            return readRows(side, spool, found, table, total, reader, Comparison.Reached.START);
        }
    }

    private boolean areBehind(Comparison.Reached reached, ResultSet found) throws SQLException {
        Checksum seen = Checksum.ZERO;
        while (seen.rows() < reached.rows().rows() && found.next()) {
            context.checkpoint();
            seen = seen.plus(Checksum.ofRow(found));
        }
        return seen.equals(reached.rows());
    }

    private Comparison.Reached readRows(VerifyDocuments.Side side, Comparison.Spool spool, ResultSet found,
            String table, long total, RowValue reader, Comparison.Reached start) throws SQLException {
        Mapping rows = new Mapping(VerifyDocuments.USES, side.rows(), context);
        Comparison.Reached reached = start;
        while (found.next()) {
            context.checkpoint();
            long number = reached.documents() + 1;
            String place = table + ", row " + number;
            List<Value> values = values(place, rows.all(new Place(table, number), reader.read(found)));
            requireOne(side, place, values);
            for (Value value : values) {
                spool.add(value, place);
            }
            reached = reached.behind(Checksum.ofRow(found), values.size());
            if (number % BATCH == 0) {
                spool.commit(reached);
            }
            context.progress(number, total, "rows");
        }
        return reached;
    }

    /** Where several values stand in one place, one of them cannot be written without the others. */
    private void requireOne(VerifyDocuments.Side side, String place, List<Value> values) {
        if (spec.repair() && side == spec.actual() && values.size() > 1) {
            throw StepFailure.user("repair-unsupported", VerifyDocuments.USES + ": " + place + " of " + side.from()
                    + " gives " + values.size() + " values, of which none can be repaired alone; say 'rows' so that it"
                    + " gives one, or leave 'repair' out");
        }
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
        try (ResultSet count = statement.executeQuery("SELECT count(*) FROM " + table)) {
            return count.getLong(1);
        }
    }

    private List<Value> values(String place, List<JsonNode> results) {
        List<Value> values = new ArrayList<>();
        for (JsonNode result : results) {
            String text = Canonical.text(result);
            values.add(new Value(spec.key().isEmpty() ? text : key(place, result), hash(text),
                    spec.repair() ? new String(asRead.bytes(result), StandardCharsets.UTF_8) : text));
        }
        return values;
    }

    /** What tells a value from any other. */
    static byte[] hash(String canonical) {
        MessageDigest digest = Hashes.newSha256();
        return digest.digest(canonical.getBytes(StandardCharsets.UTF_8));
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
    }
}
