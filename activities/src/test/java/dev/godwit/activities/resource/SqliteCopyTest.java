package dev.godwit.activities.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqliteCopyTest {
    @TempDir
    private Path directory;

    private Path database;

    @BeforeEach
    void place() {
        database = directory.resolve("d.db");
    }

    /** Each transaction moves money: a copy that is not of one moment does not add up. */
    @ParameterizedTest
    @CsvSource({"WAL, 5", "DELETE, 60", "TRUNCATE, 60", "PERSIST, 60"})
    void a_copy_of_a_database_that_is_being_written_is_whole(String mode, int pauseMillis) throws Exception {
        try (Connection writer = connect(database); Statement statement = writer.createStatement()) {
            statement.execute("PRAGMA journal_mode = " + mode);
            statement.execute("PRAGMA wal_autocheckpoint = 60");
            statement.execute("PRAGMA synchronous = OFF");
            statement.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, money INTEGER, filler TEXT)");
            statement.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                    + " INSERT INTO accounts SELECT i, 100, hex(randomblob(200)) FROM n");
            AtomicBoolean stop = new AtomicBoolean();
            Thread writing = Thread.ofPlatform().start(() -> moveMoney(statement, stop, pauseMillis));
            try {
                for (int i = 0; i < 5; i++) {
                    Path copy = SqliteCopy.take(database, Files.createTempDirectory(directory, "copy"), () -> {});

                    try (Connection connection = connect(copy)) {
                        assertThat(one(connection, "PRAGMA integrity_check")).isEqualTo("ok");
                        assertThat(one(connection, "SELECT sum(money) FROM accounts")).isEqualTo("50000");
                    }
                }
            } finally {
                stop.set(true);
                writing.join();
            }
        }
    }

    @Test
    void a_copy_shows_what_is_committed_to_the_log_and_not_what_is_open() throws Exception {
        try (Connection writer = connect(database); Statement statement = writer.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("CREATE TABLE t (a)");
            statement.execute("INSERT INTO t VALUES (1)");
            statement.execute("BEGIN");
            statement.execute("INSERT INTO t VALUES (2)");

            Path copy = SqliteCopy.take(database, Files.createDirectory(directory.resolve("copy")), () -> {});

            try (Connection connection = connect(copy)) {
                assertThat(one(connection, "SELECT group_concat(a) FROM t")).isEqualTo("1");
            }
        }
    }

    @Test
    void a_copy_of_a_database_that_must_not_be_written_can_be_opened() throws Exception {
        try (Connection writer = connect(database); Statement statement = writer.createStatement()) {
            statement.execute("CREATE TABLE t (a)");
        }
        assertThat(database.toFile().setWritable(false, false)).isTrue();

        Path copy = SqliteCopy.take(database, Files.createDirectory(directory.resolve("copy")), () -> {});

        assertThat(Files.isWritable(copy)).isTrue();
        try (Connection connection = connect(copy)) {
            assertThat(one(connection, "SELECT count(*) FROM t")).isEqualTo("0");
        }
    }

    @Test
    void copying_does_not_cost_this_process_the_locks_that_it_holds() throws Exception {
        try (Connection holder = connect(database); Statement statement = holder.createStatement()) {
            statement.execute("CREATE TABLE t (a)");
            statement.execute("BEGIN IMMEDIATE");

            SqliteCopy.isDatabase(database);
            SqliteCopy.take(database, Files.createDirectory(directory.resolve("copy")), () -> {});

            assertThat(lockedForOthers()).isTrue();
        }
    }

    /** Only another process can tell: within one, SQLite knows its locks without asking the system. */
    private boolean lockedForOthers() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), OtherProcess.class.getName(), database.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        assertThat(said.strip()).isIn("locked", "free");
        return said.strip().equals("locked");
    }

    /** Tries to write. */
    static final class OtherProcess {
        private OtherProcess() {}

        public static void main(String[] arguments) throws SQLException {
            try (Connection connection = connect(Path.of(arguments[0]));
                    Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA busy_timeout = 1");
                statement.execute("BEGIN IMMEDIATE");
                System.out.println("free");
            } catch (SQLException e) {
                System.out.println("locked");
            }
        }
    }

    private static void moveMoney(Statement statement, AtomicBoolean stop, int pauseMillis) {
        try {
            for (int i = 0; !stop.get(); i++) {
                statement.execute("BEGIN");
                for (int j = 0; j < 20; j++) {
                    int from = (i * 31 + j * 7) % 500 + 1;
                    int to = (i * 17 + j * 13) % 500 + 1;
                    statement.execute(
                            "UPDATE accounts SET money = money - 1, filler = hex(randomblob(200)) WHERE id = " + from);
                    statement.execute("UPDATE accounts SET money = money + 1 WHERE id = " + to);
                }
                statement.execute("COMMIT");
                Thread.sleep(pauseMillis);
            }
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Connection connect(Path file) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file);
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
            return row.getString(1);
        }
    }
}
