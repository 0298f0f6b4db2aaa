package dev.godwit.activities.backup.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.database.DatabaseBackup.Listed;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.Beats;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.run.Progress;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackupSqliteTest {
    static final String NAME = "plan-20260301T120000Z-0c7f9a52-step";
    private static final int ROWS = 3000;

    @TempDir
    private Path temporary;

    @Nested
    class VerifiedByARestore extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return detections(directory, "wal");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("seconds", "restore_seconds");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void a_quiet_database_is_backed_up_and_nothing_changes_beside_it(String mode) throws Exception {
        try (StepWorld world = detections(temporary.resolve("w"), mode)) {
            Path home = world.directory().resolve("v1");
            List<String> before = TreeSnapshot.of(home, true);

            JsonNode output = world.run().output();

            assertThat(TreeSnapshot.of(home, true)).isEqualTo(before);
            assertThat(output.path("rows").asInt()).isEqualTo(ROWS + 1);
            assertThat(output.path("tables").asInt()).isEqualTo(2);
            assertThat(count(backup(world).resolve("parts/database.sqlite"))).isEqualTo(ROWS);
            assertThat(backup(world).resolve("parts")).isDirectoryContaining(part -> part.endsWith("database.sqlite"))
                    .isDirectoryNotContaining(part -> !part.endsWith("database.sqlite"));
        }
    }

    /** Each transaction of the writer leaves an even number of rows and a sum of 0. */
    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void a_database_that_is_being_written_is_backed_up_as_of_one_moment(String mode) throws Exception {
        try (StepWorld world = detections(temporary.resolve("w"), mode)) {
            Path file = world.directory().resolve("v1/detections.db");
            AtomicBoolean stop = new AtomicBoolean();
            CompletableFuture<Integer> writer;
            try (Connection connection = connect(file); Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE pairs (value INTEGER)");
                writer = CompletableFuture.supplyAsync(() -> write(file, stop), Thread::startVirtualThread);
                while (count(connection, "SELECT count(*) FROM pairs") < 20) {
                    Thread.onSpinWait();
                }
                world.run();
                stop.set(true);
                assertThat(writer.get()).isGreaterThan(10);
            }
            Path copy = backup(world).resolve("parts/database.sqlite");
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy)) {
                assertThat(count(connection, "SELECT count(*) FROM pairs")).isPositive().matches(rows -> rows % 2 == 0);
                assertThat(count(connection, "SELECT sum(value) FROM pairs")).isZero();
            }
        }
    }

    /** Of a database of some gigabytes each of these takes longer than a step may be silent. */
    @Test
    void whatever_takes_long_says_that_the_step_lives() throws Exception {
        Beats beats = new Beats();
        try (StepWorld world = detections(temporary.resolve("w"), "delete")) {
            world.host(UnaryOperator.identity()).run(world.task(), beats);
        }
        assertThat(beats.within()).contains("SqliteCopy.take", "SqliteDump.settled", "SqliteDump.contents",
                "SqliteDump.requireWhole", "SqliteDump.restore", "DurableFiles.syncFile");
    }

    @Test
    void what_lost_attempts_have_left_is_gone_before_another_needs_the_room() throws Exception {
        try (StepWorld world = detections(temporary.resolve("w"), "delete")) {
            Path left = Files.createDirectories(backup(world).resolve("attempt-0"));
            Files.writeString(left.resolve("database.sqlite"), "as large as the database");
            AtomicBoolean besides = new AtomicBoolean();
            world.host(UnaryOperator.identity()).run(world.task(), new Attempt() {
                @Override
                public void heartbeat(Progress progress) {}

                @Override
                public Optional<String> stopRequested() {
                    besides.compareAndSet(false, Files.exists(left) && Files.exists(left.resolveSibling("attempt-1")));
                    return Optional.empty();
                }
            });
            assertThat(left).doesNotExist();
            assertThat(besides).isFalse();
        }
    }

    @Test
    void a_damaged_database_is_not_backed_up_as_if_it_were_good() throws Exception {
        try (StepWorld world = detections(temporary.resolve("w"), "delete")) {
            try (RandomAccessFile file = new RandomAccessFile(
                    world.directory().resolve("v1/detections.db").toFile(), "rw")) {
                file.seek(file.length() / 2);
                file.write(new byte[5000]);
            }
            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class);
            assertThat(backup(world)).doesNotExist();
        }
    }

    @Test
    void what_is_no_database_is_refused() throws Exception {
        try (StepWorld world = detections(temporary.resolve("w"), "delete")) {
            Files.writeString(world.directory().resolve("v1/detections.db"), "no database at all");
            assertThatThrownBy(world::run).hasMessageContaining("not an SQLite database");
            Files.delete(world.directory().resolve("v1/detections.db"));
            assertThatThrownBy(world::run).hasMessageContaining("does not exist");
        }
    }

    static Path backup(StepWorld world) {
        return world.directory().resolveSibling(world.directory().getFileName() + ".backups").resolve(NAME);
    }

    static StepWorld detections(Path directory, String mode) throws Exception {
        Path home = Files.createDirectories(directory.resolve("v1"));
        Path file = home.resolve("detections.db");
        try (Connection connection = connect(file); Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = " + mode);
            statement.execute("CREATE TABLE detections (id INTEGER PRIMARY KEY, plate TEXT, confidence REAL)");
            statement.execute("INSERT INTO detections WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                    + " WHERE i < " + ROWS + ") SELECT i, 'ab-' || i, i / 7.0 FROM n");
            statement.execute("CREATE INDEX by_plate ON detections (plate)");
            statement.execute("CREATE TABLE \"odd \"\"name\" (x)");
            statement.execute("INSERT INTO \"odd \"\"name\" VALUES (NULL)");
        }
        // Beside the world: how long a restore took is different each time.
        Path backups = directory.resolveSibling(directory.getFileName() + ".backups");
        DurableFiles.deleteTree(backups);
        return new StepWorld(directory, "backup.sqlite")
                .resource("database", "{kind: 'sqlite', path: '" + file + "'}")
                .directory("backups", Files.createDirectories(backups))
                .spec("{from: 'database', to: 'backups', verify: 'restore'}")
                .counting(() -> DatabaseBackup.newestFirst(BackupPlace.of(backups))
                        .stream()
                        .flatMap(BackupSqliteTest::described)
                        .toList());
    }

    static Stream<String> described(Listed backup) {
        try {
            return Stream.of(backup.name(), backup.backup().requireInventory().toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int write(Path file, AtomicBoolean stop) {
        int transactions = 0;
        try (Connection connection = connect(file); Statement statement = connection.createStatement()) {
            while (!stop.get()) {
                statement.execute("BEGIN IMMEDIATE");
                statement.execute("INSERT INTO pairs VALUES (" + transactions + ")");
                statement.execute("INSERT INTO pairs VALUES (-" + transactions + ")");
                statement.execute("COMMIT");
                transactions++;
            }
            return transactions;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static Connection connect(Path file) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 60000");
        }
        return connection;
    }

    static long count(Path file) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            return count(connection, "SELECT count(*) FROM detections");
        }
    }

    private static long count(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getLong(1);
        }
    }
}
