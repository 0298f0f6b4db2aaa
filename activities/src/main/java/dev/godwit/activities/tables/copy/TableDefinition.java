package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A PostgreSQL table as another database is to have it: what makes it, and what is added when it has its rows.
 *
 * <p>Columns with types, collations, storage, defaults, identity, generation and {@code NOT NULL}; checks; the sequences
 * that it owns; keys, indexes, exclusions and foreign keys; its way of partitioning and its place as a partition. Not:
 * triggers, rules, policies, statistics, comments, owners, grants and tablespaces.
 *
 * @param ownSequences the statements that make the sequences which its defaults take values from and which go with it
 * @param create the statements that make it then
 * @param sequences the sequences that feed its columns
 * @param indexes what finds rows and makes them unique, each on its own
 * @param constraints what is added when the indexes are there
 * @param foreignKeys what is added when all tables have their constraints
 * @param leftOut what the target will not have, a line each
 */
record TableDefinition(List<String> ownSequences, List<String> create, List<FeedingSequence> sequences,
        List<Addition> indexes,
        List<Addition> constraints, List<ForeignKey> foreignKeys, List<String> leftOut) {

    /**
     * Something added to a table that has its rows.
     *
     * @param name what it is, for people and for the journal
     * @param sql the statement that adds it
     */
    record Addition(String name, String sql) {}

    /**
     * A foreign key.
     *
     * @param addition what adds it
     * @param referenced the table that it leads to, in the target
     */
    record ForeignKey(Addition addition, TableName referenced) {}

    /**
     * A sequence that feeds a column.
     *
     * @param column the column
     * @param source the sequence in the source, as SQL writes it
     */
    record FeedingSequence(String column, String source) {}

    /** Where the tables of the source are in the target. */
    @FunctionalInterface
    interface Names {
        TableName inTarget(TableName source);
    }

    /**
     * Reads a definition.
     *
     * @param connection a session with the source whose search path is empty
     * @param names where tables are in the target
     * @param columns the columns that it is to have; all if empty
     * @param types other types for some columns
     * @param partitioned whether a partitioned table is to be one there too
     */
    static TableDefinition read(Connection connection, PostgresTable table, Names names, List<String> columns,
            Map<String, String> types, boolean partitioned) throws SQLException {
        return new Reader(connection, table, names, columns, types, partitioned).read();
    }

    /** All statements that make it. */
    List<String> statements() {
        return Stream.concat(ownSequences.stream(), create.stream()).toList();
    }

    /** Reads one table. */
    private static final class Reader {
        private final Connection connection;
        private final PostgresTable table;
        private final TableName target;
        private final Names names;
        private final List<String> wanted;
        private final Map<String, String> types;
        private final boolean partitioned;
        private final List<String> before = new ArrayList<>();
        private final List<String> after = new ArrayList<>();
        private final List<FeedingSequence> sequences = new ArrayList<>();
        private final List<Addition> indexes = new ArrayList<>();
        private final List<Addition> constraints = new ArrayList<>();
        private final List<ForeignKey> foreignKeys = new ArrayList<>();
        private final List<String> leftOut = new ArrayList<>();

        Reader(Connection connection, PostgresTable table, Names names, List<String> wanted,
                Map<String, String> types, boolean partitioned) {
            this.connection = connection;
            this.table = table;
            this.target = names.inTarget(table.name());
            this.names = names;
            this.wanted = wanted;
            this.types = types;
            this.partitioned = partitioned && table.kind() == 'p';
        }

        TableDefinition read() throws SQLException {
            List<String> parts = new ArrayList<>(columns());
            String options = readConstraints(parts);
            readIndexes();
            readRest();
            List<String> create = new ArrayList<>();
            create.add(options.formatted(target.sql(), String.join(", ", parts)));
            create.addAll(after);
            return new TableDefinition(List.copyOf(before), List.copyOf(create), List.copyOf(sequences),
                    List.copyOf(indexes),
                    List.copyOf(constraints), List.copyOf(foreignKeys), List.copyOf(leftOut));
        }

        private List<String> columns() throws SQLException {
            List<String> parts = new ArrayList<>();
            try (PreparedStatement statement = connection.prepareStatement("SELECT a.attname,"
                    + " format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attidentity,"
                    + " a.attgenerated <> '' AS generated, pg_get_expr(d.adbin, d.adrelid) AS expression,"
                    + " CASE WHEN a.attcollation <> t.typcollation THEN (SELECT quote_ident(n.nspname) || '.'"
                    + " || quote_ident(l.collname) FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace"
                    + " WHERE l.oid = a.attcollation) END AS collation,"
                    + " CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN'"
                    + " WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END AS storage,"
                    + " s.sequence, s.options"
                    + " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
                    + " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
                    + " LEFT JOIN LATERAL (SELECT q.seqrelid::regclass::text AS sequence, format('START %s INCREMENT %s"
                    + " MINVALUE %s MAXVALUE %s CACHE %s%s', q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache,"
                    + " CASE WHEN q.seqcycle THEN ' CYCLE' END) || '|' || format_type(q.seqtypid, NULL) AS options"
                    + " FROM pg_depend p JOIN pg_sequence q ON q.seqrelid = p.objid"
                    + " WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass"
                    + " AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype IN ('a', 'i')"
                    + " ORDER BY q.seqrelid LIMIT 1) s ON true"
                    + " WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum")) {
                statement.setLong(1, table.oid());
                try (ResultSet found = statement.executeQuery()) {
                    while (found.next()) {
                        if (wanted.isEmpty() || wanted.contains(found.getString("attname"))) {
                            parts.add(column(found));
                        }
                    }
                }
            }
            return parts;
        }

        private String column(ResultSet found) throws SQLException {
            String name = found.getString("attname");
            String quoted = TableName.quoted(name);
            String collation = found.getString("collation");
            String type = types.getOrDefault(name, found.getString("type"));
            StringBuilder part = new StringBuilder(quoted).append(' ').append(type);
            if (collation != null && !types.containsKey(name)) {
                part.append(" COLLATE ").append(collation);
            }
            String expression = found.getString("expression");
            String sequence = found.getString("sequence");
            if (sequence != null) {
                sequences.add(new FeedingSequence(name, sequence));
            }
            if (!found.getString("attidentity").isEmpty()) {
                part.append(found.getString("attidentity").equals("a") ? " GENERATED ALWAYS" : " GENERATED BY DEFAULT")
                        .append(" AS IDENTITY (")
                        .append(found.getString("options").replaceFirst("\\|.*", ""))
                        .append(')');
            } else if (found.getBoolean("generated")) {
                part.append(" GENERATED ALWAYS AS (").append(expression).append(") STORED");
            } else if (expression != null) {
                part.append(" DEFAULT ").append(sequence == null ? expression : fed(found, quoted, expression));
            }
            if (found.getBoolean("attnotnull")) {
                part.append(" NOT NULL");
            }
            String storage = found.getString("storage");
            if (storage != null && !types.containsKey(name)) {
                after.add("ALTER TABLE " + target.sql() + " ALTER COLUMN " + quoted + " SET STORAGE " + storage);
            }
            return part.toString();
        }

        /** The default of a column with a sequence that belongs to it, as {@code serial} makes them. */
        private String fed(ResultSet found, String column, String expression) throws SQLException {
            String source = found.getString("sequence");
            String name = TableName.parse(source).name();
            String renamed = table.name().name().equals(target.name())
                    ? name
                    : target.name() + "_" + found.getString("attname") + "_seq";
            String sequence = new TableName(target.schema(), renamed).sql();
            String[] options = found.getString("options").split("\\|");
            before.add("CREATE SEQUENCE " + sequence + " AS " + options[1] + " " + options[0]);
            after.add("ALTER SEQUENCE " + sequence + " OWNED BY " + target.sql() + "." + column);
            return expression.replace("nextval('" + source.replace("'", "''") + "'::regclass)",
                    "nextval('" + sequence.replace("'", "''") + "'::regclass)");
        }

        /** Adds checks to the parts of the statement; answers the statement, with room for the name and the parts. */
        private String readConstraints(List<String> parts) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement("SELECT quote_ident(k.conname) AS name,"
                    + " k.contype, k.convalidated, pg_get_constraintdef(k.oid) AS definition, r.relname AS referenced,"
                    + " n.nspname AS schema, k.conrelid = k.confrelid AS self, ARRAY(SELECT a.attname::text"
                    + " FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS columns"
                    + " FROM pg_constraint k LEFT JOIN pg_class r ON r.oid = k.confrelid"
                    + " LEFT JOIN pg_namespace n ON n.oid = r.relnamespace WHERE k.conrelid = ? AND k.conparentid = 0"
                    + " AND k.contype IN ('c', 'x', 'f') AND (k.conislocal"
                    // A partition must have the checks of its table before it becomes one.
                    + " OR (SELECT relispartition FROM pg_class WHERE oid = k.conrelid)) ORDER BY k.contype, k.conname")) {
                statement.setLong(1, table.oid());
                try (ResultSet found = statement.executeQuery()) {
                    while (found.next()) {
                        readConstraint(found, parts);
                    }
                }
            }
            try (PreparedStatement statement = connection.prepareStatement("SELECT c.relpersistence = 'u',"
                    + " array_to_string(c.reloptions, ', '), CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END"
                    + " FROM pg_class c WHERE c.oid = ?")) {
                statement.setLong(1, table.oid());
                try (ResultSet found = statement.executeQuery()) {
                    found.next();
                    String options = found.getString(2);
                    String partitioning = found.getString(3);
                    if (found.getBoolean(1)) {
                        // A crash of the target would empty it, after the copy has counted the rows as safe.
                        leftOut.add("that the table " + table.name() + " is unlogged");
                    }
                    return "CREATE TABLE %s (%s)"
                            + (partitioned ? " PARTITION BY " + partitioning.replace("%", "%%") : "")
                            + (options == null || table.kind() != 'r' ? "" : " WITH (" + options + ")");
                }
            }
        }

        private void readConstraint(ResultSet found, List<String> parts) throws SQLException {
            String name = found.getString("name");
            String definition = found.getString("definition");
            if (missesColumn(found, "constraint " + name)) {
                return;
            }
            String add = "ALTER TABLE " + target.sql() + " ADD CONSTRAINT " + name + " ";
            switch (found.getString("contype")) {
                case "c" -> {
                    if (found.getBoolean("convalidated")) {
                        parts.add("CONSTRAINT " + name + " " + definition);
                    } else {
                        constraints.add(new Addition("constraint " + name + " of " + target, add + definition));
                    }
                }
                case "x" -> constraints.add(new Addition("constraint " + name + " of " + target, add + definition));
                default -> {
                    TableName referenced = new TableName(Optional.of(found.getString("schema")),
                            found.getString("referenced"));
                    TableName there = found.getBoolean("self") ? target : names.inTarget(referenced);
                    String old = " REFERENCES " + quotedAsNeeded(referenced) + "(";
                    foreignKeys.add(new ForeignKey(new Addition("foreign key " + name + " of " + target,
                            add + definition.replace(old, " REFERENCES " + there.sql() + "(")), there));
                }
            }
        }

        private void readIndexes() throws SQLException {
            try (PreparedStatement statement = connection
                    .prepareStatement("SELECT c.relname, quote_ident(c.relname) AS quoted, i.indisunique,"
                            + " pg_get_indexdef(i.indexrelid) AS definition, k.conname, k.contype, k.condeferrable,"
                            + " k.condeferred, pg_get_constraintdef(k.oid) AS constraint, ARRAY(SELECT a.attname::text"
                            + " FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
                            + " WHERE (d.objid = i.indexrelid OR d.objid = k.oid) AND d.refobjid = i.indrelid"
                            + " AND d.refobjsubid > 0) AS columns"
                            + " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_constraint k"
                            + " ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')"
                            + " WHERE i.indrelid = ? AND i.indisvalid AND k.contype IS DISTINCT FROM 'x'"
                            + " ORDER BY i.indisprimary DESC, c.relname")) {
                statement.setLong(1, table.oid());
                try (ResultSet found = statement.executeQuery()) {
                    while (found.next()) {
                        if (!missesColumn(found, "index " + found.getString("relname"))) {
                            readIndex(found);
                        }
                    }
                }
            }
        }

        private void readIndex(ResultSet found) throws SQLException {
            String name = target.name().equals(table.name().name())
                    ? found.getString("relname")
                    : found.getString("relname").replace(table.name().name(), target.name());
            String definition = found.getString("definition");
            String named = "INDEX " + found.getString("quoted") + " ON ";
            String owner = quotedAsNeeded(table.name());
            int using = definition.indexOf(owner, definition.indexOf(named) + named.length()) + owner.length();
            String create = "CREATE " + (found.getBoolean("indisunique") ? "UNIQUE " : "") + "INDEX "
                    + TableName.quoted(name) + " ON " + target.sql() + definition.substring(using);
            String constraint = found.getString("conname");
            if (constraint != null && partitioned) {
                constraints.add(new Addition("constraint " + constraint + " of " + target, "ALTER TABLE " + target.sql()
                        + " ADD CONSTRAINT " + TableName.quoted(constraint) + " " + found.getString("constraint")));
                return;
            }
            indexes.add(new Addition("index " + name + " of " + target, create));
            if (constraint != null) {
                constraints.add(new Addition("constraint " + name + " of " + target,
                        "ALTER TABLE " + target.sql() + " ADD CONSTRAINT " + TableName.quoted(name)
                                + (found.getString("contype").equals("p") ? " PRIMARY KEY" : " UNIQUE")
                                + " USING INDEX " + TableName.quoted(name)
                                + (found.getBoolean("condeferrable") ? " DEFERRABLE" : "")
                                + (found.getBoolean("condeferred") ? " INITIALLY DEFERRED" : "")));
            }
        }

        private void readRest() throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid = ? AND NOT tgisinternal"
                            + " UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE ev_class = ?"
                            + " AND rulename <> '_RETURN' UNION ALL SELECT 'policy ' || polname FROM pg_policy"
                            + " WHERE polrelid = ? ORDER BY 1")) {
                for (int i = 1; i <= 3; i++) {
                    statement.setLong(i, table.oid());
                }
                try (ResultSet found = statement.executeQuery()) {
                    while (found.next()) {
                        leftOut.add(found.getString(1) + " of " + table.name());
                    }
                }
            }
        }

        private boolean missesColumn(ResultSet found, String what) throws SQLException {
            for (String column : (String[]) found.getArray("columns").getArray()) {
                if (!wanted.isEmpty() && !wanted.contains(column)) {
                    leftOut.add(what + " of " + table.name() + " (the column " + column + " is not copied)");
                    return true;
                }
            }
            return false;
        }

        private String quotedAsNeeded(TableName name) throws SQLException {
            try (PreparedStatement statement = connection
                    .prepareStatement("SELECT quote_ident(?) || '.' || quote_ident(?)")) {
                statement.setString(1, name.schema().orElseThrow());
                statement.setString(2, name.name());
                try (ResultSet result = statement.executeQuery()) {
                    result.next();
                    return result.getString(1);
                }
            }
        }
    }
}
