package dev.godwit.activities.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.godwit.step.StepIdentity;
import dev.godwit.step.StepStopped;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class PostgresJournalTest {
    private static final StepIdentity STEP = new StepIdentity("0c7f9a52", "plan", "target", "phase", "co_py", 1);

    @Test
    void a_batch_of_an_earlier_attempt_is_not_committed_and_its_session_is_ended() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                Connection zombie = session(database, "one")) {
            database.execute("CREATE TABLE rows (id integer)");
            PostgresJournal first = new PostgresJournal(STEP, 1);
            first.begin(zombie);
            zombie.setAutoCommit(false);
            try (Statement statement = zombie.createStatement()) {
                statement.execute("INSERT INTO rows VALUES (1)");
            }
            first.advance(zombie, "all", "1");

            try (Connection successor = session(database, "two")) {
                PostgresJournal second = new PostgresJournal(STEP, 2);
                second.begin(successor);
                assertThatExceptionOfType(SQLException.class).isThrownBy(zombie::commit);
                assertThat(second.cursor(successor, "all", String.class)).isEmpty();
                assertThat(database.rows("SELECT id FROM rows")).isEmpty();
            }
            try (Connection again = session(database, "one"); Connection successor = session(database, "two")) {
                assertThatExceptionOfType(StepStopped.class).isThrownBy(() -> first.begin(again));
                assertThat(successor.isValid(5)).isTrue();
                again.setAutoCommit(false);
                assertThatExceptionOfType(StepStopped.class).isThrownBy(() -> first.advance(again, "all", "2"));
                assertThatExceptionOfType(StepStopped.class).isThrownBy(() -> first.checkToken(again));
            }
        }
    }

    @Test
    void sessions_of_the_same_attempt_and_of_other_steps_are_left_alone() throws Exception {
        StepIdentity other = new StepIdentity("0c7f9a52", "plan", "target", "phase", "coXpy", 1);
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                Connection same = session(database, "one");
                Connection also = session(database, "one");
                Connection others = session(database, other, "two")) {
            new PostgresJournal(STEP, 1).begin(same);
            assertThat(also.isValid(5)).isTrue();
            assertThat(others.isValid(5)).isTrue();
        }
    }

    @Test
    void cursors_last_until_they_are_forgotten_and_the_schema_goes_with_the_last() throws Exception {
        StepIdentity other = new StepIdentity("0c7f9a52", "plan", "target", "phase", "other", 1);
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                Connection connection = session(database, "one")) {
            PostgresJournal one = new PostgresJournal(STEP, 1);
            PostgresJournal two = new PostgresJournal(other, 1);
            assertThat(one.begun(connection)).isFalse();
            one.begin(connection);
            two.begin(connection);
            one.advance(connection, "a", 1);
            one.advance(connection, "a", 2);
            one.advance(connection, "b", 3);
            assertThat(one.cursor(connection, "a", Integer.class)).contains(2);
            assertThat(one.cursor(connection, "b", Integer.class)).contains(3);
            assertThat(one.begun(connection)).isTrue();

            one.forget(connection);
            one.forget(connection);
            assertThat(two.begun(connection)).isTrue();
            two.forget(connection);
            assertThat(database.rows("SELECT nspname FROM pg_namespace WHERE nspname = 'godwit'")).isEmpty();
            two.forget(connection);
        }
    }

    private static Connection session(PostgresServer.Database database, String attempt) throws SQLException {
        return session(database, STEP, attempt);
    }

    private static Connection session(PostgresServer.Database database, StepIdentity step, String attempt)
            throws SQLException {
        return DriverManager.getConnection(database.url() + "?user=postgres&ApplicationName="
                + PostgresSessions.name(step, Path.of(attempt)));
    }
}
