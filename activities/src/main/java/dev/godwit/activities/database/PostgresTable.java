package dev.godwit.activities.database;

import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A table as PostgreSQL's catalog has it.
 *
 * @param name its name, always with the schema
 * @param oid its object identifier
 * @param kind what it is, as {@code pg_class.relkind} has it: r table, p partitioned, f foreign, v view, m materialized view
 * @param columns in the table's order, without dropped ones
 * @param primaryKey the columns of the primary key, in its order; empty if there is none
 * @param rows about how many there are, by the server's statistics; negative if it does not know
 */
public record PostgresTable(TableName name, long oid, char kind, List<Column> columns, List<String> primaryKey,
        long rows) {

    public PostgresTable {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
    }

    /**
     * A column.
     *
     * @param name its name
     * @param type its type as DDL writes it, with modifiers: {@code numeric(10,2)}, {@code text[]}
     * @param typeName the type's name in the catalog: {@code numeric}, {@code _text}
     * @param typeOid the type's object identifier
     * @param sort what sort of type it is, as {@code pg_type.typtype} has it: b base, c composite, d domain, e enum, p pseudo,
     *     r range, m multirange
     * @param element the element type's name if this is an array
     * @param required whether it refuses null
     * @param generated whether it is computed from other columns, so that nothing can be written to it
     * @param identity whether it is an identity column: {@code a} always, {@code d} by default, or empty
     * @param defaultExpression the expression of its default, or of what generates it
     */
    public record Column(String name, String type, String typeName, long typeOid, char sort, Optional<String> element,
            boolean required, boolean generated, String identity, Optional<String> defaultExpression) {}

    /** Whether a transaction can keep it from being changed ({@code LOCK TABLE}). */
    public boolean isLockable() {
        return kind == 'r' || kind == 'p' || kind == 'v';
    }

    /** The columns that can be written: all but the generated ones. */
    public List<Column> writableColumns() {
        return columns.stream().filter(column -> !column.generated()).toList();
    }

    /**
     * Reads a table from the catalog; a name without a schema is looked for as the session's search path has it.
     *
     * @return nothing if there is no such table
     * @throws StepFailure if the name is of something that holds no rows
     */
    public static Optional<PostgresTable> find(Connection connection, TableName name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT c.oid, n.nspname, c.relname, c.reltuples, c.relkind FROM pg_class c JOIN pg_namespace n"
                        + " ON n.oid = c.relnamespace WHERE c.oid = to_regclass(?)")) {
            statement.setString(1, name.sql());
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    return Optional.empty();
                }
                String kind = found.getString("relkind");
                if (!"rpfvm".contains(kind)) {
                    throw StepFailure.user("not-a-table", name + " is not a table; correct the location");
                }
                long oid = found.getLong("oid");
                return Optional.of(new PostgresTable(
                        new TableName(Optional.of(found.getString("nspname")), found.getString("relname")), oid,
                        kind.charAt(0),
                        columns(connection, oid), primaryKey(connection, oid), (long) found.getDouble("reltuples")));
            }
        }
    }

    /**
     * Reads a table from the catalog.
     *
     * @throws StepFailure if there is none
     */
    public static PostgresTable require(Connection connection, TableName name) throws SQLException {
        return find(connection, name).orElseThrow(() -> StepFailure.user("table-missing",
                "there is no table " + name + " in the database; make it with an earlier step, or correct its name"));
    }

    /**
     * The name of a table with its schema: where a name without one is found by the session's search path, or where a table
     * of that name would be made.
     */
    public static TableName fullName(Connection connection, TableName name) throws SQLException {
        if (name.schema().isPresent()) {
            return name;
        }
        Optional<PostgresTable> found = find(connection, name);
        if (found.isPresent()) {
            return found.get().name();
        }
        try (Statement statement = connection.createStatement();
                ResultSet schema = statement.executeQuery("SELECT current_schema()")) {
            schema.next();
            return new TableName(Optional.ofNullable(schema.getString(1)), name.name());
        }
    }

    private static List<Column> columns(Connection connection, long table) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, t.typname, t.oid, t.typtype,"
                        + " e.typname AS element, a.attnotnull, a.attgenerated <> '' AS generated, a.attidentity,"
                        + " pg_get_expr(d.adbin, d.adrelid) AS expression"
                        + " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
                        + " LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'"
                        + " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
                        + " WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum")) {
            statement.setLong(1, table);
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    columns.add(new Column(found.getString("attname"), found.getString("type"),
                            found.getString("typname"), found.getLong("oid"), found.getString("typtype").charAt(0),
                            Optional.ofNullable(found.getString("element")), found.getBoolean("attnotnull"),
                            found.getBoolean("generated"), found.getString("attidentity"),
                            Optional.ofNullable(found.getString("expression"))));
                }
            }
        }
        return columns;
    }

    private static List<String> primaryKey(Connection connection, long table) throws SQLException {
        List<String> key = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT a.attname FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, n)"
                        + " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
                        + " WHERE i.indrelid = ? AND i.indisprimary ORDER BY k.n")) {
            statement.setLong(1, table);
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    key.add(found.getString(1));
                }
            }
        }
        return key;
    }
}
