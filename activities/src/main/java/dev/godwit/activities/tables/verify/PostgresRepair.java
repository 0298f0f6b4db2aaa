package dev.godwit.activities.tables.verify;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.ReferringRows;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Writes and deletes rows of a PostgreSQL table so that it becomes like another. What a batch replaces or deletes is on disk
 * in the step's workspace before the batch is committed, together with a cursor that says that it is.
 */
final class PostgresRepair implements Repair {
    private static final int BATCH = 500;
    private static final String PARTITION = "repair";

    private final String uses;
    private final WritablePostgres database;
    private final RunContext context;
    private final PostgresJournal journal;

    /**
     * What a batch did to a row.
     *
     * @param key its key
     * @param before all its columns before, absent if it was not there
     * @param after all its columns then, absent if it is not there any more
     */
    record Change(List<String> key, Optional<List<String>> before, Optional<List<String>> after) {}

    /** What undo needs of a batch: the columns, and what was done. */
    record Batch(List<String> keyColumns, List<String> columns, List<Change> changes) {}

    PostgresRepair(String uses, WritablePostgres database, RunContext context) {
        this.uses = uses;
        this.database = database;
        this.context = context;
        this.journal = new PostgresJournal(context);
    }

    @Override
    public RepairCursor begin() throws SQLException {
        try (Connection connection = database.openForWriting()) {
            journal.begin(connection);
            return cursor(connection);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    @Override
    public RepairCursor apply(List<String> key, RepairList list, boolean keepsExtra, Proof proof, Pace pace)
            throws Exception {
        Repair.requireKey(uses, database.location(), key);
        try (Connection connection = database.openForWriting()) {
            Rows rows = rows(connection, key);
            connection.setAutoCommit(false);
            list.read(BATCH, entries -> {
                context.checkpoint();
                pace.pass(entries.size());
                RepairCursor cursor = cursor(connection);
                List<Change> changes = new ArrayList<>();
                long written = 0;
                long deleted = 0;
                for (RepairList.Entry entry : entries) {
                    if (entry.what().equals("extra") && keepsExtra) {
                        continue;
                    }
                    Change change = repair(rows, entry, proof);
                    if (!change.before().equals(change.after())) {
                        changes.add(change);
                        written += change.after().isPresent() ? 1 : 0;
                        deleted += change.after().isPresent() ? 0 : 1;
                    }
                }
                Path kept = kept(cursor.batches() + 1);
                DurableFiles.write(kept, bytes(new Batch(rows.key(), rows.columns(), changes)));
                journal.advance(connection, PARTITION, new RepairCursor(cursor.batches() + 1,
                        cursor.written() + written, cursor.deleted() + deleted));
                connection.commit();
            });
            return cursor(connection);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private Change repair(Rows rows, RepairList.Entry entry, Proof proof) throws SQLException {
        List<String> key = rows.key().stream().map(entry.key()::get).collect(Collectors.toList());
        List<String> names = List.copyOf(entry.values().keySet());
        List<String> values = new ArrayList<>(entry.values().values());
        Optional<List<String>> before = rows.find(key);
        Optional<List<String>> after;
        if (entry.what().equals("extra")) {
            after = before.isPresent() ? rows.delete(key) : before;
        } else if (before.isPresent()) {
            after = rows.update(key, names, values);
        } else {
            // If another row is in the way, a later pass finds what became of it.
            after = rows.insert(names, values, " ON CONFLICT DO NOTHING");
        }
        if (after.isPresent() && proof != Proof.NONE) {
            proof.require(entry, rows.json(key));
        }
        return new Change(key, before, after);
    }

    @Override
    public void undo() throws Exception {
        try (Connection connection = database.openForWriting()) {
            if (!journal.begun(connection)) {
                return;
            }
            journal.begin(connection);
            RepairCursor cursor = cursor(connection);
            connection.setAutoCommit(false);
            for (int batch = cursor.batches(); batch > 0; batch--) {
                context.checkpoint();
                undo(connection, Json.read(Files.readString(kept(batch)), Batch.class), batch);
                journal.advance(connection, PARTITION, new RepairCursor(batch - 1, cursor.written(), cursor.deleted()));
                connection.commit();
            }
            connection.setAutoCommit(true);
            journal.forget(connection);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private void undo(Connection connection, Batch batch, int number) throws SQLException, IOException {
        Rows rows = rows(connection, batch.keyColumns());
        List<List<String>> others = new ArrayList<>();
        List<Change> newestFirst = new ArrayList<>(batch.changes());
        Collections.reverse(newestFirst);
        for (Change change : newestFirst) {
            Optional<List<String>> now = rows.find(change.key());
            if (!now.equals(change.after()) && now.isPresent()) {
                others.add(now.get());
            }
            if (change.before().isEmpty()) {
                if (now.isPresent()) {
                    rows.delete(change.key());
                }
            } else if (now.isPresent()) {
                rows.update(change.key(), batch.columns(), change.before().get());
            } else {
                rows.insert(batch.columns(), change.before().get(), "");
            }
        }
        if (!others.isEmpty()) {
            Path aside = context.setAside().resolve("repair-" + number + ".json");
            DurableFiles.write(aside, bytes(new Batch(batch.keyColumns(), batch.columns(), others.stream()
                    .map(row -> new Change(List.of(), Optional.empty(), Optional.of(row)))
                    .toList())));
            context.reportSetAside(others.size() + " rows of " + database.location(), aside);
        }
    }

    @Override
    public void forget() throws SQLException {
        try (Connection connection = database.openForWriting()) {
            journal.forget(connection);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private RepairCursor cursor(Connection connection) throws SQLException {
        return journal.cursor(connection, PARTITION, RepairCursor.class).orElse(RepairCursor.START);
    }

    private Path kept(int batch) throws IOException {
        return Files.createDirectories(context.workspace().resolve("repair")).resolve(batch + ".json");
    }

    private StepFailure failure(SQLException e) {
        return PostgresFailures.translate(uses + ": repairing " + database.location(), e);
    }

    private static byte[] bytes(Object value) {
        return Json.write(value).getBytes(StandardCharsets.UTF_8);
    }

    private Rows rows(Connection connection, List<String> key) throws SQLException {
        return new Rows(uses, connection, PostgresTable.require(connection, database.table()), key);
    }

    /** Rows of the table by key, all values as PostgreSQL writes and reads them. */
    private static final class Rows {
        private final String uses;
        private final Connection connection;
        private final PostgresTable table;
        private final List<String> key;
        private final String all;
        private final ReferringRows referring;

        Rows(String uses, Connection connection, PostgresTable table, List<String> key) throws SQLException {
            this.uses = uses;
            this.connection = connection;
            this.table = table;
            this.key = key;
            this.referring = ReferringRows.to(connection, table.name());
            this.all = table.writableColumns()
                    .stream()
                    .map(column -> TableName.quoted(column.name()) + "::text")
                    .collect(Collectors.joining(", "));
        }

        List<String> key() {
            return key;
        }

        List<String> columns() {
            return table.writableColumns().stream().map(PostgresTable.Column::name).toList();
        }

        Optional<List<String>> find(List<String> values) throws SQLException {
            return one("SELECT " + all + " FROM " + table.name().sql() + where(values) + " FOR UPDATE", List.of(),
                    values);
        }

        /** A row as an object by column. */
        JsonNode json(List<String> values) throws SQLException {
            return Json.read(
                    one("SELECT row_to_json(t.*)::text FROM " + table.name().sql() + " AS t" + where(values), List.of(),
                            values).orElseThrow().get(0),
                    JsonNode.class);
        }

        Optional<List<String>> insert(List<String> names, List<String> values, String conflict) throws SQLException {
            List<String> places = new ArrayList<>();
            for (String name : names) {
                places.add(place(name));
            }
            return one("INSERT INTO " + table.name().sql() + " (" + quoted(names) + ") OVERRIDING SYSTEM VALUE VALUES ("
                    + String.join(", ", places) + ")" + conflict + " RETURNING " + all, values, List.of());
        }

        Optional<List<String>> update(List<String> keys, List<String> names, List<String> values)
                throws SQLException {
            List<String> settings = new ArrayList<>();
            List<String> set = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                if (!key.contains(names.get(i))) {
                    settings.add(TableName.quoted(names.get(i)) + " = " + place(names.get(i)));
                    set.add(values.get(i));
                }
            }
            if (settings.isEmpty()) {
                return find(keys);
            }
            return one("UPDATE " + table.name().sql() + " SET " + String.join(", ", settings) + where(keys)
                    + " RETURNING " + all, set, keys);
        }

        /** Deletes a row that {@link #find} has locked; refuses if rows that refer to it would go with it. */
        Optional<List<String>> delete(List<String> keys) throws SQLException {
            referring.refuse(condition(keys, value -> "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"));
            one("DELETE FROM " + table.name().sql() + where(keys) + " RETURNING " + all, List.of(), keys);
            return Optional.empty();
        }

        private String where(List<String> keys) {
            return " WHERE " + condition(keys, value -> "?");
        }

        private String condition(List<String> keys, UnaryOperator<String> written) {
            List<String> conditions = new ArrayList<>();
            for (int i = 0; i < key.size(); i++) {
                conditions.add(TableName.quoted(key.get(i))
                        + (keys.get(i) == null
                                ? " IS NULL"
                                : " = " + written.apply(keys.get(i)) + cast(key.get(i))));
            }
            return String.join(" AND ", conditions);
        }

        private String place(String name) {
            return "?" + cast(name);
        }

        private String cast(String name) {
            return "::" + PostgresSide.limitless(table.columns()
                    .stream()
                    .filter(column -> column.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> StepFailure.user("column-missing", uses + ": the table " + table.name()
                            + " has no column " + name + "; add it"))
                    .type());
        }

        private static String quoted(List<String> names) {
            return names.stream().map(TableName::quoted).collect(Collectors.joining(", "));
        }

        private Optional<List<String>> one(String sql, List<String> values, List<String> keys) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                int next = 1;
                for (String value : values) {
                    statement.setObject(next++, value, Types.OTHER); // Of no type, so that the column's reads it.
                }
                for (String part : keys) {
                    if (part != null) {
                        statement.setObject(next++, part, Types.OTHER);
                    }
                }
                try (ResultSet found = statement.executeQuery()) {
                    if (!found.next()) {
                        return Optional.empty();
                    }
                    List<String> row = new ArrayList<>();
                    for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
                        row.add(found.getString(i));
                    }
                    if (found.next()) {
                        throw StepFailure.user("key-not-unique", uses + ": several rows of " + table.name()
                                + " have the key " + keys + ", so that none of them can be repaired; say 'key' with"
                                + " columns that name a row");
                    }
                    return Optional.of(row);
                }
            }
        }
    }
}
