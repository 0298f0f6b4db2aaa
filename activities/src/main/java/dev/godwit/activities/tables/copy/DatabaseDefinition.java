package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Some schemas of a PostgreSQL database as another one is to have them. What belongs to an extension is left to it.
 *
 * @param types enums, domains and composite types, in the order in which they were made
 * @param sequences those that belong to no table, by name as SQL writes it
 * @param tables the tables; partitioned ones come before their partitions
 * @param partitionOf for a table that is a partition: the clause that makes it one
 * @param views views and materialized views, in the order in which they were made
 * @param leftOut what the target will not have, a line each, without what the tables' own definitions leave out
 */
record DatabaseDefinition(List<DatabaseObject> types, Map<String, DatabaseObject> sequences,
        Map<PostgresTable, TableDefinition> tables, Map<TableName, String> partitionOf, List<DatabaseObject> views,
        List<String> leftOut) {

    private static final String NOT_OF_EXTENSION = " AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.objid = %s"
            + " AND e.deptype = 'e')";

    /**
     * Reads the definition.
     *
     * @param connection a session with the source whose search path is empty
     * @param schemas the schemas
     * @param wanted which tables are wanted
     */
    static DatabaseDefinition read(Connection connection, List<String> schemas, Predicate<TableName> wanted)
            throws SQLException {
        return new Reader(connection, schemas).read(wanted);
    }

    /** Reads some schemas. */
    private static final class Reader {
        private final Connection connection;
        private final List<String> schemas;
        private final Map<PostgresTable, TableDefinition> tables = new LinkedHashMap<>();
        private final Map<TableName, String> partitionOf = new LinkedHashMap<>();
        private final Map<String, DatabaseObject> sequences = new LinkedHashMap<>();
        private final List<String> leftOut = new ArrayList<>();

        Reader(Connection connection, List<String> schemas) {
            this.connection = connection;
            this.schemas = schemas;
        }

        DatabaseDefinition read(Predicate<TableName> wanted) throws SQLException {
            readTables(wanted);
            each("SELECT c.oid::regclass::text, format('CREATE SEQUENCE %s AS %s START %s INCREMENT %s MINVALUE %s"
                    + " MAXVALUE %s CACHE %s%s', c.oid::regclass, format_type(q.seqtypid, NULL), q.seqstart,"
                    + " q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END)"
                    + " FROM pg_class c JOIN pg_sequence q ON q.seqrelid = c.oid WHERE c.relnamespace = ANY (?)"
                    + " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))"
                    + " ORDER BY c.oid",
                    found -> sequences.put(found.getString(1), new DatabaseObject("sequence " + found.getString(1),
                            found.getString(2), "DROP SEQUENCE IF EXISTS " + found.getString(1))));
            readLeftOut();
            return new DatabaseDefinition(types(), sequences, tables, partitionOf, views(), leftOut);
        }

        private void readTables(Predicate<TableName> wanted) throws SQLException {
            List<TableName> names = new ArrayList<>();
            each("SELECT n.nspname, c.relname, c.relkind, pg_get_expr(c.relpartbound, c.oid) AS bound,"
                    + " (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid LIMIT 1) AS parent,"
                    + " c.relispartition FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                    + " WHERE c.relnamespace = ANY (?) AND c.relkind IN ('r', 'p', 'f')"
                    + NOT_OF_EXTENSION.formatted("c.oid")
                    + " ORDER BY (SELECT count(*) FROM pg_partition_ancestors(c.oid)), c.oid", found -> {
                        TableName name = new TableName(Optional.of(found.getString("nspname")),
                                found.getString("relname"));
                        if (!wanted.test(name)) {
                            return;
                        }
                        if (found.getString("relkind").equals("f")) {
                            leftOut.add("foreign table " + name);
                            return;
                        }
                        names.add(name);
                        if (found.getBoolean("relispartition")) {
                            partitionOf.put(name, "ALTER TABLE " + found.getString("parent") + " ATTACH PARTITION "
                                    + name.sql() + " " + found.getString("bound"));
                        } else if (found.getString("parent") != null) {
                            leftOut.add("inheritance of " + name + " from " + found.getString("parent"));
                        }
                    });
            for (TableName name : names) {
                PostgresTable table = PostgresTable.require(connection, name);
                tables.put(table, TableDefinition.read(connection, table, same -> same, List.of(), Map.of(), true));
            }
        }

        private List<DatabaseObject> types() throws SQLException {
            List<DatabaseObject> types = new ArrayList<>();
            each("SELECT t.oid::regtype::text AS name, t.typtype, CASE t.typtype"
                    + " WHEN 'e' THEN 'CREATE TYPE ' || t.oid::regtype || ' AS ENUM ('"
                    + " || (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum"
                    + " WHERE enumtypid = t.oid) || ')'"
                    + " WHEN 'd' THEN concat('CREATE DOMAIN ', t.oid::regtype, ' AS ', format_type(t.typbasetype,"
                    + " t.typtypmod), ' DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN ' NOT NULL' END,"
                    + " (SELECT string_agg(' CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid), '')"
                    + " FROM pg_constraint WHERE contypid = t.oid AND contype = 'c'))"
                    + " WHEN 'c' THEN 'CREATE TYPE ' || t.oid::regtype || ' AS (' || coalesce((SELECT"
                    + " string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)"
                    + " FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped), '') || ')' END"
                    + " FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE t.typnamespace = ANY (?)"
                    + " AND (t.typtype IN ('e', 'd') OR t.typtype = 'c' AND c.relkind = 'c')"
                    + NOT_OF_EXTENSION.formatted("t.oid") + " ORDER BY t.oid", found -> {
                        boolean domain = found.getString("typtype").equals("d");
                        types.add(new DatabaseObject("type " + found.getString("name"), found.getString(3),
                                "DROP " + (domain ? "DOMAIN" : "TYPE") + " IF EXISTS " + found.getString("name")));
                    });
            return types;
        }

        private List<DatabaseObject> views() throws SQLException {
            List<DatabaseObject> views = new ArrayList<>();
            each("SELECT c.oid::regclass::text, CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END,"
                    + " pg_get_viewdef(c.oid), array_to_string(c.reloptions, ', ')"
                    + " FROM pg_class c WHERE c.relnamespace = ANY (?) AND c.relkind IN ('v', 'm')"
                    + NOT_OF_EXTENSION.formatted("c.oid") + " ORDER BY c.oid", found -> {
                        String kind = found.getString(2);
                        String name = found.getString(1);
                        String options = found.getString(4) == null ? "" : " WITH (" + found.getString(4) + ")";
                        views.add(new DatabaseObject(kind.toLowerCase(java.util.Locale.ROOT) + " " + name,
                                "CREATE " + kind + " " + name + options + " AS " + found.getString(3),
                                "DROP " + kind + " IF EXISTS " + name));
                    });
            return views;
        }

        private void readLeftOut() throws SQLException {
            each("SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END"
                    + " || p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = ANY (?)"
                    + NOT_OF_EXTENSION.formatted("p.oid") + " ORDER BY 1", found -> leftOut.add(found.getString(1)));
            each("SELECT 'range type ' || t.oid::regtype FROM pg_type t WHERE t.typnamespace = ANY (?)"
                    + " AND t.typtype = 'r'" + NOT_OF_EXTENSION.formatted("t.oid") + " ORDER BY 1",
                    found -> leftOut.add(found.getString(1)));
            each("SELECT 'index ' || i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
                    + " WHERE c.relnamespace = ANY (?) AND c.relkind = 'm' ORDER BY 1",
                    found -> leftOut.add(found.getString(1) + " of a materialized view"));
        }

        private void each(String query, Row row) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(query.replace("= ANY (?)",
                    "IN (SELECT oid FROM pg_namespace WHERE nspname = ANY (?))"))) {
                statement.setArray(1, connection.createArrayOf("text", schemas.toArray()));
                try (ResultSet found = statement.executeQuery()) {
                    while (found.next()) {
                        row.read(found);
                    }
                }
            }
        }
    }

    /** Reads a row. */
    @FunctionalInterface
    private interface Row {
        void read(ResultSet found) throws SQLException;
    }
}
