package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.database.Contents.Table;
import dev.godwit.activities.database.LongStatement;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.step.PreviewContext;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what a PostgreSQL database holds, as far as {@code pg_dump} takes it along. */
final class PostgresContents {
    /** Not the server's own, not the journal of steps, and not what an extension brings along. */
    private static final String OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'godwit')"
            + " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = x.oid AND d.deptype = 'e')";
    private static final String TABLES = "SELECT n.nspname, x.relname FROM pg_class x"
            + " JOIN pg_namespace n ON n.oid = x.relnamespace WHERE x.relkind = 'r' AND x.relpersistence <> 't' AND "
            + OURS + " ORDER BY 1, 2";
    /**
     * What a database, a role or a worker may set otherwise of the forms of values: the same rows are to have the same hash
     * wherever they are. Names are written in full, whatever the search path is.
     */
    private static final String FORMS = "SET LOCAL search_path = pg_catalog; SET LOCAL bytea_output = 'hex';"
            + " SET LOCAL intervalstyle = 'postgres'; SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC';"
            + " SET LOCAL extra_float_digits = 3; SET LOCAL lc_monetary = 'C'; SET LOCAL quote_all_identifiers = off";
    /**
     * By name: the texts of expressions may be put in other words by a restore, and their names never are. A constraint
     * against NULL, which only newer servers name, is known from its column.
     */
    private static final String SCHEMA = "SELECT md5(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\"), ''))"
            + " FROM (SELECT format('%s %I.%I %s', x.relkind, n.nspname, x.relname, (SELECT string_agg(format('%I %s %s',"
            + " a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull), ',' ORDER BY a.attnum) FROM pg_attribute a"
            + " WHERE a.attrelid = x.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS line"
            + " FROM pg_class x JOIN pg_namespace n ON n.oid = x.relnamespace WHERE x.relpersistence <> 't' AND " + OURS
            + " AND x.relkind <> 't'"
            + " UNION ALL SELECT format('constraint %I.%I %s', n.nspname, x.conname, x.conrelid::regclass)"
            + " FROM pg_constraint x JOIN pg_namespace n ON n.oid = x.connamespace WHERE x.contype <> 'n' AND " + OURS
            + " UNION ALL SELECT format('function %I.%I %s', n.nspname, x.proname, md5(x.prosrc))"
            + " FROM pg_proc x JOIN pg_namespace n ON n.oid = x.pronamespace WHERE " + OURS
            + " UNION ALL SELECT format('trigger %I on %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t"
            + " JOIN pg_class x ON x.oid = t.tgrelid JOIN pg_namespace n ON n.oid = x.relnamespace"
            + " WHERE NOT t.tgisinternal AND " + OURS + ") AS lines";

    private final ReadablePostgres database;
    private final PreviewContext context;

    PostgresContents(ReadablePostgres database, PreviewContext context) {
        this.database = database;
        this.context = context;
    }

    /** The tables whose rows a dump holds. */
    static List<TableName> tables(Connection connection) throws SQLException {
        List<TableName> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(TABLES)) {
            while (found.next()) {
                tables.add(new TableName(Optional.of(found.getString(1)), found.getString(2)));
            }
        }
        return tables;
    }

    /**
     * Counts and hashes all rows.
     *
     * @param connection whose snapshot is read
     * @param between done between two tables
     */
    Contents read(Connection connection, PostgresTool.Pulse between) throws Exception {
        List<Table> read = new ArrayList<>();
        List<TableName> tables = tables(connection);
        try (Statement statement = connection.createStatement()) {
            boolean ownTransaction = connection.getAutoCommit();
            connection.setAutoCommit(false);
            statement.execute(FORMS);
            for (TableName table : tables) {
                between.beat();
                context.checkpoint();
                context.progress(read.size(), tables.size(), "tables hashed");
                read.add(new LongStatement(database, context).run(connection, () -> read(statement, table)));
            }
            String schema = text(statement, SCHEMA);
            if (ownTransaction) {
                connection.rollback();
                connection.setAutoCommit(true);
            }
            return new Contents(Optional.of(schema), read);
        }
    }

    private static Table read(Statement statement, TableName table) throws SQLException {
        try (ResultSet row = statement
                .executeQuery("SELECT count(*), coalesce(sum(hashtextextended(godwit_row::text, 0)), 0)::text"
                        + " FROM ONLY " + table.sql() + " AS godwit_row")) {
            row.next();
            return new Table(table.toString(), row.getLong(1), Optional.of(row.getString(2)));
        }
    }

    private static String text(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }
}
