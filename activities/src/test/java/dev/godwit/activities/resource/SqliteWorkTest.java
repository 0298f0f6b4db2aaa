package dev.godwit.activities.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.Beats;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepStopped;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteWorkTest {
    private static final String ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            + " SELECT count(*) FROM n";

    @TempDir
    private Path directory;

    @Test
    void a_statement_is_ended_when_its_step_is_to_end_and_the_connection_is_of_use_after_it() throws Exception {
        AtomicInteger beats = new AtomicInteger();
        try (Connection connection = open(); Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> SqliteWork.run(connection, () -> {
                if (beats.incrementAndGet() == 3) {
                    throw new StepStopped("paused");
                }
            }, () -> first(statement, ENDLESS))).isInstanceOf(StepStopped.class).hasMessage("paused");

            assertThat(first(statement, "SELECT 7")).isEqualTo(7);
        }
    }

    /** Copying a database of some gigabytes takes longer than a step may be silent. */
    @Test
    void opening_a_private_copy_says_that_the_step_lives() throws Exception {
        try (Connection connection = open(); Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (a)");
        }
        Beats beats = new Beats();
        try (StepWorld world = new StepWorld(directory, "check.sql")
                .resource("database", "{kind: 'sqlite', path: '" + file() + "'}")
                .spec("{in: 'database', queries: [{query: 'SELECT 1'}]}")) {
            world.host(UnaryOperator.identity()).preview(world.task(), beats);
            world.host(UnaryOperator.identity()).run(world.task(), beats);
        }
        assertThat(beats.within()).contains("Database.open", "SqliteCopy.take");
    }

    private Path file() {
        return directory.resolve("d.db");
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file());
    }

    private static int first(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            return row.getInt(1);
        }
    }
}
