package dev.godwit.activities.tables.verify;

import dev.godwit.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Optional;

/** Rows that come in any order and are read by the hash of their key; on disk, so that there may be many. */
final class SortedRows implements TableSide.Rows {
    private final Path file;
    private final Connection connection;
    private final PreparedStatement insert;
    private ResultSet found;

    /** @param file may be empty; it is removed when this is closed */
    SortedRows(Path file) throws SQLException {
        this.file = file;
        connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        execute("PRAGMA journal_mode = OFF");
        execute("PRAGMA synchronous = OFF");
        execute("CREATE TABLE rows (hash INTEGER, row TEXT)");
        connection.setAutoCommit(false);
        insert = connection.prepareStatement("INSERT INTO rows VALUES (?, ?)");
    }

    void add(ComparedRow row) throws SQLException {
        insert.setLong(1, row.keyHash());
        insert.setString(2, Json.write(new String[][]{row.values().toArray(new String[0]),
                row.shown().toArray(new String[0])}));
        insert.executeUpdate();
    }

    /** To be called when all are added. */
    SortedRows sort() throws SQLException {
        found = connection.createStatement().executeQuery("SELECT hash, row FROM rows ORDER BY hash");
        return this;
    }

    @Override
    public Optional<ComparedRow> next() throws SQLException {
        if (!found.next()) {
            return Optional.empty();
        }
        String[][] row = Json.read(found.getString(2), String[][].class);
        return Optional.of(new ComparedRow(found.getLong(1), Arrays.asList(row[0]), Arrays.asList(row[1])));
    }

    @Override
    public void close() throws SQLException {
        connection.close();
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
