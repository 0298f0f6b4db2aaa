package dev.godwit.activities.database;

import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepIdentity;
import dev.godwit.step.StepStopped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * What a step remembers in the SQLite database that it writes to, so that a batch and its cursor commit together: a row of
 * the table {@code godwit_journal} with the cursor and the fencing token of the latest attempt. The table goes with the last
 * step that had a row in it.
 */
public final class SqliteJournal {
    public static final String TABLE = "godwit_journal";

    private final StepIdentity step;
    private final long token;

    /** For the attempt that a context belongs to. */
    public SqliteJournal(RunContext context) {
        this(context.identity(), context.token());
    }

    /** For a load that is tried out in a copy of the database, where no other attempt can be. */
    public SqliteJournal(StepIdentity step, long token) {
        this.step = step;
        this.token = token;
    }

    /**
     * Takes the token, and makes the table if there is none. In a transaction of the caller's, after which no earlier attempt
     * commits by {@link #advance}.
     *
     * @param start the cursor of a step that has not begun
     * @throws StepStopped if a later attempt has begun
     */
    public void begin(Connection connection, Object start) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS " + TABLE
                    + " (run TEXT NOT NULL, step TEXT NOT NULL, round INTEGER NOT NULL,"
                    + " partition INTEGER NOT NULL, cursor TEXT NOT NULL, token INTEGER NOT NULL,"
                    + " PRIMARY KEY (run, step, round, partition))");
        }
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO " + TABLE
                + " VALUES (?, ?, ?, 0, ?, ?) ON CONFLICT DO UPDATE SET token = excluded.token"
                + " WHERE excluded.token >= token")) {
            int next = bindStep(statement, 1);
            statement.setString(next, Json.write(start));
            statement.setLong(next + 1, token);
            requireOne(statement.executeUpdate());
        }
    }

    /** How far the step came; absent if it never began here. */
    public <T> Optional<T> cursor(Connection connection, Class<T> type) throws SQLException {
        if (!present(connection)) {
            return Optional.empty();
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT cursor FROM " + TABLE + " WHERE run = ? AND step = ? AND round = ? AND partition = 0")) {
            bindStep(statement, 1);
            try (ResultSet found = statement.executeQuery()) {
                return found.next() ? Optional.of(Json.read(found.getString(1), type)) : Optional.empty();
            }
        }
    }

    /**
     * Writes how far the step is, and checks the token; the last statement of a batch's transaction.
     *
     * @throws StepStopped if a later attempt has begun; nothing may be committed then
     */
    public void advance(Connection connection, Object cursor) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("UPDATE " + TABLE
                + " SET cursor = ? WHERE run = ? AND step = ? AND round = ? AND partition = 0 AND token = ?")) {
            statement.setString(1, Json.write(cursor));
            statement.setLong(bindStep(statement, 2), token);
            requireOne(statement.executeUpdate());
        }
    }

    /** Makes every earlier attempt fail at its next commit; nothing if the step never began here. */
    public void fence(Connection connection) throws SQLException {
        if (!present(connection)) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement("UPDATE " + TABLE
                + " SET token = max(token, ?) WHERE run = ? AND step = ? AND round = ? AND partition = 0")) {
            statement.setLong(1, token);
            bindStep(statement, 2);
            statement.executeUpdate();
        }
    }

    /** Removes what is remembered of the step, and the table with the last of it; a transaction of its own. */
    public void forget(Connection connection) throws SQLException {
        if (!present(connection)) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            try (PreparedStatement delete = connection
                    .prepareStatement("DELETE FROM " + TABLE + " WHERE run = ? AND step = ? AND round = ?")) {
                bindStep(delete, 1);
                delete.executeUpdate();
            }
            boolean others;
            try (ResultSet left = statement.executeQuery("SELECT 1 FROM " + TABLE + " LIMIT 1")) {
                others = left.next();
            }
            if (!others) {
                statement.execute("DROP TABLE " + TABLE);
            }
            statement.execute("COMMIT");
        }
    }

    private static boolean present(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(
                        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '" + TABLE + "'")) {
            return found.next();
        }
    }

    private int bindStep(PreparedStatement statement, int first) throws SQLException {
        statement.setString(first, step.runId());
        statement.setString(first + 1, step.step());
        statement.setInt(first + 2, step.round());
        return first + 3;
    }

    private static void requireOne(int changed) {
        if (changed != 1) {
            throw new StepStopped("a later attempt at this step has begun");
        }
    }
}
