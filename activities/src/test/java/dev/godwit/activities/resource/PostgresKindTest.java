package dev.godwit.activities.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.ErrorKind;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresKindTest {
    @Test
    void a_session_for_reading_cannot_write() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase();
                PostgresDatabase opened = reading(database, "");
                Connection connection = opened.open();
                Statement statement = connection.createStatement()) {
            SQLException refused = catchThrowableOfType(SQLException.class,
                    () -> statement.execute("CREATE TABLE made (id integer)"));
            assertThat(refused.getSQLState()).isEqualTo("25006");
        }
    }

    @Test
    void a_preview_takes_the_role_that_may_only_read() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            database.execute("CREATE TABLE secrets (id integer)", "DROP ROLE IF EXISTS \"only looks\"",
                    "CREATE ROLE \"only looks\"");
            try (PostgresDatabase opened = reading(database, ", \"preview-role\": \"only looks\"");
                    Connection connection = opened.open();
                    Statement statement = connection.createStatement()) {
                assertThatThrownBy(() -> statement.executeQuery("SELECT * FROM secrets"))
                        .hasMessageContaining("permission denied");
            } finally {
                database.execute("DROP ROLE \"only looks\"");
            }
        }
    }

    @Test
    void values_have_one_form_whatever_the_database_is_set_to() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            for (String setting : List.of("timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'",
                    "intervalstyle = 'iso_8601'", "extra_float_digits = -3", "bytea_output = 'escape'",
                    "statement_timeout = '10ms'", "default_transaction_isolation = 'serializable'")) {
                database.execute("ALTER DATABASE " + database.name() + " SET " + setting);
            }
            try (PostgresDatabase opened = reading(database, "");
                    Connection connection = opened.open();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT pg_sleep(0.05), (timestamptz '2026-03-01 12:00+01')"
                            + "::text, (interval '1 day 2 hours')::text, (0.1::float8 + 0.2::float8)::text,"
                            + " ('\\x00ff'::bytea)::text, current_setting('transaction_isolation')")) {
                row.next();
                assertThat(List.of(row.getString(2), row.getString(3), row.getString(4), row.getString(5),
                        row.getString(6)))
                        .containsExactly("2026-03-01 11:00:00+00", "1 day 02:00:00", "0.30000000000000004", "\\x00ff",
                                "read committed");
            }
        }
    }

    @Test
    void a_server_that_does_not_answer_is_named_and_worth_a_retry() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        String url = "jdbc:postgresql://localhost:" + free + "/parking?sslmode=prefer";
        try (PostgresDatabase opened = (PostgresDatabase) new PostgresKind().read(
                json("{\"url\": \"" + url + "\", \"connect\": \"1s\"}"), Location.parse("parking"), new Access())) {
            assertThatExceptionOfType(StepFailure.class).isThrownBy(opened::open)
                    .withMessageContaining("postgresql://localhost:" + free + "/parking")
                    .satisfies(failure -> assertThat(failure.retryable()).isTrue())
                    .satisfies(failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.EXTERNAL));
        }
    }

    @Test
    void a_database_that_does_not_exist_is_not_worth_a_retry() throws Exception {
        String url = "jdbc:postgresql://localhost:" + PostgresServer.shared().port() + "/parkin";
        try (PostgresDatabase opened = (PostgresDatabase) new PostgresKind().read(
                json("{\"url\": \"" + url + "\", \"user\": \"postgres\"}"), Location.parse("parking"), new Access())) {
            assertThatExceptionOfType(StepFailure.class).isThrownBy(opened::open)
                    .withMessageContaining("parkin")
                    .satisfies(failure -> assertThat(failure.code()).isEqualTo("database-missing"))
                    .satisfies(failure -> assertThat(failure.retryable()).isFalse());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgresql://db/parking", "jdbc:postgresql://app:secret@db/parking",
            "jdbc:postgresql://db",
            "jdbc:postgresql://db/parking?user=app", "jdbc:postgresql://db/parking?ssl=true&password=secret",
            "jdbc:postgresql://db/parking?options=-c", "jdbc:postgresql://db/a b"})
    void an_address_with_a_password_or_without_a_database_is_refused(String url) {
        JsonNode definition = Json.mapper().createObjectNode().put("url", url);
        assertThatThrownBy(() -> new PostgresKind().read(definition, Location.parse("parking"), new Access()))
                .hasMessageContaining("url");
    }

    @Test
    void programs_of_postgresql_find_the_database_through_their_environment() {
        JsonNode definition = json("{\"url\": \"jdbc:postgresql://db:6432/parking?sslmode=verify-full\","
                + " \"user\": \"app\", \"password\": {\"secret\": \"PASSWORD\"}}");
        assertThat(new PostgresKind().read(definition, Location.parse("parking"), new Access()).environment())
                .containsEntry("PGHOST", "db")
                .containsEntry("PGPORT", "6432")
                .containsEntry("PGDATABASE", "parking")
                .containsEntry("PGUSER", "app")
                .containsEntry("PGPASSWORD", "of PASSWORD")
                .containsEntry("PGSSLMODE", "verify-full");
    }

    @Test
    void an_attempt_may_have_several_sessions_and_all_end_with_it() throws Exception {
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            List<Connection> sessions = new ArrayList<>();
            try (PostgresDatabase opened = (PostgresDatabase) new PostgresKind().write(definition(database, ""),
                    Location.parse("parking"), new Access())) {
                sessions.add(opened.open());
                sessions.add(opened.open());
                sessions.add(opened.openForWriting());
                assertThat(database.rows("SELECT count(DISTINCT pid), count(DISTINCT application_name)"
                        + " FROM pg_stat_activity WHERE application_name LIKE 'godwit/%' AND datname = '"
                        + database.name() + "'")).containsExactly("3|1");
            }
            for (Connection session : sessions) {
                assertThat(session.isClosed() || !session.isValid(1)).isTrue();
            }
        }
    }

    private static PostgresDatabase reading(PostgresServer.Database database, String more) {
        return (PostgresDatabase) new PostgresKind().read(definition(database, more), Location.parse("parking"),
                new Access());
    }

    private static JsonNode definition(PostgresServer.Database database, String more) {
        return json("{\"url\": \"" + database.url() + "\", \"user\": \"postgres\"" + more + "}");
    }

    private static JsonNode json(String text) {
        return Json.read(text, JsonNode.class);
    }

    /** What a resource is given when it is opened. */
    private static final class Access implements ResourceAccess {
        @Override
        public <R, W extends R> R reading(Class<? extends ResourceKind<R, W>> kind, Location location) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<JsonNode> definition(String resource) {
            return Optional.empty();
        }

        @Override
        public String secret(String name) {
            return "of " + name;
        }

        @Override
        public Path scratch() {
            return Path.of("/tmp/an-attempt");
        }

        @Override
        public Path shared() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkpoint() {
            throw new UnsupportedOperationException();
        }

        @Override
        public StepIdentity identity() {
            return new StepIdentity("0c7f9a52", "plan", "target", "phase", "step", 1);
        }
    }
}
