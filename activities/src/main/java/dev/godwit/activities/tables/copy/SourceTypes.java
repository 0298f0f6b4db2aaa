package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The types of a table's columns, with those that they are made of: the elements of arrays and ranges, the fields of rows,
 * what a domain narrows.
 */
final class SourceTypes {
    /** Of these the server makes values, and takes none. */
    private static final Set<String> OF_THE_SERVER_ONLY = Set.of("pg_node_tree", "pg_ndistinct", "pg_dependencies",
            "pg_mcv_list", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "gtsvector");
    /** What the server sends of these in binary it does not take back where it is empty. */
    private static final Set<String> BETTER_AS_TEXT = Set.of("int2vector", "oidvector", "tsquery");
    /** How a type is made up, of those that somebody made. */
    private static final String SHAPE = "CASE t.typtype"
            + " WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod)"
            + " WHEN 'c' THEN (SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', '"
            + " ORDER BY attnum) FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped)"
            + " WHEN 'r' THEN (SELECT concat_ws(' ', format_type(rngsubtype, NULL), nullif(rngcanonical::oid, 0)::regproc)"
            + " FROM pg_range WHERE rngtypid = t.oid) ELSE '' END";
    private static final String LABELS = "ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid"
            + " ORDER BY enumsortorder)";
    /** Servers before version 14 have no multiranges, nor the column that says of which range they are. */
    private static final String USED = "WITH RECURSIVE used AS ("
            + " SELECT a.attname::text AS name, a.atttypid AS oid FROM pg_attribute a WHERE a.attrelid = ? AND a.attnum > 0"
            + " AND NOT a.attisdropped"
            + " UNION SELECT used.name, part.oid FROM used JOIN pg_type t ON t.oid = used.oid"
            + " CROSS JOIN LATERAL unnest(ARRAY[t.typelem, t.typbasetype]"
            + " || ARRAY(SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0"
            + " AND NOT a.attisdropped)"
            + " || ARRAY(SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid)"
            + " || ARRAY(SELECT r.rngtypid FROM pg_range r WHERE (to_jsonb(r) ->> 'rngmultitypid')::oid = t.oid))"
            + " AS part(oid))"
            + " SELECT used.name, t.oid, format_type(t.oid, NULL) AS type, t.typname::text AS \"catalog name\","
            + " t.typcategory, t.typtype, t.typsend <> 0 AND t.typreceive <> 0 AS \"has binary\", " + SHAPE
            + " AS shape, "
            + LABELS + " AS labels FROM used JOIN pg_type t ON t.oid = used.oid ORDER BY used.name, t.oid";
    /** From this number on the identifiers of types are those of one database. */
    private static final long FIRST_OF_USERS = 16384;

    private final Map<String, List<Used>> byColumn;

    /**
     * A type in use.
     *
     * @param oid its object identifier
     * @param name as SQL writes it, with its schema
     * @param catalogName without
     * @param category as {@code pg_type.typcategory} has it
     * @param sort as {@code pg_type.typtype} has it
     * @param hasBinary whether the server sends and takes its values in a binary form
     * @param shape how it is made up
     * @param labels those of an enum
     */
    private record Used(long oid, String name, String catalogName, char category, char sort, boolean hasBinary,
            String shape, List<String> labels) {

        boolean ofUsers() {
            return oid >= FIRST_OF_USERS;
        }

        /** Whether its values are names of things in the database, or identifiers of them. */
        boolean namesThings() {
            return !ofUsers() && (catalogName.startsWith("reg") || catalogName.equals("aclitem"));
        }

        boolean ofTheServerOnly() {
            return !ofUsers() && OF_THE_SERVER_ONLY.contains(catalogName);
        }

        /** Whether the binary form means the same on another server, whatever its locale and its identifiers. */
        boolean portable() {
            return hasBinary && !namesThings() && (ofUsers()
                    // Arrays and rows have the identifiers of the types in them.
                    ? category != 'A' && sort != 'c'
                    : !BETTER_AS_TEXT.contains(catalogName) && !catalogName.equals("money"));
        }
    }

    private SourceTypes(Map<String, List<Used>> byColumn) {
        this.byColumn = byColumn;
    }

    /** @param connection a session with the table's database, whose search path is empty */
    static SourceTypes of(Connection connection, PostgresTable table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(USED)) {
            statement.setLong(1, table.oid());
            Map<String, List<Used>> byColumn = new LinkedHashMap<>();
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    byColumn.computeIfAbsent(found.getString("name"), name -> new ArrayList<>())
                            .add(new Used(found.getLong("oid"), found.getString("type"),
                                    found.getString("catalog name"), found.getString("typcategory").charAt(0),
                                    found.getString("typtype").charAt(0), found.getBoolean("has binary"),
                                    found.getString("shape"), labels(found)));
                }
            }
            return new SourceTypes(byColumn);
        }
    }

    /** Whether the binary form of some columns means the same on another server. */
    boolean portable(Collection<String> columns) {
        return columns.stream().flatMap(column -> byColumn.get(column).stream()).allMatch(Used::portable);
    }

    /** Whether a column's values mean something in their own database only, unless another one has things of the same names. */
    boolean namesThings(String column) {
        return byColumn.get(column).stream().anyMatch(Used::namesThings);
    }

    /** Whether only the server itself makes a column's values. */
    boolean ofTheServerOnly(String column) {
        return byColumn.get(column).stream().anyMatch(Used::ofTheServerOnly);
    }

    /**
     * Refuses a target whose types have the names of the source's and are not the same, so that it would refuse values or,
     * worse, round them.
     *
     * @param target a session whose search path is empty
     * @param columns those of the same types on both sides
     */
    void requireSame(Connection target, Collection<String> columns) throws SQLException {
        List<String> faults = new ArrayList<>();
        try (PreparedStatement statement = target.prepareStatement("SELECT " + SHAPE + " AS shape, " + LABELS
                + " AS labels, t.typtype FROM pg_type t WHERE t.oid = to_regtype(?)")) {
            for (Used type : columns.stream()
                    .flatMap(column -> byColumn.get(column).stream())
                    .filter(type -> type.ofUsers() && "edcr".indexOf(type.sort()) >= 0)
                    .distinct()
                    .toList()) {
                statement.setString(1, type.name());
                try (ResultSet found = statement.executeQuery()) {
                    if (found.next()) {
                        compare(type, found, faults);
                    }
                }
            }
        }
        if (!faults.isEmpty()) {
            throw StepFailure.user("types-differ",
                    "the target has types of the same names that cannot hold every value: "
                            + String.join("; ", faults)
                            + "; change them with an earlier step, or leave the columns out by 'columns'");
        }
    }

    private static void compare(Used type, ResultSet found, List<String> faults) throws SQLException {
        if (found.getString("typtype").charAt(0) != type.sort()) {
            faults.add(type.name() + " is another sort of type there");
        } else if (!found.getString("shape").equals(type.shape())) {
            faults.add(type.name() + " is made of " + found.getString("shape") + " there and of " + type.shape()
                    + " in the source");
        } else {
            List<String> missing = new ArrayList<>(type.labels());
            missing.removeAll(labels(found));
            if (!missing.isEmpty()) {
                faults.add(type.name() + " has no '" + String.join("', '", missing) + "' there");
            }
        }
    }

    private static List<String> labels(ResultSet found) throws SQLException {
        return List.of((String[]) found.getArray("labels").getArray());
    }
}
