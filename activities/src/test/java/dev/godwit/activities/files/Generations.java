package dev.godwit.activities.files;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;

/** A flat storage of generations, some of them files and some directories, and a database that knows of them. */
final class Generations {
    static final String PLACE = "\"projects/\\\\(.project)/generations/v\\\\(.version)__\\\\(.id)\"";
    static final String QUERY = "SELECT id, project, version FROM generations";
    private static final Instant LONG_AGO = Instant.parse("2025-01-02T03:04:05.678Z");

    private Generations() {}

    /** Makes the storage of a world, with an SQLite database. */
    static StepWorld inSqlite(Path directory, String uses) throws Exception {
        storage(directory.resolve("storage"));
        try (Connection connection = sqlite(directory); Statement statement = connection.createStatement()) {
            rows(statement);
        }
        return world(directory, uses).resource("database",
                "{kind: 'sqlite', path: '" + directory.resolve("codebegen.db") + "'}");
    }

    /** Makes the storage of a world, with a PostgreSQL database. */
    static StepWorld inPostgres(Path directory, String uses) throws Exception {
        storage(directory.resolve("storage"));
        PostgresServer.Database database = PostgresServer.shared().newDatabase();
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            rows(statement);
        }
        return world(directory, uses).resource("database", database.resource())
                .closing(database)
                .counting(() -> database.rows(QUERY + " ORDER BY id"));
    }

    static Connection sqlite(Path directory) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("codebegen.db"));
    }

    static void execute(Path directory, String sql) throws SQLException {
        try (Connection connection = sqlite(directory); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static StepWorld world(Path directory, String uses) {
        return new StepWorld(directory, uses).directory("storage", directory.resolve("storage"))
                .directory("aside", directory.resolve("aside"));
    }

    private static void rows(Statement statement) throws SQLException {
        statement.execute("CREATE TABLE generations (id text PRIMARY KEY, project text, version integer)");
        statement.execute("INSERT INTO generations VALUES ('g1', 'p1', 1), ('g2', 'p1', 2), ('g3', 'p2', 1),"
                + " ('g4', 'p2', 2), ('g5', 'p3', 1)");
    }

    /** Two files and three directories, all of them old. */
    private static void storage(Path storage) throws IOException {
        for (String id : new String[]{"g1", "g3", "g5"}) {
            Path source = Files.createDirectories(storage.resolve(id + "/src"));
            write(source.resolve("main.py"), "print('" + id + "')");
            write(source.getParent().resolve("read me.txt"), id);
            old(source);
            old(source.getParent());
        }
        Files.setPosixFilePermissions(storage.resolve("g3"), PosixFilePermissions.fromString("rwxr-x---"));
        for (String id : new String[]{"g2", "g4"}) {
            write(storage.resolve(id + ".json"), "{\"id\": \"" + id + "\"}");
        }
        old(storage);
    }

    private static void write(Path file, String content) throws IOException {
        old(Files.writeString(file, content));
    }

    private static void old(Path path) throws IOException {
        Files.setLastModifiedTime(path, FileTime.from(LONG_AGO));
    }
}
