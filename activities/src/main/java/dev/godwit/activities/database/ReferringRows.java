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
 * Rows of PostgreSQL that would go, or change, with those that a DELETE is meant for, since they refer to them by a foreign
 * key that says {@code ON DELETE CASCADE}, {@code SET NULL} or {@code SET DEFAULT}. They belong to others, and no undo could
 * put them back.
 */
public final class ReferringRows {
    private static final String KEYS = "WITH RECURSIVE tree AS (SELECT to_regclass(?)::oid AS oid"
            + " UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)"
            + " SELECT k.conname, CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'"
            + " ELSE 'SET DEFAULT' END AS action, rn.nspname AS schema, r.relname AS name,"
            + " format('%I.%I', tn.nspname, t.relname) AS referred, r.oid IN (SELECT oid FROM tree) AS own,"
            + " (SELECT string_agg(format('gone.%I OPERATOR(%I.%s) referring.%I', b.attname, opn.nspname, o.oprname,"
            + " a.attname), ' AND ') FROM unnest(k.conkey, k.confkey, k.conpfeqop) AS part (a, b, op)"
            + " JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = part.a"
            + " JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = part.b"
            + " JOIN pg_operator o ON o.oid = part.op JOIN pg_namespace opn ON opn.oid = o.oprnamespace) AS matched"
            + " FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace"
            + " JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace"
            + " WHERE k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd') AND t.oid IN (SELECT oid FROM tree)"
            + " ORDER BY k.oid";

    private final Connection connection;
    private final TableName table;
    private final List<ForeignKey> keys;

    /**
     * A foreign key that leads to the table, or to a partition of it.
     *
     * @param own whether it is the table's itself
     * @param matched when a row {@code referring} refers to a row {@code gone}
     */
    private record ForeignKey(String name, String action, TableName referring, String referred, boolean own,
            String matched) {}

    private ReferringRows(Connection connection, TableName table, List<ForeignKey> keys) {
        this.connection = connection;
        this.table = table;
        this.keys = keys;
    }

    /** Finds the foreign keys that such rows of a table could go by. */
    public static ReferringRows to(Connection connection, TableName table) throws SQLException {
        List<ForeignKey> keys = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(KEYS)) {
            statement.setString(1, table.sql());
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    keys.add(new ForeignKey(found.getString("conname"), found.getString("action"),
                            new TableName(Optional.of(found.getString("schema")), found.getString("name")),
                            found.getString("referred"), found.getBoolean("own"), found.getString("matched")));
                }
            }
        }
        return new ReferringRows(connection, table, keys);
    }

    /** Whether there can be any. */
    public boolean possible() {
        return !keys.isEmpty();
    }

    /**
     * Refuses a DELETE that would touch such rows; those that it is meant for itself are none. The caller has locked what is
     * to be deleted, so that no more can come.
     *
     * @param condition which rows are to be deleted, in the columns of the table without its name
     * @throws StepFailure if there are any
     */
    public void refuse(String condition) throws SQLException {
        for (ForeignKey key : keys) {
            String others = key.own() ? " WHERE (" + condition + ") IS NOT TRUE" : "";
            try (Statement statement = connection.createStatement();
                    ResultSet found = statement
                            .executeQuery("SELECT 1 FROM (SELECT * FROM " + key.referred() + " WHERE "
                                    + condition + ") AS gone JOIN (SELECT * FROM " + key.referring().sql() + others
                                    + ") AS referring ON " + key.matched() + " LIMIT 1")) {
                if (found.next()) {
                    throw StepFailure.user("rows-referred", "rows of " + key.referring() + " refer to rows of " + table
                            + " that are to be deleted, and by its foreign key " + key.name() + " (ON DELETE "
                            + key.action() + ") would go or change with them, for good; they were left as they are."
                            + " Drop that foreign key until this is done, or take those rows away first");
                }
            }
        }
    }
}
