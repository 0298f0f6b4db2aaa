package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.tables.values.ValueCodec;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Whether a table of SQLite can take rows as they are. */
final class SqliteTarget {
    private SqliteTarget() {}

    /** Refuses a table that cannot take the rows; a missing one too, if it is not to be made. */
    static void require(Connection connection, Optional<SqliteTable> found, CopyTable.Spec spec, StoragePlan plan)
            throws SQLException {
        if (found.isEmpty()) {
            refuseMissing(spec);
            return;
        }
        if (spec.schema() == TargetSchema.CREATE) {
            throw StepFailure.user("table-exists", CopyTable.USES + ": the table " + spec.to()
                    + " exists; move it away, or say 'schema: check' to copy into it");
        }
        if (spec.existing() == ExistingRows.REFUSE && holdsRows(connection, found.get())) {
            throw StepFailure.user("table-not-empty", CopyTable.USES + ": the table " + spec.to()
                    + " holds rows; empty it, or say 'existing: append' to add to them or 'existing: replace' to replace"
                    + " them");
        }
        requireColumns(found.get(), spec, plan);
    }

    static void refuseMissing(CopyTable.Spec spec) {
        if (spec.schema() == TargetSchema.CHECK) {
            throw StepFailure.user("table-missing", CopyTable.USES + ": there is no table " + spec.to()
                    + "; make it with an earlier step, or say 'schema: auto'");
        }
    }

    private static void requireColumns(SqliteTable table, CopyTable.Spec spec, StoragePlan plan) {
        for (StoragePlan.Column wanted : plan.columns()) {
            SqliteTable.Column column = table.columns()
                    .stream()
                    .filter(each -> each.name().equalsIgnoreCase(wanted.name()) && !each.generated())
                    .findFirst()
                    .orElseThrow(() -> StepFailure.user("column-missing", CopyTable.USES + ": the table " + spec.to()
                            + " has no column " + wanted.name() + " that can be written; add it, or leave it out by"
                            + " 'columns'"));
            if (!keeping(wanted.codec()).contains(affinity(column.declared()))) {
                throw StepFailure.user("column-type", CopyTable.USES + ": the column " + column.name() + " of "
                        + spec.to() + " is declared '" + column.declared() + "', which may change values of type "
                        + wanted.type() + "; declare it " + wanted.codec().storedAs());
            }
        }
    }

    /** The affinities that leave a storage class as it is, or turn a real without a fraction into the same integer. */
    private static Set<String> keeping(ValueCodec codec) {
        return switch (codec.storedAs()) {
            case "INTEGER" -> Set.of("INTEGER", "NUMERIC", "BLOB");
            case "REAL" -> Set.of("REAL", "BLOB");
            // A text that does not look like a number stays a text.
            case "TEXT" -> codec.mayLookLikeNumber()
                    ? Set.of("TEXT", "BLOB")
                    : Set.of("TEXT", "NUMERIC", "BLOB");
            default -> Set.of("INTEGER", "NUMERIC", "REAL", "TEXT", "BLOB");
        };
    }

    /** SQLite's own rules, in its own order. */
    static String affinity(String declared) {
        String type = declared.toUpperCase(Locale.ROOT);
        if (type.contains("INT")) {
            return "INTEGER";
        }
        if (List.of("CHAR", "CLOB", "TEXT").stream().anyMatch(type::contains)) {
            return "TEXT";
        }
        if (type.isEmpty() || type.contains("BLOB")) {
            return "BLOB";
        }
        return List.of("REAL", "FLOA", "DOUB").stream().anyMatch(type::contains) ? "REAL" : "NUMERIC";
    }

    private static boolean holdsRows(Connection connection, SqliteTable table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement
                        .executeQuery("SELECT 1 FROM " + TableName.quoted(table.name()) + " LIMIT 1")) {
            return rows.next();
        }
    }
}
