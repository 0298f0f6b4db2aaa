package dev.godwit.activities.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A real PostgreSQL on a free port, one for all tests of a JVM. Each test makes databases of its own in it. */
public final class PostgresServer {
    /** A file system in memory, where there is one. */
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ROOM = 4L << 30;
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static PostgresServer shared;

    private final EmbeddedPostgres postgres;

    private PostgresServer(EmbeddedPostgres postgres) {
        this.postgres = postgres;
    }

    /** The server, started when it is first asked for and stopped with the JVM. */
    public static synchronized PostgresServer shared() {
        if (shared == null) {
            try {
                EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                        .setServerConfig("max_connections", "200")
                        .setServerConfig("wal_level", "logical");
                if (hasRoom(MEMORY)) {
                    // Hundreds of databases are made and dropped, which on a disk takes most of the tests' time.
                    builder.setDataDirectory(Files.createTempDirectory(MEMORY, "godwit-postgres"));
                }
                shared = new PostgresServer(builder.start());
            } catch (IOException e) {
                throw new IllegalStateException("the PostgreSQL of the tests does not start", e);
            }
        }
        return shared;
    }

    private static boolean hasRoom(Path directory) throws IOException {
        return Files.isWritable(directory) && Files.getFileStore(directory).getUsableSpace() >= ROOM;
    }

    public int port() {
        return postgres.getPort();
    }

    /** Makes an empty database with a name that no other test has. */
    public Database newDatabase() {
        String name = "test_" + ProcessHandle.current().pid() + "_" + DATABASES.incrementAndGet();
        try (Connection connection = connect("postgres"); Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return new Database(name);
    }

    /** The names of all databases. */
    public List<String> databases() throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT datname FROM pg_database ORDER BY 1")) {
            while (found.next()) {
                names.add(found.getString(1));
            }
        }
        return names;
    }

    /** Drops a database that a step has made, whoever is connected. */
    public void drop(String database) throws SQLException {
        try (Connection connection = connect("postgres"); Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS \"" + database + "\" WITH (FORCE)");
        }
    }

    /** The rows of a query in any database, columns as text with {@code |} between them. */
    public List<String> rows(String database, String query) throws SQLException {
        return new Database(database).rows(query);
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://localhost:" + port() + "/" + database + "?user=postgres");
    }

    /** A database of one test. Closing it drops it, whoever is connected. */
    public final class Database implements AutoCloseable {
        private final String name;

        private Database(String name) {
            this.name = name;
        }

        public String name() {
            return name;
        }

        /** The address for a declaration, where the user is {@code postgres}. */
        public String url() {
            return "jdbc:postgresql://localhost:" + port() + "/" + name;
        }

        /** A declaration, for {@code StepWorld.resource}. */
        public String resource() {
            return "{kind: 'postgres', url: '" + url() + "', user: 'postgres'}";
        }

        /** The test's own session, independent of what is tested. */
        public Connection connect() throws SQLException {
            return PostgresServer.this.connect(name);
        }

        public Database execute(String... statements) throws SQLException {
            try (Connection connection = connect(); Statement statement = connection.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
            }
            return this;
        }

        /** The rows of a query, columns as text with {@code |} between them. */
        public List<String> rows(String query) throws SQLException {
            List<String> rows = new ArrayList<>();
            try (Connection connection = connect();
                    Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery(query)) {
                while (result.next()) {
                    List<String> columns = new ArrayList<>();
                    for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                        columns.add(result.getString(i));
                    }
                    rows.add(String.join("|", columns));
                }
            }
            return rows;
        }

        @Override
        public void close() throws SQLException {
            try (Connection connection = PostgresServer.this.connect("postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            }
        }
    }
}
