package dev.godwit.activities.database;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepIdentity;
import dev.godwit.step.StepStopped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a step remembers in the database that it writes to, so that a batch and its cursor commit together: a row for the
 * step with the fencing token of its latest attempt, and a row for each of its partitions with a cursor. They are in the
 * schema {@code godwit}, which goes with the last step that had rows in it.
 */
public final class PostgresJournal {
    /** Serialises making and dropping the schema; any number that nobody else uses. */
    private static final long LOCK = 0x676f64776974L;
    private static final String TRANSACTION = "transaction ";

    private final StepIdentity step;
    private final long token;

    /** For the attempt that a context belongs to. */
    public PostgresJournal(RunContext context) {
        this(context.identity(), context.token());
    }

    /** For an attempt with a token of its own; one that only reads may say any. */
    public PostgresJournal(StepIdentity step, long token) {
        this.step = step;
        this.token = token;
    }

    /**
     * Begins this attempt in the database: ends the sessions of earlier ones, then takes the token. After that no earlier
     * attempt commits anything by {@link #advance}. Commits.
     *
     * @param connection in auto-commit mode
     * @throws StepStopped if a later attempt has begun here
     */
    public void begin(Connection connection) throws SQLException {
        requireNoLater(connection);
        PostgresSessions.endEarlier(connection);
        connection.setAutoCommit(false);
        try {
            makeSchema(connection);
            try (PreparedStatement statement = connection.prepareStatement(
                    "INSERT INTO godwit.step AS known (run, step, round, token) VALUES (?, ?, ?, ?)"
                            + " ON CONFLICT (run, step, round) DO UPDATE SET token = excluded.token"
                            + " WHERE known.token <= excluded.token")) {
                int next = bindStep(statement, 1);
                statement.setLong(next, token);
                if (statement.executeUpdate() != 1) {
                    throw laterAttempt();
                }
            }
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** Where a partition stands, in a transaction of the caller's or on its own. */
    public <T> Optional<T> cursor(Connection connection, String partition, Class<T> type) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT cursor FROM godwit.journal WHERE run = ? AND step = ? AND round = ? AND partition = ?")) {
            int next = bindStep(statement, 1);
            statement.setString(next, partition);
            try (ResultSet found = statement.executeQuery()) {
                return found.next() ? Optional.of(Json.read(found.getString(1), type)) : Optional.empty();
            }
        }
    }

    /** Where all partitions stand whose names begin with a prefix, by name. */
    public <T> Map<String, T> cursors(Connection connection, String prefix, Class<T> type) throws SQLException {
        Map<String, T> cursors = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement("SELECT partition, cursor FROM godwit.journal"
                + " WHERE run = ? AND step = ? AND round = ? AND starts_with(partition, ?)")) {
            int next = bindStep(statement, 1);
            statement.setString(next, prefix);
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    cursors.put(found.getString(1), Json.read(found.getString(2), type));
                }
            }
        }
        return cursors;
    }

    /**
     * Remembers the caller's transaction as one of the step's, so that the step's own rows can be told from those of others
     * by their {@code xmin}: {@link #ownTransactions}.
     *
     * @return the transaction, as {@code xmin} shows it
     */
    public String rememberTransaction(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO godwit.journal (run, step, round, partition, cursor) VALUES (?, ?, ?, '" + TRANSACTION
                        + "' || txid_current() % 4294967296, 'null')"
                        + " ON CONFLICT (run, step, round, partition) DO UPDATE SET cursor = 'null' RETURNING partition")) {
            bindStep(statement, 1);
            try (ResultSet remembered = statement.executeQuery()) {
                remembered.next();
                return remembered.getString(1).substring(TRANSACTION.length());
            }
        }
    }

    /** The transactions that {@link #rememberTransaction} kept, as {@code xmin} shows them. */
    public List<String> ownTransactions(Connection connection) throws SQLException {
        return cursors(connection, TRANSACTION, JsonNode.class).keySet()
                .stream()
                .map(name -> name.substring(TRANSACTION.length()))
                .toList();
    }

    /**
     * Writes where a partition stands, and checks the token; the last statement before the commit of a batch.
     *
     * @param connection in the transaction of the batch
     * @throws StepStopped if a later attempt has begun; nothing may be committed then
     */
    public void advance(Connection connection, String partition, Object cursor) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "WITH fence AS (SELECT run, step, round FROM godwit.step"
                        + " WHERE run = ? AND step = ? AND round = ? AND token = ? FOR SHARE)"
                        + " INSERT INTO godwit.journal (run, step, round, partition, cursor)"
                        + " SELECT run, step, round, ?, ? FROM fence"
                        + " ON CONFLICT (run, step, round, partition) DO UPDATE SET cursor = excluded.cursor")) {
            int next = bindStep(statement, 1);
            statement.setLong(next++, token);
            statement.setString(next++, partition);
            statement.setString(next, Json.write(cursor));
            if (statement.executeUpdate() != 1) {
                throw laterAttempt();
            }
        }
    }

    /**
     * Checks the token alone, as the last statement of a transaction that has no cursor.
     *
     * @throws StepStopped if a later attempt has begun
     */
    public void checkToken(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT 1 FROM godwit.step"
                + " WHERE run = ? AND step = ? AND round = ? AND token = ? FOR SHARE")) {
            int next = bindStep(statement, 1);
            statement.setLong(next, token);
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    throw laterAttempt();
                }
            }
        }
    }

    /**
     * Whether any attempt at the step has begun in this database. Nothing is made by asking.
     */
    public boolean begun(Connection connection) throws SQLException {
        return begun(connection, step);
    }

    /** Whether any attempt at a step has begun in this database. Nothing is made by asking. */
    public static boolean begun(Connection connection, StepIdentity step) throws SQLException {
        if (!schemaExists(connection)) {
            return false;
        }
        try (PreparedStatement statement = connection
                .prepareStatement("SELECT 1 FROM godwit.step WHERE run = ? AND step = ? AND round = ?")) {
            bindStep(statement, 1, step);
            try (ResultSet found = statement.executeQuery()) {
                return found.next();
            }
        }
    }

    /** Forgets where some partitions stand, in a transaction of the caller's. */
    public void remove(Connection connection, Collection<String> partitions) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "DELETE FROM godwit.journal WHERE run = ? AND step = ? AND round = ? AND partition = ANY (?)")) {
            int next = bindStep(statement, 1);
            statement.setArray(next, connection.createArrayOf("text", partitions.toArray()));
            statement.executeUpdate();
        }
    }

    /** Removes the cursors of the step but keeps its token, so that earlier attempts stay fenced off. */
    public void clear(Connection connection) throws SQLException {
        execute(connection, "DELETE FROM godwit.journal WHERE run = ? AND step = ? AND round = ?");
    }

    /** Removes all that is remembered of the step, and the schema if nothing is left in it. Also right if it is repeated. */
    public void forget(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try {
            lock(connection);
            if (schemaExists(connection)) {
                execute(connection, "DELETE FROM godwit.journal WHERE run = ? AND step = ? AND round = ?");
                execute(connection, "DELETE FROM godwit.step WHERE run = ? AND step = ? AND round = ?");
                dropEmptySchema(connection);
            }
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** One that was stopped right before it began must not end the sessions of its successor. */
    private void requireNoLater(Connection connection) throws SQLException {
        if (!schemaExists(connection)) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT 1 FROM godwit.step WHERE run = ? AND step = ? AND round = ? AND token > ?")) {
            int next = bindStep(statement, 1);
            statement.setLong(next, token);
            try (ResultSet later = statement.executeQuery()) {
                if (later.next()) {
                    throw laterAttempt();
                }
            }
        }
    }

    private static void makeSchema(Connection connection) throws SQLException {
        if (schemaExists(connection)) {
            return;
        }
        lock(connection);
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA IF NOT EXISTS godwit");
            statement.execute("CREATE TABLE IF NOT EXISTS godwit.step (run text, step text, round integer,"
                    + " token bigint NOT NULL, PRIMARY KEY (run, step, round))");
            statement.execute("CREATE TABLE IF NOT EXISTS godwit.journal (run text, step text, round integer,"
                    + " partition text, cursor text NOT NULL, PRIMARY KEY (run, step, round, partition))");
        }
    }

    private static void dropEmptySchema(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("LOCK TABLE godwit.step, godwit.journal IN ACCESS EXCLUSIVE MODE");
            try (ResultSet left = statement.executeQuery(
                    "SELECT EXISTS (SELECT 1 FROM godwit.step) OR EXISTS (SELECT 1 FROM godwit.journal)"
                            + " OR (SELECT count(*) FROM pg_class WHERE relnamespace = 'godwit'::regnamespace"
                            + " AND relkind = 'r') > 2")) {
                left.next();
                if (left.getBoolean(1)) {
                    return;
                }
            }
            statement.execute("DROP SCHEMA godwit CASCADE");
        }
    }

    private static boolean schemaExists(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement
                        .executeQuery("SELECT to_regclass('godwit.step') IS NOT NULL AND"
                                + " to_regclass('godwit.journal') IS NOT NULL")) {
            found.next();
            return found.getBoolean(1);
        }
    }

    private static void lock(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_advisory_xact_lock(?)")) {
            statement.setLong(1, LOCK);
            statement.execute();
        }
    }

    private void execute(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bindStep(statement, 1);
            statement.executeUpdate();
        }
    }

    private int bindStep(PreparedStatement statement, int first) throws SQLException {
        return bindStep(statement, first, step);
    }

    private static int bindStep(PreparedStatement statement, int first, StepIdentity step) throws SQLException {
        statement.setString(first, step.runId());
        statement.setString(first + 1, step.step());
        statement.setInt(first + 2, step.round());
        return first + 3;
    }

    private static StepStopped laterAttempt() {
        return new StepStopped("a later attempt at this step has begun");
    }
}
