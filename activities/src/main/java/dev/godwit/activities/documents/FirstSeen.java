package dev.godwit.activities.documents;

import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * Remembers where each key was first seen, on disk, so that the second one can be refused with both places named, also when
 * the first was seen by an earlier attempt.
 */
final class FirstSeen implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement insert;
    private final PreparedStatement find;

    FirstSeen(Path file) throws SQLException {
        connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = FULL");
            statement.execute(
                    "CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID");
        }
        connection.setAutoCommit(false);
        insert = connection.prepareStatement("INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING");
        find = connection.prepareStatement("SELECT place FROM seen WHERE key = ?");
    }

    /** Notes a key; where it was seen before, if that was another place. */
    Optional<String> elsewhere(String key, String place) throws SQLException {
        insert.setString(1, key);
        insert.setString(2, place);
        if (insert.executeUpdate() == 1) {
            return Optional.empty();
        }
        find.setString(1, key);
        try (ResultSet first = find.executeQuery()) {
            return first.next()
                    ? Optional.of(first.getString(1)).filter(other -> !other.equals(place))
                    : Optional.empty();
        }
    }

    /** Makes what was noted survive a crash; to be called before what it guards is made to. */
    void commit() throws SQLException {
        connection.commit();
    }

    @Override
    public void close() throws SQLException {
        try (connection; insert; find) {
            connection.rollback();
        }
    }

    static StepFailure failure(String uses, Path file, SQLException thrown) {
        return SqliteFailures.translate(uses, file, thrown);
    }

    /** Removes the file once nothing more can be seen. */
    static void forget(Path file) throws IOException {
        Files.deleteIfExists(file);
        Files.deleteIfExists(file.resolveSibling(file.getFileName() + "-journal"));
    }
}
