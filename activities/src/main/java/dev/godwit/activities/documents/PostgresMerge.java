package dev.godwit.activities.documents;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.documents.LoadTarget.Put;
import dev.godwit.activities.documents.LoadTarget.Row;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.tables.copy.PostgresTarget;
import dev.godwit.step.RunContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Puts rows into a table that held some before: what is the same is left alone, what differs is kept for the undo and then
 * replaced, what is new is inserted.
 */
final class PostgresMerge {
    /** The column with the number of a row; no declared one is likely to have its name. */
    private static final String NUMBER = TableName.quoted("number of the row");

    private final RowReader reader;
    private final Connection connection;
    private final PostgresTable table;
    private final List<PostgresColumn> columns;
    private final List<String> key;
    private final Existing existing;
    private final String kept;

    /** @param kept where the originals of replaced rows are to be kept */
    PostgresMerge(String uses, Connection connection, PostgresTable table, List<PostgresColumn> columns,
            List<String> key, Existing existing, String kept) {
        this.reader = new RowReader(uses, columns.stream().map(PostgresColumn::column).toList(), key);
        this.connection = connection;
        this.table = table;
        this.columns = columns;
        this.key = key;
        this.existing = existing;
        this.kept = kept;
    }

    /** How rows compare with what the table holds. */
    record Found(long same, long different) {}

    /** Where a step keeps the originals of rows that it replaces, as SQL writes it. */
    static String kept(RunContext context, PostgresTarget.Prepared table) {
        // Names in PostgreSQL have 63 bytes, and steps' may be longer.
        MessageDigest digest = Hashes.newSha256();
        digest.update((context.identity().runId() + " " + context.identity().step() + " " + context.identity().round())
                .getBytes(StandardCharsets.UTF_8));
        return "godwit." + TableName.quoted("replaced_" + table.oid() + "_" + Hashes.hex(digest).substring(0, 16));
    }

    Put put(List<Row> rows) throws SQLException {
        if (rows.isEmpty()) {
            return new Put(0, 0, 0, Checksum.ZERO);
        }
        if (key.isEmpty()) {
            execute("INSERT INTO " + table.name().sql() + " (" + names("") + ") SELECT " + names("new.") + " FROM "
                    + given(), rows);
            return new Put(rows.size(), 0, 0, new Checksum(rows.size(), 0));
        }
        Found found = find(rows);
        if (found.different() > 0) {
            replace(rows);
        }
        execute("INSERT INTO " + table.name().sql() + " (" + names("") + ") SELECT " + names("new.") + " FROM "
                + given() + " WHERE NOT EXISTS (SELECT 1 FROM " + table.name().sql() + " AS old WHERE " + sameKey()
                + ")", rows);
        return new Put(rows.size(), found.same(), found.different(), new Checksum(rows.size(), 0));
    }

    /** Looks for the keys of rows; one that must not be there is refused. */
    Found find(List<Row> rows) throws SQLException {
        long same = 0;
        long different = 0;
        try (PreparedStatement statement = prepare(
                "SELECT new." + NUMBER + ", " + differs() + " FROM " + given() + " JOIN "
                        + table.name().sql() + " AS old ON " + sameKey() + " ORDER BY new." + NUMBER,
                rows);
                ResultSet found = statement.executeQuery()) {
            while (found.next()) {
                if (existing == Existing.REFUSE) {
                    throw reader.exists(rows.get(found.getInt(1) - 1), table.name().toString());
                }
                boolean differs = found.getBoolean(2);
                same += differs ? 0 : 1;
                different += differs ? 1 : 0;
            }
        }
        return new Found(same, different);
    }

    private void replace(List<Row> rows) throws SQLException {
        PostgresLoad.execute(connection,
                "CREATE TABLE IF NOT EXISTS " + kept + " AS SELECT * FROM " + table.name().sql() + " WITH NO DATA");
        // Nobody changes any of them between the statement that keeps and the one that replaces.
        execute("SELECT 1 FROM " + given() + " JOIN " + table.name().sql() + " AS old ON " + sameKey()
                + " FOR NO KEY UPDATE OF old", rows);
        execute("INSERT INTO " + kept + " SELECT old.* FROM " + given() + " JOIN " + table.name().sql()
                + " AS old ON " + sameKey() + " WHERE " + differs(), rows);
        String set = columns.stream()
                .map(column -> TableName.quoted(column.column().name()))
                .map(name -> name + " = new." + name)
                .collect(Collectors.joining(", "));
        execute("UPDATE " + table.name().sql() + " AS old SET " + set + " FROM " + given() + " WHERE " + sameKey()
                + " AND " + differs(), rows);
    }

    private String names(String prefix) {
        return columns.stream()
                .map(column -> prefix + TableName.quoted(column.column().name()))
                .collect(Collectors.joining(", "));
    }

    private String sameKey() {
        return key.stream()
                .map(TableName::quoted)
                .map(name -> "old." + name + " = new." + name)
                .collect(Collectors.joining(" AND "));
    }

    private String differs() {
        return columns.stream()
                .filter(column -> !key.contains(column.column().name()))
                .map(column -> TableName.quoted(column.column().name())
                        + (column.type().equals("json") ? "::text" : ""))
                .map(name -> "old." + name + " IS DISTINCT FROM new." + name)
                .collect(Collectors.joining(" OR ", "(false OR ", ")"))
                .replace("(false OR )", "false");
    }

    /** The rows as a table {@code new} with their number. */
    private String given() {
        String values = IntStream.range(0, columns.size())
                .mapToObj(i -> "v" + i + "::" + columns.get(i).type() + " AS "
                        + TableName.quoted(columns.get(i).column().name()))
                .collect(Collectors.joining(", "));
        String arrays = columns.stream().map(column -> "?::text[]").collect(Collectors.joining(", "));
        String variables = IntStream.range(0, columns.size()).mapToObj(i -> "v" + i).collect(Collectors.joining(", "));
        return "(SELECT " + NUMBER + ", " + values + " FROM unnest(" + arrays + ") WITH ORDINALITY AS given ("
                + variables
                + ", " + NUMBER + ")) AS new";
    }

    private void execute(String sql, List<Row> rows) throws SQLException {
        try (PreparedStatement statement = prepare(sql, rows)) {
            statement.execute();
        }
    }

    private PreparedStatement prepare(String sql, List<Row> rows) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < columns.size(); i++) {
            List<String> values = new ArrayList<>(rows.size());
            for (Row row : rows) {
                Object value = row.values().get(i);
                values.add(value == null ? null : value.toString());
            }
            statement.setArray(i + 1, connection.createArrayOf("text", values.toArray()));
        }
        return statement;
    }
}
