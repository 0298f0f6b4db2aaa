package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Values that mean something in their own database only: what the server makes for itself, and the names of tables, functions,
 * roles and so on that {@code regclass} and its like hold. They are refused before the first row is written, unless the
 * target knows the same names. Such columns are rare, so that looking at all of their values costs a copy nothing.
 */
final class BoundValues {
    private static final int FETCHED = 1000;

    private BoundValues() {}

    /** Refuses values that no server takes. */
    static void refuseThoseOfTheServer(Connection reader, PostgresTable source, List<String> columns)
            throws SQLException {
        SourceTypes types = SourceTypes.of(reader, source);
        for (String column : columns) {
            if (types.ofTheServerOnly(column)) {
                try (Statement statement = reader.createStatement();
                        ResultSet found = statement.executeQuery("SELECT " + key(source) + " FROM "
                                + source.name().sql() + " WHERE " + TableName.quoted(column)
                                + " IS NOT NULL LIMIT 1")) {
                    if (found.next()) {
                        throw unfit(source, column, found.getString(1), "the server makes values of type "
                                + type(source, column) + " for itself, and takes none");
                    }
                }
            }
        }
    }

    /**
     * Refuses names of things that the target does not have.
     *
     * @param writer a session whose search path is empty, in a transaction that is of no further use if this throws
     */
    static void refuseNamesUnknownTo(Connection writer, Connection reader, PostgresTable source, List<String> columns)
            throws SQLException {
        SourceTypes types = SourceTypes.of(reader, source);
        for (String column : columns) {
            if (!types.namesThings(column)) {
                continue;
            }
            String type = type(source, column);
            try (Statement statement = reader.createStatement();
                    PreparedStatement there = writer.prepareStatement("SELECT CAST(? AS " + type + ")::text")) {
                statement.setFetchSize(FETCHED);
                try (ResultSet found = statement.executeQuery("SELECT " + TableName.quoted(column) + "::text, min("
                        + key(source) + ") FROM " + source.name().sql() + " WHERE " + TableName.quoted(column)
                        + " IS NOT NULL GROUP BY 1 ORDER BY 2")) {
                    while (found.next()) {
                        require(there, source, column, found.getString(1), found.getString(2));
                    }
                }
            }
        }
    }

    private static void require(PreparedStatement there, PostgresTable source, String column, String value, String key)
            throws SQLException {
        there.setObject(1, value, Types.OTHER); // Of no type, so that the server reads it as it reads a row.
        try (ResultSet found = there.executeQuery()) {
            found.next();
            if (!value.equals(found.getString(1))) {
                throw unfit(source, column, key, value + " would become " + found.getString(1) + " in the target");
            }
        } catch (SQLException e) {
            if (!PostgresFailures.isOfTheValue(e)) {
                throw e;
            }
            throw unfit(source, column, key, PostgresFailures.shown(e) + " in the target");
        }
    }

    private static StepFailure unfit(PostgresTable source, String column, String key, String why) {
        return StepFailure.user("value-unfit", source.name() + ", column " + column + " of the row " + key + ": " + why
                + "; no row was written. Mend the value, make what it names with an earlier step, or leave the column out"
                + " by 'columns'");
    }

    private static String type(PostgresTable source, String column) {
        return source.columns().stream().filter(each -> each.name().equals(column)).findFirst().orElseThrow().type();
    }

    /** SQL for a row's key, for people. */
    private static String key(PostgresTable source) {
        List<String> columns = !source.primaryKey().isEmpty()
                ? source.primaryKey()
                : List.of(source.columns().get(0).name());
        return columns.stream()
                .map(column -> "'" + column.replace("'", "''") + " = ' || coalesce(left(" + TableName.quoted(column)
                        + "::text, 60), 'null')")
                .collect(Collectors.joining(" || ', ' || "));
    }
}
