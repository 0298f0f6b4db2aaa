package dev.godwit.activities.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LongStatementTest {
    private final AtomicInteger checkpoints = new AtomicInteger();

    @Test
    void a_step_lives_as_long_as_its_statement_is_worked_on() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                Connection connection = database.connect()) {
            String answer = new LongStatement(new Known(database), context(Integer.MAX_VALUE)).run(connection, () -> {
                try (Statement statement = connection.createStatement()) {
                    // Ends when the step has been seen alive a few times, however long that takes.
                    statement.execute("CREATE TEMPORARY TABLE t (id integer)");
                    while (checkpoints.get() < 3) {
                        statement.execute("SELECT pg_sleep(0.05)");
                    }
                    return "done";
                }
            });
            assertThat(answer).isEqualTo("done");
        }
    }

    @Test
    void a_step_that_is_to_end_cancels_its_statement() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                Connection connection = database.connect()) {
            assertThatExceptionOfType(StepStopped.class)
                    .isThrownBy(() -> new LongStatement(new Known(database), context(2)).run(connection,
                            () -> sleep(connection)));
            assertThat(connection.isValid(5)).isTrue();
            assertThat(database.rows("SELECT count(*) FROM pg_stat_activity WHERE datname = '" + database.name()
                    + "' AND query LIKE '%pg_sleep(3600)%' AND state = 'active' AND pid <> pg_backend_pid()"))
                    .containsExactly("0");
        }
    }

    @Test
    void what_the_server_says_is_thrown_as_it_is() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                Connection connection = database.connect()) {
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> new LongStatement(new Known(database), context(Integer.MAX_VALUE))
                            .run(connection, () -> connection.createStatement().execute("SELECT * FROM nothing")))
                    .satisfies(thrown -> assertThat(thrown.getSQLState()).isEqualTo("42P01"));
        }
    }

    @Test
    void a_server_that_cannot_be_asked_has_failed() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                Connection connection = database.connect()) {
            Known gone = new Known(database) {
                @Override
                public Connection open() {
                    throw StepFailure.external("connection-lost", "parking: gone");
                }
            };
            assertThatExceptionOfType(StepFailure.class)
                    .isThrownBy(() -> new LongStatement(gone, context(Integer.MAX_VALUE)).run(connection,
                            () -> sleep(connection)))
                    .withMessageContaining("gone");
        }
    }

    private static boolean sleep(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.execute("SELECT pg_sleep(3600)");
        }
    }

    /** A context of which only checkpoints are wanted, and which ends the step at one of them. */
    private PreviewContext context(int last) {
        return (PreviewContext) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[]{PreviewContext.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("checkpoint");
                    if (checkpoints.incrementAndGet() >= last) {
                        throw new StepStopped("paused");
                    }
                    return null;
                });
    }

    private static class Known implements ReadablePostgres {
        private final PostgresServer.Database database;

        Known(PostgresServer.Database database) {
            this.database = database;
        }

        @Override
        public Location location() {
            return Location.parse("parking");
        }

        @Override
        public String address() {
            return database.url();
        }

        @Override
        public Connection open() throws SQLException {
            return database.connect();
        }

        @Override
        public Map<String, String> environment() {
            return Map.of();
        }
    }
}
