package dev.godwit.activities.resource;

import dev.godwit.activities.host.LongCall;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.SQLiteConnection;

/**
 * Work in an SQLite database that takes as long as the database is large. SQLite's own progress handler would not do for all
 * of it: it is not called where one instruction goes through a whole table, as for a {@code count(*)}, nor for a commit, nor
 * while a log is taken into its database.
 */
public final class SqliteWork {
    private SqliteWork() {}

    /**
     * Does something.
     *
     * @param connection in which it is done
     * @param pulse called about twice a second; if it throws, the work is ended, and this throws the same
     */
    public static <T> T run(Connection connection, Runnable pulse, LongCall.Call<T, SQLException> work)
            throws SQLException {
        return LongCall.run(pulse, () -> interrupt(connection), work);
    }

    /**
     * Executes a statement that returns no rows.
     *
     * @param pulse as above
     */
    public static void execute(Connection connection, Runnable pulse, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            run(connection, pulse, () -> statement.execute(sql));
        }
    }

    private static void interrupt(Connection connection) {
        try {
            connection.unwrap(SQLiteConnection.class).getDatabase().interrupt();
        } catch (SQLException closed) {
            // Then it does nothing that could be ended.
        }
    }
}
