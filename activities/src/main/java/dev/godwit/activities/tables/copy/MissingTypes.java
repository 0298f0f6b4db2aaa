package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Types of a source that a target does not have: enums, domains, those of extensions. */
final class MissingTypes {
    private MissingTypes() {}

    /**
     * Refuses a table that the target cannot have.
     *
     * @param target a session whose search path is empty
     * @param table read in such a session with the source
     * @param columns the columns that matter; all if empty
     * @param types other types for some of them
     */
    static void refuse(Connection target, PostgresTable table, List<String> columns, Map<String, String> types)
            throws SQLException {
        List<String> missing = new ArrayList<>();
        try (PreparedStatement statement = target.prepareStatement("SELECT to_regtype(?) IS NOT NULL")) {
            for (PostgresTable.Column column : table.columns()) {
                if (!columns.isEmpty() && !columns.contains(column.name())) {
                    continue;
                }
                String type = types.getOrDefault(column.name(), column.type());
                statement.setString(1, type);
                try (ResultSet result = statement.executeQuery()) {
                    result.next();
                    if (!result.getBoolean(1)) {
                        missing.add(type + " of the column " + column.name());
                    }
                }
            }
        }
        if (!missing.isEmpty()) {
            throw StepFailure.user("type-missing", "the target has no type " + String.join(", nor ", missing)
                    + "; make it or its extension with an earlier step, or give the column another one with 'types'");
        }
    }
}
