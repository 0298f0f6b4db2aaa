package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * An SQLite database: a file. The path of a location is a table.
 *
 * <p>Reading never opens the database itself, since opening one in WAL mode leaves {@code -shm} and {@code -wal} files
 * beside it even when it is opened read-only. It opens a copy in the step's scratch directory, which needs as much room as
 * the database has. Writing keeps the journal mode that the database has, syncs every commit and waits up to 30 seconds for
 * other writers.
 *
 * <pre>{@code
 * database: {kind: sqlite, directory: v2_home, file: data/detections.db}
 * }</pre>
 */
@AutoService(ResourceKind.class)
public final class SqliteKind implements ResourceKind<ReadableSqlite, WritableSqlite> {
    private static final int BUSY_MILLIS = 30_000;

    /**
     * Either {@code path}, or {@code directory} and {@code file}.
     *
     * @param path where the database is: an absolute path; it need not exist yet
     * @param directory a location of kind directory that holds it
     * @param file its name within that directory
     */
    public record Definition(Optional<String> path, Optional<Location> directory, Optional<String> file) {
        public Definition {
            if (path.isPresent() == directory.isPresent() || directory.isPresent() != file.isPresent()) {
                throw new IllegalArgumentException(
                        "an sqlite resource has either a 'path', or a 'directory' and a 'file' in it");
            }
        }
    }

    @Override
    public String name() {
        return "sqlite";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public ReadableSqlite read(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return new Database(file(definition, location, access), location, access);
    }

    @Override
    public WritableSqlite write(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return new Database(file(definition, location, access), location, access);
    }

    private static Path file(JsonNode tree, Location location, ResourceAccess access) throws Exception {
        Definition definition = Json.bindPlan(tree, Definition.class);
        if (definition.directory().isPresent()) {
            Location directory = definition.directory().get();
            return access.reading(DirectoryKind.class, directory.resolve(definition.file().orElseThrow())).path();
        }
        Path path = Path.of(definition.path().orElseThrow()).normalize();
        if (!path.isAbsolute()) {
            throw StepFailure.user("path-relative", "resource " + location.resource()
                    + ": path must be absolute, and is '" + path
                    + "'; a parameter of type path becomes absolute by itself");
        }
        return path;
    }

    /** Opens a database file with the settings that Godwit writes with. */
    static Connection connect(Path file) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = " + BUSY_MILLIS);
            statement.execute("PRAGMA synchronous = FULL");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private record Database(Path file, Location location, ResourceAccess access) implements WritableSqlite {
        @Override
        public Connection open() throws IOException, SQLException {
            requireDatabase();
            Path copy = SqliteCopy.take(file, Files.createTempDirectory(access.scratch(), "sqlite"),
                    access::checkpoint);
            return connect(copy);
        }

        @Override
        public Connection openForWriting() throws IOException, SQLException {
            if (!Files.isDirectory(file.getParent())) {
                throw StepFailure.user("directory-missing", location + ": the directory " + file.getParent()
                        + " of the database does not exist; make it with an earlier step");
            }
            if (exists()) {
                requireDatabase();
            }
            return connect(file);
        }

        private void requireDatabase() throws IOException {
            if (!exists()) {
                throw StepFailure.user("database-missing",
                        location + ": the database " + file + " does not exist; correct the path, or make it first");
            }
            if (!SqliteCopy.isDatabase(file)) {
                throw StepFailure.user("not-a-database", location + ": " + file
                        + " is not an SQLite database (or it is encrypted); correct the path");
            }
        }
    }
}
