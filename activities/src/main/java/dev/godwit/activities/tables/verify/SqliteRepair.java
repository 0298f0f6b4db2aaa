package dev.godwit.activities.tables.verify;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.RowJson;
import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.documents.Checksum;
import dev.godwit.activities.documents.DatabaseBefore;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.WritableSqlite;
import dev.godwit.activities.tables.values.StoredValue;
import dev.godwit.activities.tables.values.UnfitValueException;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes and deletes rows of an SQLite table so that it becomes like another. The database is kept whole before the first
 * write, and each batch commits together with a cursor that says what it did to the rows.
 */
final class SqliteRepair implements Repair {
    private static final int BATCH = 500;

    private final String uses;
    private final WritableSqlite database;
    private final RunContext context;
    private final SqliteJournal journal;
    private final DatabaseBefore before;

    /**
     * Where the repair stands.
     *
     * @param reached for the step
     * @param effect what it did to the rows of the table
     */
    private record Cursor(RepairCursor reached, Checksum effect) {
        static final Cursor START = new Cursor(RepairCursor.START, Checksum.ZERO);
    }

    SqliteRepair(String uses, WritableSqlite database, RunContext context) {
        this.uses = uses;
        this.database = database;
        this.context = context;
        this.journal = new SqliteJournal(context);
        this.before = new DatabaseBefore(database.file(), context);
    }

    @Override
    public RepairCursor begin() throws Exception {
        context.journal().checkToken();
        if (!before.isKept() || !database.exists()) {
            return RepairCursor.START; // As long as nothing is to be repaired, the database is not even opened.
        }
        try (Connection connection = database.openForWriting()) {
            journal.fence(connection);
            return cursor(connection).reached();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    @Override
    public RepairCursor apply(List<String> key, RepairList list, boolean keepsExtra, Proof proof, Pace pace)
            throws Exception {
        Repair.requireKey(uses, database.location(), key);
        before.keep();
        context.journal().checkToken();
        try (Connection connection = database.openForWriting()) {
            Rows rows = new Rows(connection, SqliteTable.require(connection, database.table()), key);
            transaction(connection, () -> journal.begin(connection, Cursor.START));
            list.read(BATCH, entries -> {
                context.checkpoint();
                pace.pass(entries.size());
                transaction(connection, () -> batch(connection, rows, entries, keepsExtra, proof));
            });
            return cursor(connection).reached();
        } catch (SQLException e) {
            context.journal().checkToken();
            throw failure(e);
        }
    }

    private void batch(Connection connection, Rows rows, List<RepairList.Entry> entries, boolean keepsExtra,
            Proof proof) throws SQLException {
        Cursor cursor = cursor(connection);
        Checksum effect = cursor.effect();
        long written = 0;
        long deleted = 0;
        for (RepairList.Entry entry : entries) {
            if (entry.what().equals("extra") && keepsExtra) {
                continue;
            }
            Checksum was = rows.find(entry.key());
            Checksum is = repair(rows, entry, was);
            if (!is.equals(was)) {
                effect = effect.plus(is).minus(was);
                written += is.rows() > 0 ? 1 : 0;
                deleted += is.rows() > 0 ? 0 : 1;
            }
            if (is.rows() > 0 && proof != Proof.NONE) {
                proof.require(entry, rows.json(entry.key()));
            }
        }
        RepairCursor reached = cursor.reached();
        journal.advance(connection, new Cursor(new RepairCursor(reached.batches() + 1, reached.written() + written,
                reached.deleted() + deleted), effect));
    }

    /** What stands for the row then. */
    private Checksum repair(Rows rows, RepairList.Entry entry, Checksum was) throws SQLException {
        boolean there = was.rows() > 0;
        return switch (entry.what()) {
            case "extra" -> there ? rows.delete(entry.key()) : was;
            // If another row is in the way, a later pass finds what became of it.
            case "missing" -> there ? rows.update(entry.key(), entry.values()) : rows.insert(entry.values());
            // It is gone meanwhile, or its key is stored in another form than is written here.
            default -> there ? rows.update(entry.key(), entry.values()) : was;
        };
    }

    @Override
    public void undo() throws Exception {
        try {
            before.restore(database.table(), Set.of(),
                    now -> journal.cursor(now, Cursor.class).orElse(Cursor.START).effect());
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    @Override
    public void forget() throws Exception {
        if (!before.isKept() || !database.exists()) {
            return; // Nothing was repaired, or the run itself, or someone after it, has removed the database.
        }
        try (Connection connection = database.openForWriting()) {
            journal.forget(connection);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private Cursor cursor(Connection connection) throws SQLException {
        return journal.cursor(connection, Cursor.class).orElse(Cursor.START);
    }

    private StepFailure failure(SQLException e) {
        return SqliteFailures.translate(uses, database.file(), e);
    }

    private interface Work {
        void run() throws SQLException;
    }

    private static void transaction(Connection connection, Work work) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            work.run();
            statement.execute("COMMIT");
        }
        // What fails closes the connection, and that rolls back.
    }

    /** Rows of the table by key. */
    private final class Rows {
        private final Connection connection;
        private final SqliteTable table;
        private final List<String> key;

        Rows(Connection connection, SqliteTable table, List<String> key) {
            this.connection = connection;
            this.table = table;
            this.key = key;
        }

        Checksum find(Map<String, String> keys) throws SQLException {
            return changed("SELECT * FROM " + name() + where(), bound(keys, key));
        }

        JsonNode json(Map<String, String> keys) throws SQLException {
            return one("SELECT * FROM " + name() + where(), bound(keys, key), RowJson::of);
        }

        Checksum insert(Map<String, String> values) throws SQLException {
            List<String> names = List.copyOf(values.keySet());
            Checksum inserted = changed("INSERT INTO " + name() + " (" + names.stream()
                    .map(TableName::quoted)
                    .collect(Collectors.joining(", ")) + ") VALUES ("
                    + names.stream().map(each -> "?").collect(Collectors.joining(", "))
                    + ") ON CONFLICT DO NOTHING RETURNING *", bound(values, names));
            return inserted.rows() == 0 ? inserted : kept(values, values);
        }

        Checksum update(Map<String, String> keys, Map<String, String> values) throws SQLException {
            List<String> names = values.keySet().stream().filter(each -> !key.contains(each)).toList();
            if (!names.isEmpty()) {
                List<Object> bound = bound(values, names);
                bound.addAll(bound(keys, key));
                changed("UPDATE " + name() + " SET "
                        + names.stream()
                                .map(each -> TableName.quoted(each) + " = ?")
                                .collect(Collectors.joining(", "))
                        + where() + " RETURNING *", bound);
            }
            return kept(keys, values);
        }

        Checksum delete(Map<String, String> keys) throws SQLException {
            changed("DELETE FROM " + name() + where() + " RETURNING *", bound(keys, key));
            return Checksum.ZERO;
        }

        /** The row as it was written, if its columns have left the values alone. */
        private Checksum kept(Map<String, String> keys, Map<String, String> values) throws SQLException {
            return one("SELECT * FROM " + name() + where(), bound(keys, key), row -> {
                for (Map.Entry<String, String> value : values.entrySet()) {
                    Object wanted = stored(value.getKey(), value.getValue());
                    Object found = row.getObject(value.getKey());
                    if (!same(wanted, found)) {
                        throw StepFailure.user("value-unfit", uses + ": the column " + value.getKey() + " of "
                                + database.location() + " makes " + shown(found) + " of " + shown(wanted)
                                + "; declare it without a type, or as " + declared(wanted));
                    }
                }
                return Checksum.ofRow(row);
            });
        }

        private Checksum changed(String sql, List<Object> values) throws SQLException {
            Checksum found = one(sql, values, Checksum::ofRow);
            return found == null ? Checksum.ZERO : found;
        }

        private String name() {
            return TableName.quoted(table.name());
        }

        private String where() {
            return key.stream()
                    .map(each -> TableName.quoted(each) + " IS ?")
                    .collect(Collectors.joining(" AND ", " WHERE ", ""));
        }

        private List<Object> bound(Map<String, String> values, Collection<String> names) {
            List<Object> bound = new ArrayList<>();
            names.forEach(each -> bound.add(stored(each, values.get(each))));
            return bound;
        }

        private Object stored(String column, String text) {
            try {
                return StoredValue.value(text);
            } catch (UnfitValueException e) {
                throw StepFailure.user("value-unfit", uses + ": the column " + column + " of " + database.location()
                        + " cannot be repaired: " + e.getMessage() + "; mend it by hand").causedBy(e);
            }
        }

        private interface Reading<T> {
            T read(ResultSet row) throws SQLException;
        }

        /** What is read of the only row; null if there is none. */
        private <T> T one(String sql, List<Object> values, Reading<T> reading) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.size(); i++) {
                    statement.setObject(i + 1, values.get(i));
                }
                try (ResultSet found = statement.executeQuery()) {
                    if (!found.next()) {
                        return null;
                    }
                    T row = reading.read(found);
                    if (found.next()) {
                        throw StepFailure.user("key-not-unique", uses + ": several rows of " + database.location()
                                + " have the key " + shown(values) + ", so that none of them can be repaired; say"
                                + " 'key' with columns that name a row");
                    }
                    return row;
                }
            }
        }
    }

    private static boolean same(Object wanted, Object found) {
        return switch (wanted) {
            case null -> found == null;
            case byte[] blob -> found instanceof byte[] other && Arrays.equals(blob, other);
            // SQLite keeps a real without a fraction as an integer where that costs less.
            case Number number -> found instanceof Number other && number.doubleValue() == other.doubleValue()
                    && number.longValue() == other.longValue();
            default -> wanted.equals(found);
        };
    }

    private static String declared(Object value) {
        return switch (value) {
            case null -> "BLOB";
            case Long number -> "INTEGER";
            case Double number -> "REAL";
            case String text -> "TEXT";
            default -> "BLOB";
        };
    }

    private static String shown(Object value) {
        return switch (value) {
            case null -> "null";
            case byte[] blob -> "a blob of " + blob.length + " bytes";
            case String text -> "the text '" + (text.length() > 60 ? text.substring(0, 57) + "..." : text) + "'";
            default -> value.toString();
        };
    }
}
