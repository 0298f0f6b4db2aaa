package dev.godwit.activities.database;

import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table, or a view, as SQLite has it.
 *
 * @param name its name
 * @param sql the statement that made it
 * @param columns in the table's order
 * @param rowid a name for the row's number that no column bears; absent if rows have none
 * @param indexes unique and other ones, without that of the primary key
 * @param foreignKeys in the order in which they were declared
 * @param lastNumber the greatest number that AUTOINCREMENT gave, if it is declared
 */
public record SqliteTable(String name, String sql, List<Column> columns, Optional<String> rowid, List<Index> indexes,
        List<ForeignKey> foreignKeys, OptionalLong lastNumber) {

    /**
     * A column.
     *
     * @param name its name
     * @param declared its type as it was declared; may be empty
     * @param required whether it is declared NOT NULL
     * @param keyPosition its place in the primary key, from 1; 0 if it is not in it
     * @param isRowid whether it is the row's number under another name
     * @param generated whether it is computed from others
     * @param defaultExpression as it was declared
     */
    public record Column(String name, String declared, boolean required, int keyPosition, boolean isRowid,
            boolean generated,
            Optional<String> defaultExpression) {}

    /**
     * An index.
     *
     * @param name its name; absent if a constraint made it
     * @param unique whether it refuses equal rows
     * @param columns with DESC behind them where they go down
     * @param plain whether PostgreSQL can have the same: no expressions, no condition, no collation
     */
    public record Index(Optional<String> name, boolean unique, List<String> columns, boolean plain) {}

    /** A foreign key; {@code to} is empty if it leads to the primary key. */
    public record ForeignKey(String table, List<String> from, List<String> to, String onUpdate, String onDelete) {}

    public List<String> primaryKey() {
        return columns.stream()
                .filter(column -> column.keyPosition() > 0)
                .sorted(Comparator.comparingInt(Column::keyPosition))
                .map(Column::name)
                .toList();
    }

    /** What tells rows apart, as SQL writes it; empty if nothing does. */
    public List<String> rowNames() {
        List<String> key = primaryKey().stream().map(TableName::quoted).toList();
        return key.isEmpty() ? rowid.stream().toList() : key;
    }

    /** @throws StepFailure if there is none */
    public static SqliteTable require(Connection connection, String name) throws SQLException {
        return find(connection, name).orElseThrow(() -> StepFailure.user("table-missing",
                "there is no table " + name + " in the database; make it with an earlier step, or correct its name"));
    }

    public static Optional<SqliteTable> find(Connection connection, String wanted) throws SQLException {
        String name;
        String sql;
        try (PreparedStatement statement = connection.prepareStatement("SELECT name, sql FROM sqlite_master"
                + " WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE")) {
            statement.setString(1, wanted);
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    return Optional.empty();
                }
                name = found.getString(1);
                sql = found.getString(2);
            }
        }
        boolean hasRowid = withRowid(connection, name);
        boolean keyHasIndex = !rows(connection, "SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", name)
                .isEmpty();
        List<Column> columns = columns(connection, name, hasRowid && !keyHasIndex);
        return Optional.of(new SqliteTable(name, sql, columns, hasRowid ? rowid(columns) : Optional.empty(),
                indexes(connection, name), foreignKeys(connection, name), lastNumber(connection, name)));
    }

    private static boolean withRowid(Connection connection, String name) throws SQLException {
        List<List<String>> found = rows(connection,
                "SELECT type, wr FROM pragma_table_list(?) WHERE schema = 'main'", name);
        return found.stream().anyMatch(row -> row.get(0).equals("table") && row.get(1).equals("0"));
    }

    private static Optional<String> rowid(List<Column> columns) {
        Optional<String> alias = columns.stream().filter(Column::isRowid).map(Column::name).findFirst();
        Set<String> taken = columns.stream()
                .map(column -> column.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        return alias.map(TableName::quoted)
                .or(() -> Stream.of("rowid", "_rowid_", "oid").filter(word -> !taken.contains(word)).findFirst());
    }

    private static List<Column> columns(Connection connection, String name, boolean keyMayBeRowid)
            throws SQLException {
        List<Column> columns = new ArrayList<>();
        for (List<String> row : rows(connection,
                "SELECT name, type, \"notnull\", pk, hidden, dflt_value,"
                        + " (SELECT count(*) FROM pragma_table_xinfo(?1) WHERE pk > 0) FROM pragma_table_xinfo(?1)",
                name)) {
            boolean isRowid = keyMayBeRowid && !row.get(3).equals("0") && row.get(6).equals("1")
                    && row.get(1).equalsIgnoreCase("INTEGER");
            columns.add(new Column(row.get(0), row.get(1), row.get(2).equals("1"), Integer.parseInt(row.get(3)),
                    isRowid, row.get(4).equals("2") || row.get(4).equals("3"), Optional.ofNullable(row.get(5))));
        }
        return columns;
    }

    private static List<Index> indexes(Connection connection, String name) throws SQLException {
        List<Index> indexes = new ArrayList<>();
        for (List<String> row : rows(connection, "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?)"
                + " WHERE origin <> 'pk' ORDER BY seq DESC", name)) {
            List<String> columns = new ArrayList<>();
            boolean plain = row.get(3).equals("0");
            for (List<String> part : rows(connection,
                    "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?) WHERE \"key\" = 1 ORDER BY seqno",
                    row.get(0))) {
                plain &= part.get(0) != null && part.get(2).equalsIgnoreCase("BINARY");
                columns.add(TableName.quoted(String.valueOf(part.get(0)))
                        + (part.get(1).equals("1") ? " DESC" : ""));
            }
            indexes.add(new Index(row.get(2).equals("c") ? Optional.of(row.get(0)) : Optional.empty(),
                    row.get(1).equals("1"), columns, plain));
        }
        return indexes;
    }

    private static List<ForeignKey> foreignKeys(Connection connection, String name) throws SQLException {
        Map<String, ForeignKey> keys = new LinkedHashMap<>();
        for (List<String> row : rows(connection, "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete"
                + " FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq", name)) {
            ForeignKey key = keys.computeIfAbsent(row.get(0), id -> new ForeignKey(row.get(1), new ArrayList<>(),
                    new ArrayList<>(), row.get(4), row.get(5)));
            key.from().add(row.get(2));
            if (row.get(3) != null) {
                key.to().add(row.get(3));
            }
        }
        return List.copyOf(keys.values());
    }

    private static OptionalLong lastNumber(Connection connection, String name) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet there = statement
                        .executeQuery("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")) {
            if (!there.next()) {
                return OptionalLong.empty();
            }
        }
        List<List<String>> found = rows(connection, "SELECT seq FROM sqlite_sequence WHERE name = ?", name);
        return found.isEmpty() || found.get(0).get(0) == null
                ? OptionalLong.empty()
                : OptionalLong.of(Long.parseLong(found.get(0).get(0)));
    }

    private static List<List<String>> rows(Connection connection, String sql, String argument) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, argument);
            try (ResultSet found = statement.executeQuery()) {
                int width = found.getMetaData().getColumnCount();
                while (found.next()) {
                    List<String> row = new ArrayList<>();
                    for (int i = 1; i <= width; i++) {
                        row.add(found.getString(i));
                    }
                    rows.add(row);
                }
            }
        }
        return rows;
    }
}
