package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepWorld;
import java.util.ArrayList;
import java.util.List;

/** All that can be seen of a database from outside, by queries of its own. */
final class DatabaseView implements StepWorld.View {
    private static final String OTHERS = " NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";
    private final PostgresServer.Database database;

    DatabaseView(PostgresServer.Database database) {
        this.database = database;
    }

    @Override
    public List<String> lines() throws Exception {
        List<String> lines = new ArrayList<>();
        lines.addAll(database.rows("SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname" + OTHERS
                + " ORDER BY nspname"));
        lines.addAll(
                database.rows("SELECT 'column ' || format('%I.%I.%I %s %s %s %s %s %s %s %s', n.nspname, c.relname,"
                        + " a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,"
                        + " a.attstorage, a.attcollation::regcollation, c.relkind, pg_get_expr(d.adbin, d.adrelid))"
                        + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
                        + " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
                        + " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'godwit' AND n.nspname"
                        + OTHERS
                        + " ORDER BY n.nspname, c.relname, a.attnum"));
        lines.addAll(database.rows("SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname <> 'godwit'"
                + " AND schemaname" + OTHERS + " ORDER BY 1"));
        lines.addAll(database.rows("SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' '"
                + " || pg_get_constraintdef(oid) || ' ' || convalidated FROM pg_constraint"
                + " WHERE connamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
                + " AND connamespace::regnamespace::text <> 'godwit' ORDER BY 1"));
        lines.addAll(
                database.rows("SELECT 'sequence ' || format('%I.%I %s %s %s %s %s %s %s', schemaname, sequencename,"
                        + " data_type, start_value, min_value, max_value, increment_by, cycle, last_value) FROM pg_sequences"
                        + " ORDER BY 1"));
        for (String table : database.rows("SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
                + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm')"
                + " AND n.nspname <> 'godwit' AND n.nspname" + OTHERS + " ORDER BY 1")) {
            for (String row : database.rows("SELECT t::text FROM " + table + " t ORDER BY 1")) {
                lines.add("row " + table + " " + row);
            }
        }
        return lines;
    }
}
