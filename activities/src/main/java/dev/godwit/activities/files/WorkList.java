package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * What a step has to do, an entry for each name, in the order of the names. A step finds it out once and keeps it in a file,
 * so that it stays the same however often the step is interrupted and whatever becomes of the rows that it was made of. It
 * takes no memory to speak of, however long it is.
 */
final class WorkList implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement insert;

    private WorkList(Path file) throws IOException {
        try {
            connection = DriverManager.getConnection("jdbc:sqlite:" + file);
            try (Statement statement = connection.createStatement()) {
                // The file counts only once it is whole and synced.
                statement.execute("PRAGMA journal_mode = OFF");
                statement.execute("PRAGMA synchronous = OFF");
                statement.execute("CREATE TABLE IF NOT EXISTS entry (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
                        + " WITHOUT ROWID");
            }
            connection.setAutoCommit(false);
            insert = connection.prepareStatement("INSERT INTO entry VALUES (?, ?) ON CONFLICT DO NOTHING");
        } catch (SQLException e) {
            throw unusable(e);
        }
    }

    /** Something to be done. */
    record Entry(String name, JsonNode value) {}

    /** Finds out what is to be done. */
    @FunctionalInterface
    interface Filling {
        void fill(WorkList list) throws Exception;
    }

    /** The list of a step, found out if no earlier attempt has come to the end of that. */
    static WorkList of(RunContext context, Filling filling) throws Exception {
        Path file = file(context);
        if (!Files.exists(file)) {
            Path part = file.resolveSibling("work-" + context.token() + ".part");
            Files.deleteIfExists(part);
            try (WorkList list = new WorkList(part)) {
                filling.fill(list);
                list.commit();
            }
            DurableFiles.syncFile(part);
            context.journal().checkToken();
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.syncDirectory(file.getParent());
        }
        return new WorkList(file);
    }

    /** A list that ends with the attempt. */
    static WorkList temporary(Path directory) throws IOException {
        return new WorkList(Files.createTempFile(directory, "work", ".db"));
    }

    /** Forgets the list of a step, of which all is taken back. */
    static void forget(RunContext context) throws IOException {
        Files.deleteIfExists(file(context));
    }

    private static Path file(RunContext context) {
        return context.workspace().resolve("work.db");
    }

    /** Adds an entry; false if there is one of that name. */
    boolean add(String name, Object value) throws IOException {
        try {
            insert.setString(1, name);
            insert.setString(2, Json.write(value));
            return insert.executeUpdate() == 1;
        } catch (SQLException e) {
            throw unusable(e);
        }
    }

    boolean contains(String name) throws IOException {
        try (PreparedStatement query = connection.prepareStatement("SELECT 1 FROM entry WHERE name = ?")) {
            query.setString(1, name);
            try (ResultSet found = query.executeQuery()) {
                return found.next();
            }
        } catch (SQLException e) {
            throw unusable(e);
        }
    }

    /** The first entries whose names come after one; after the empty name come all. */
    List<Entry> after(String name, int most) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (PreparedStatement query = connection
                .prepareStatement("SELECT name, value FROM entry WHERE name > ? ORDER BY name LIMIT ?")) {
            query.setString(1, name);
            query.setInt(2, most);
            try (ResultSet found = query.executeQuery()) {
                while (found.next()) {
                    entries.add(new Entry(found.getString(1), Json.read(found.getString(2), JsonNode.class)));
                }
            }
        } catch (SQLException e) {
            throw unusable(e);
        }
        return entries;
    }

    long size() throws IOException {
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM entry")) {
            return count.getLong(1);
        } catch (SQLException e) {
            throw unusable(e);
        }
    }

    private void commit() throws IOException {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw unusable(e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw unusable(e);
        }
    }

    private static IOException unusable(SQLException e) {
        return new IOException("the step's list of work cannot be used: " + e.getMessage(), e);
    }
}
