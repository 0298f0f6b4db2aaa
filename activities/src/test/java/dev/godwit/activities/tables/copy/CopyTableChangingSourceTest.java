package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.Progress;
import dev.godwit.step.StepStopped;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A source that is written to while attempts at its copy end half-way. */
class CopyTableChangingSourceTest {
    private static final int ROWS = 6000;
    private static final String ALL = "SELECT id, balance, name FROM accounts ORDER BY id";

    /** Is stopped at one of its checkpoints. */
    private static Attempt stoppedAfter(int checkpoints) {
        AtomicInteger left = new AtomicInteger(checkpoints);
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {}

            @Override
            public Instant asked() {
                return Instant.parse("2026-03-01T12:00:01Z");
            }

            @Override
            public Optional<String> stopRequested() {
                return left.decrementAndGet() <= 0 ? Optional.of("enough") : Optional.empty();
            }
        };
    }

    private static boolean ended(StepWorld world, int checkpoints) {
        try {
            world.host(UnaryOperator.identity()).run(world.task(), stoppedAfter(checkpoints));
            return true;
        } catch (StepStopped stopped) {
            return false;
        }
    }

    private static PostgresServer.Database accounts() throws Exception {
        return PostgresServer.shared()
                .newDatabase()
                .execute("CREATE TABLE accounts (id integer PRIMARY KEY, balance integer, name text)"
                        // Updates find room in the page of the row.
                        + " WITH (fillfactor = 60)",
                        "INSERT INTO accounts SELECT i, 100, repeat('x', i % 200) FROM generate_series(1, " + ROWS
                                + ") i",
                        "VACUUM ANALYZE accounts");
    }

    private static StepWorld world(Path directory, PostgresServer.Database from, PostgresServer.Database to) {
        return new StepWorld(directory, "copy.table").resource("from", from.resource())
                .resource("to", to.resource())
                .closing(from)
                .closing(to)
                .spec("{from: 'from:accounts', to: 'to:accounts', batch: 200, partitions: 3}");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void what_has_changed_since_a_lost_snapshot_is_copied_again_and_nothing_else(int seed,
            @TempDir Path directory) throws Exception {
        Random random = new Random(seed);
        PostgresServer.Database from = accounts();
        PostgresServer.Database to = PostgresServer.shared().newDatabase();
        try (StepWorld world = world(directory.resolve("world"), from, to);
                Connection early = from.connect();
                Statement late = early.createStatement()) {
            // In progress when the first snapshot is taken, and it has written in a subtransaction.
            early.setAutoCommit(false);
            late.execute("SAVEPOINT inner_one");
            late.execute("UPDATE accounts SET balance = -1 WHERE id = " + (1 + random.nextInt(ROWS)));
            assertThat(ended(world, 8 + random.nextInt(12))).isFalse();
            early.commit();
            for (int i = 0; i < 2; i++) {
                int id = 1 + random.nextInt(ROWS);
                from.execute("UPDATE accounts SET balance = 7 WHERE id = " + id,
                        "DELETE FROM accounts WHERE id = " + (id
                                + 1),
                        "INSERT INTO accounts VALUES (" + (ROWS + 1 + i + seed * 10) + ", 1, 'new')",
                        "VACUUM accounts", "INSERT INTO accounts VALUES (" + -(1 + i + seed * 10) + ", 2, 'newer')");
                if (i == 0) {
                    ended(world, 8 + random.nextInt(8));
                }
            }
            JsonNode output = world.run().output();
            assertThat(to.rows(ALL)).isEqualTo(from.rows(ALL));
            assertThat(output.path("snapshots").asInt()).isBetween(2, 3);
            assertThat(output.path("repeated").asLong()).isLessThan(ROWS / 2);
            assertThat(output.path("rows").asLong()).isEqualTo(to.rows(ALL).size());
        }
    }

    @Test
    void the_target_ends_up_as_one_snapshot_has_the_source_however_often_the_copy_began(@TempDir Path directory)
            throws Exception {
        PostgresServer.Database from = accounts();
        PostgresServer.Database to = PostgresServer.shared().newDatabase();
        AtomicBoolean enough = new AtomicBoolean();
        try (StepWorld world = world(directory.resolve("world"), from, to)) {
            Thread writer = Thread.ofPlatform().start(() -> transfer(from, enough));
            for (int checkpoints = 12; !ended(world, checkpoints); checkpoints += 7) {
                assertThat(checkpoints).isLessThan(2000);
            }
            enough.set(true);
            writer.join();
            assertThat(to.rows("SELECT count(*), sum(balance), count(DISTINCT id) FROM accounts"))
                    .containsExactly(ROWS + "|" + ROWS * 100 + "|" + ROWS);
        }
    }

    /** Moves money between accounts; there is as much of it in every snapshot. */
    private static void transfer(PostgresServer.Database database, AtomicBoolean enough) {
        Random random = new Random(1);
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!enough.get()) {
                int amount = random.nextInt(50);
                statement.execute("UPDATE accounts SET balance = balance - " + amount + " WHERE id = "
                        + (1 + random.nextInt(ROWS)));
                statement.execute("UPDATE accounts SET balance = balance + " + amount + " WHERE id = "
                        + (1 + random.nextInt(ROWS)));
                connection.commit();
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
