package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.documents.Column.UnfitException;
import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.step.StepFailure;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.sqlite.SQLiteErrorCode;

/**
 * A table of an SQLite database: each batch and the cursor that stands behind it commit in one transaction, in which
 * the fencing token is checked last.
 */
final class TableLoad implements LoadTarget {

    private final String uses;
    private final Connection connection;
    private final String table;
    private final List<Column> columns;
    private final List<String> key;
    private final RowReader reader;
    private final Existing existing;
    private final SqliteJournal journal;
    private final List<PreparedStatement> prepared = new ArrayList<>();
    /** JSON columns of a table that was there before, whose type would turn a number alone into one of SQLite's. */
    private final Set<Column> noBareNumbers = new HashSet<>();
    private PreparedStatement insert;
    private PreparedStatement append;
    private PreparedStatement find;
    private PreparedStatement update;

    TableLoad(String uses, Connection connection, String table, List<Column> columns, List<String> key,
            Existing existing, SqliteJournal journal) {
        this.uses = uses;
        this.connection = connection;
        this.table = table;
        this.columns = columns;
        this.key = key;
        this.reader = new RowReader(uses, columns, key);
        this.existing = existing;
        this.journal = journal;
    }

    @Override
    public LoadCursor begin() throws SQLException {
        execute("BEGIN IMMEDIATE");
        journal.begin(connection, LoadCursor.start(!hasTable(connection, table)));
        createTable();
        checkTable();
        LoadCursor cursor = journal.cursor(connection, LoadCursor.class).orElseThrow();
        prepare();
        execute("COMMIT");
        return cursor;
    }

    @Override
    public void beginBatch() throws SQLException {
        execute("BEGIN IMMEDIATE");
    }

    @Override
    public Optional<Row> append(List<Row> rows) throws SQLException {
        for (Row row : rows) {
            bind(append, 1, row.values());
            append.addBatch();
        }
        int[] added;
        try {
            added = append.executeBatch();
        } catch (BatchUpdateException e) {
            // It stopped at the row that was refused.
            Row row = rows.get(Math.min(e.getUpdateCounts().length, rows.size() - 1));
            if ((e.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_CONSTRAINT.code) {
                throw refused(row, e);
            }
            throw e;
        }
        for (int i = 0; i < added.length; i++) {
            if (added[i] == 0) {
                return Optional.of(rows.get(i));
            }
        }
        return Optional.empty();
    }

    @Override
    public Put put(List<Row> rows) throws SQLException {
        long unchanged = 0;
        long replaced = 0;
        Checksum effect = Checksum.ZERO;
        for (Row row : rows) {
            Put put = put(row);
            unchanged += put.unchanged();
            replaced += put.replaced();
            effect = effect.plus(put.effect());
        }
        return new Put(rows.size(), unchanged, replaced, effect);
    }

    private Put put(Row added) throws SQLException {
        List<Object> row = added.values();
        bind(insert, 1, row);
        try (ResultSet inserted = insert.executeQuery()) {
            if (inserted.next()) {
                return new Put(1, 0, 0, Checksum.ofRow(inserted));
            }
        } catch (SQLException e) {
            if ((e.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_CONSTRAINT.code) {
                throw refused(added, e);
            }
            throw e;
        }
        if (existing == Existing.REFUSE) {
            throw exists(added);
        }
        return replace(row);
    }

    @Override
    public StepFailure exists(Row row) {
        return reader.exists(row, table);
    }

    @Override
    public String keyText(Row row) {
        return reader.keyText(row.values());
    }

    @Override
    public Optional<Row> flush() {
        return Optional.empty();
    }

    @Override
    public void rollback() {
        rollback(connection);
    }

    private StepFailure refused(Row row, SQLException e) {
        return StepFailure
                .user("constraint-violated",
                        uses + ": " + row.place() + ": the table " + table + " refuses the row: " + e.getMessage())
                .causedBy(e);
    }

    private Put replace(List<Object> row) throws SQLException {
        List<Object> keys = reader.keyOf(row);
        bind(find, 1, keys);
        Checksum before;
        try (ResultSet found = find.executeQuery()) {
            before = found.next() ? Checksum.ofRow(found) : Checksum.ZERO;
        }
        int next = bind(update, 1, row);
        next = bind(update, next, keys);
        bind(update, next, row);
        try (ResultSet changed = update.executeQuery()) {
            if (!changed.next()) {
                return new Put(1, 1, 0, Checksum.ZERO);
            }
            return new Put(1, 0, 1, Checksum.ofRow(changed).minus(before));
        }
    }

    @Override
    public void commit(LoadCursor cursor) throws SQLException {
        journal.advance(connection, cursor);
        execute("COMMIT");
    }

    /** Ends the transaction if there is one. */
    static void rollback(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("ROLLBACK");
        } catch (SQLException e) {
            // Closing the connection rolls back as well; what went wrong before is what matters.
        }
    }

    @Override
    public void close() throws SQLException {
        for (PreparedStatement statement : prepared) {
            statement.close();
        }
    }

    @Override
    public Row row(JsonNode object, String place) {
        List<Object> values = reader.values(object, place, this::stored);
        return new Row(values, place, Checksum.of(values), new byte[0]);
    }

    private Object stored(Column column, JsonNode value) throws UnfitException {
        if (value.isNumber() && noBareNumbers.contains(column)) {
            throw new UnfitException("a number alone would be changed by the column's type; declare it TEXT");
        }
        return column.stored(value);
    }

    private static boolean hasTable(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection
                .prepareStatement("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE")) {
            statement.setString(1, name);
            try (ResultSet found = statement.executeQuery()) {
                return found.next();
            }
        }
    }

    private void createTable() throws SQLException {
        String definitions = columns.stream()
                .map(column -> quoted(column.name()) + " " + column.type().sql()
                        + (column.required() ? " NOT NULL" : ""))
                .collect(Collectors.joining(", "));
        String primary = key.isEmpty() ? "" : ", PRIMARY KEY (" + quoted(key) + ")";
        execute("CREATE TABLE IF NOT EXISTS " + quoted(table) + " (" + definitions + primary + ")");
    }

    /** A table that was there before must hold the values unchanged and know the key. */
    private void checkTable() throws SQLException {
        Map<String, String> affinities = new HashMap<>();
        Set<String> primary = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("PRAGMA table_info(" + quoted(table) + ")")) {
            while (found.next()) {
                String name = found.getString("name").toLowerCase(Locale.ROOT);
                affinities.put(name, affinity(found.getString("type")));
                if (found.getInt("pk") > 0) {
                    primary.add(name);
                }
            }
        }
        for (Column column : columns) {
            String affinity = affinities.get(column.name().toLowerCase(Locale.ROOT));
            if (affinity == null) {
                throw StepFailure.user("column-missing", uses + ": the table " + table + " exists and has no column "
                        + column.name() + "; add it with an earlier step, or correct 'columns'");
            }
            boolean numeric = affinity.equals("NUMERIC") && column.type() != Column.Type.TEXT;
            if (numeric && column.type() == Column.Type.JSON) {
                noBareNumbers.add(column);
            }
            if (!numeric && !affinity.equals("BLOB") && !affinity.equals(column.type().sql())) {
                throw StepFailure.user("column-type", uses + ": the column " + column.name() + " of the table " + table
                        + " stores values as " + affinity + ", which may change what is declared as "
                        + column.type().name().toLowerCase(Locale.ROOT) + "; correct 'columns' or the table");
            }
        }
        Set<String> wanted = key.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
        if (!wanted.isEmpty() && !primary.equals(wanted) && !hasUniqueIndex(wanted)) {
            throw StepFailure.user("key-missing",
                    uses + ": the table " + table + " exists and (" + String.join(", ", key)
                            + ") is neither its primary key nor unique; correct 'key', or add a unique index");
        }
    }

    private boolean hasUniqueIndex(Set<String> wanted) throws SQLException {
        Map<String, Set<String>> indexes = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement("SELECT list.name, lower(info.name)"
                + " FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS info"
                + " WHERE list.\"unique\" = 1 AND list.partial = 0")) {
            statement.setString(1, table);
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    indexes.computeIfAbsent(found.getString(1), name -> new HashSet<>()).add(found.getString(2));
                }
            }
        }
        return indexes.containsValue(wanted);
    }

    /** SQLite's own rules. */
    private static String affinity(String declared) {
        String type = declared.toUpperCase(Locale.ROOT);
        if (type.contains("INT")) {
            return "INTEGER";
        }
        if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
            return "TEXT";
        }
        if (type.isEmpty() || type.contains("BLOB")) {
            return "BLOB";
        }
        return type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") ? "REAL" : "NUMERIC";
    }

    private void prepare() throws SQLException {
        String names = columns.stream().map(column -> quoted(column.name())).collect(Collectors.joining(", "));
        String marks = columns.stream().map(column -> "?").collect(Collectors.joining(", "));
        String onConflict = key.isEmpty() ? "" : " ON CONFLICT (" + quoted(key) + ") DO NOTHING";
        insert = prepared("INSERT INTO " + quoted(table) + " (" + names + ") VALUES (" + marks + ")" + onConflict
                + " RETURNING *");
        append = prepared("INSERT INTO " + quoted(table) + " (" + names + ") VALUES (" + marks + ")" + onConflict);
        if (!key.isEmpty()) {
            String where = key.stream().map(name -> quoted(name) + " = ?").collect(Collectors.joining(" AND "));
            String set = columns.stream()
                    .map(column -> quoted(column.name()) + " = ?")
                    .collect(Collectors.joining(", "));
            String same = columns.stream()
                    .map(column -> quoted(column.name()) + " IS ?")
                    .collect(Collectors.joining(" AND "));
            find = prepared("SELECT * FROM " + quoted(table) + " WHERE " + where);
            update = prepared("UPDATE " + quoted(table) + " SET " + set + " WHERE " + where + " AND NOT (" + same
                    + ") RETURNING *");
        }
    }

    private PreparedStatement prepared(String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        prepared.add(statement);
        return statement;
    }

    private static int bind(PreparedStatement statement, int first, List<Object> values) throws SQLException {
        int index = first;
        for (Iterator<Object> iterator = values.iterator(); iterator.hasNext(); index++) {
            statement.setObject(index, iterator.next());
        }
        return index;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String quoted(List<String> names) {
        return names.stream().map(TableLoad::quoted).collect(Collectors.joining(", "));
    }
}
