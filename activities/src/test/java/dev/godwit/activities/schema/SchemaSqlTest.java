package dev.godwit.activities.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.documents.DatabaseBefore;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SchemaSqlTest {
    private static final String COLUMNS = "SELECT table_schema, table_name, column_name, data_type"
            + " FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            + " AND table_schema <> 'godwit' ORDER BY 1, 2, ordinal_position";
    private static final String UP = "ALTER TABLE plates ADD COLUMN IF NOT EXISTS country text;"
            + " CREATE TABLE IF NOT EXISTS countries (code text); INSERT INTO countries VALUES (\\'DE\\'), (\\'NL\\')";
    private static final String SQLITE_UP = "CREATE TABLE IF NOT EXISTS countries (code text);"
            + " INSERT INTO countries VALUES (\\'DE\\'), (\\'NL\\')";
    private static final String DOWN = "DROP TABLE IF EXISTS countries; ALTER TABLE plates DROP COLUMN IF EXISTS country";

    @TempDir
    private Path temporary;

    @Nested
    class OnPostgres extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return postgres(directory, "").world();
        }

        @Override
        protected int interruptions() {
            return 15; // Each makes a database.
        }
    }

    @Nested
    class OnPostgresWithoutATransaction extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            Case made = postgres(directory, "");
            return made.world()
                    .spec("{to: 'parking', transaction: false, up: {sql: 'CREATE INDEX CONCURRENTLY IF NOT EXISTS one ON"
                            + " plates (plate); CREATE INDEX CONCURRENTLY IF NOT EXISTS two ON plates (plate)'},"
                            + " down: {sql: 'DROP INDEX IF EXISTS one; DROP INDEX CONCURRENTLY IF EXISTS two'}}")
                    .counting(() -> made.database()
                            .rows("SELECT indexname FROM pg_indexes WHERE tablename = 'plates' ORDER BY 1"));
        }

        @Override
        protected int interruptions() {
            return 15; // Each makes a database.
        }
    }

    @Nested
    class OnSqlite extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return sqlite(directory);
        }
    }

    /** A world and its database. */
    private record Case(StepWorld world, PostgresServer.Database database) {}

    @Test
    void a_failure_names_the_line_and_the_statement_and_nothing_of_the_script_stays() throws Exception {
        Case made = postgres(temporary.resolve("home"), "");
        try (StepWorld world = made.world()) {
            Files.writeString(world.directory().resolve("up.sql"),
                    "CREATE TABLE kept (a int);\n\n-- next\nALTER TABLE plates\n  ADD COLUMN b text,\n  DROP nonsense;\n");
            world.spec("{to: 'parking', up: {file: 'home:up.sql'}, down: {sql: ''}}");
            StepFailure failure = failure(world);
            assertThat(failure).hasMessageContaining("schema.sql: home:up.sql, line 4 (ALTER TABLE plates ADD COLUMN b"
                    + " text, DROP nonsense): ERROR: column \"nonsense\"");
            assertThat(failure.retryable()).isFalse();
            assertThat(made.database().rows(COLUMNS)).containsExactly("public|plates|plate|text");

            world.round(2)
                    .spec("{to: 'parking', up: {sql: 'SELECT 1;\\n\\nSELECT one\\n  FROM plates'}, down: {sql: ''}}");
            assertThat(failure(world)).hasMessageContaining("up, line 3 (SELECT one FROM plates)");
            assertThat(catchThrowableOfType(StepFailure.class, world::preview)).hasMessageContaining("up, line 3");
        }
    }

    @Test
    void what_needs_no_transaction_is_told_and_what_postgres_needs_is_asked_for() throws Exception {
        Case made = postgres(temporary.resolve("home"), "");
        try (StepWorld world = made.world()) {
            world.spec("{to: 'parking', up: {sql: 'CREATE INDEX CONCURRENTLY i ON plates (plate)'}, down: {sql: ''}}");
            assertThat(failure(world)).hasMessageContaining("say 'transaction: false'");
            world.round(2).spec("{to: 'parking', up: {sql: 'SELECT 1'}}");
            assertThat(failure(world).code()).isEqualTo("down-missing");
            world.round(3)
                    .spec("{to: 'parking', transaction: false, up: {sql: 'CREATE INDEX CONCURRENTLY i ON plates"
                            + " (plate)'}, down: {sql: ''}}");
            assertThat(world.preview().changes().getFirst()).contains("were not tried, since what runs outside");
        }
    }

    @Test
    void a_lock_that_is_not_to_be_had_is_worth_a_retry_and_a_preview_says_it_too() throws Exception {
        Case made = postgres(temporary.resolve("home"), ", lock-timeout: '100ms'");
        try (StepWorld world = made.world().attempts(5);
                Connection other = made.database().connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE plates IN ACCESS SHARE MODE");

            StepFailure failure = failure(world);
            assertThat(failure.code()).isEqualTo("database-busy");
            assertThat(failure.retryable()).isTrue();
            assertThat(failure).hasMessageContaining("up, line 1 (ALTER TABLE plates");

            other.rollback();
            assertThat(world.run().output().get("statements").asInt()).isEqualTo(3);
            assertThat(made.database().rows("SELECT code FROM countries ORDER BY 1")).containsExactly("DE", "NL");
        }
    }

    @Test
    void an_invalid_index_that_an_attempt_has_left_does_not_pass_for_a_good_one() throws Exception {
        Case made = postgres(temporary.resolve("home"), "");
        made.database()
                .execute("CREATE SCHEMA \"Yard\"", "CREATE TABLE \"Yard\".plates (plate text)",
                        "INSERT INTO \"Yard\".plates VALUES ('twice'), ('twice')");
        try (StepWorld world = made.world().attempts(5)) {
            world.spec("{to: 'parking', transaction: false, up: {sql: 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS"
                    + " \"The \"\"Plates\" ON \"Yard\".plates (plate)'}, down: {sql: ''}}");
            String validity = "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid"
                    + " WHERE relname LIKE '%Plates'";
            assertThat(failure(world).code()).isEqualTo("constraint-violated");
            assertThat(made.database().rows(validity)).containsExactly("The \"Plates|f");

            made.database().execute("DELETE FROM \"Yard\".plates WHERE ctid = '(0,1)'");
            world.run();

            assertThat(made.database().rows(validity)).containsExactly("The \"Plates|t");
        }
    }

    @Test
    void a_statement_may_take_no_longer_than_it_is_allowed() throws Exception {
        Case made = postgres(temporary.resolve("home"), "");
        try (StepWorld world = made.world()) {
            world.spec("{to: 'parking', up: {sql: 'SELECT pg_sleep(60)'}, down: {sql: ''}, statement-timeout: '50ms'}");
            assertThat(failure(world).code()).isEqualTo("statement-cancelled");
        }
    }

    @Test
    void a_role_that_may_not_is_no_fault_of_the_script() throws Exception {
        Case made = postgres(temporary.resolve("home"), "");
        made.database().execute("CREATE ROLE onlooker_" + made.database().name());
        try (StepWorld world = made.world()) {
            world.resource("parking", made.database()
                    .resource()
                    .replace("}", ", preview-role: 'onlooker_" + made.database().name() + "'}"));
            assertThat(world.preview().changes().getFirst()).contains("were not tried: ",
                    "must be owner of table plates");
        } finally {
            try (PostgresServer.Database other = PostgresServer.shared().newDatabase()) {
                other.execute("DROP ROLE onlooker_" + made.database().name());
            }
        }
    }

    @Test
    void the_undo_takes_the_script_of_the_run_although_the_file_is_another_now() throws Exception {
        Case made = postgres(temporary.resolve("home"), "");
        try (StepWorld world = made.world()) {
            Path down = Files.writeString(world.directory().resolve("down.sql"), DOWN);
            world.spec("{to: 'parking', up: {sql: '" + UP + "'}, down: {file: 'home:down.sql'}}");
            world.run();
            Files.writeString(down, "DROP TABLE plates");

            world.undo();

            assertThat(made.database().rows(COLUMNS)).containsExactly("public|plates|plate|text");
            assertThat(made.database().rows("SELECT nspname FROM pg_namespace WHERE nspname = 'godwit'")).isEmpty();
        }
    }

    @Test
    void on_sqlite_the_line_is_named_and_what_others_wrote_since_is_set_aside() throws Exception {
        try (StepWorld world = sqlite(temporary.resolve("home"))) {
            StepWorld wrong = world.round(2)
                    .spec("{to: 'db', up: {sql: 'CREATE TABLE kept (a);\\n\\nDROP TABLE missing'}}");
            assertThat(failure(wrong)).hasMessageContaining("up, line 3 (DROP TABLE missing)")
                    .hasMessageContaining("no such table: missing");
            assertThat(failure(wrong.round(3).spec("{to: 'db', up: {sql: 'VACUUM'}, transaction: false}")).code())
                    .isEqualTo("transaction-needed");

            byte[] before = Files.readAllBytes(database(world.directory()));
            world.round(4).spec("{to: 'db', up: {sql: '" + SQLITE_UP + "'}}").run();
            world.undo();
            assertThat(Files.readAllBytes(database(world.directory()))).isEqualTo(before);

            world.round(5).spec("{to: 'db', up: {sql: '" + SQLITE_UP + "'}}").run();
            assertThat(rows(world, "SELECT count(*) FROM countries")).containsExactly("2");
            write(world, "INSERT INTO plates VALUES ('others')");

            assertThat(world.undo().setAside()).singleElement()
                    .satisfies(aside -> assertThat(aside.where()).endsWith("plates.db"));
            assertThat(rows(world, "SELECT * FROM plates")).containsExactly("AB-12");
        }
    }

    private static StepFailure failure(StepWorld world) {
        return catchThrowableOfType(StepFailure.class, world::run);
    }

    private static Case postgres(Path directory, String more) throws Exception {
        Files.createDirectories(directory);
        PostgresServer.Database database = PostgresServer.shared()
                .newDatabase()
                .execute("CREATE TABLE plates (plate text)", "INSERT INTO plates VALUES ('AB-12')");
        StepWorld world = new StepWorld(directory, "schema.sql").directory("home", directory)
                .resource("parking", database.resource())
                .spec("{to: 'parking', up: {sql: '" + UP + "'}, down: {sql: '" + DOWN + "'}" + more
                        + "}")
                .counting(() -> database.rows(COLUMNS))
                .counting(() -> database.rows("SELECT to_regclass('countries') IS NULL OR"
                        + " (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' ||"
                        + " coalesce(to_regclass('countries')::text, 'plates'), false, true, '')))[1]::text = '2'"))
                .closing(database);
        return new Case(world, database);
    }

    private static StepWorld sqlite(Path directory) throws Exception {
        Files.createDirectories(directory);
        DurableFiles.deleteTree(database(directory).getParent());
        Files.createDirectories(database(directory).getParent());
        StepWorld world = new StepWorld(directory, "schema.sql")
                .resource("db", "{kind: 'sqlite', path: '" + database(directory) + "'}")
                .counting(() -> dump(database(directory)))
                .spec("{to: 'db', up: {sql: '" + SQLITE_UP + "'}}");
        write(world, "CREATE TABLE plates (plate text)");
        write(world, "INSERT INTO plates VALUES ('AB-12')");
        return world;
    }

    /** Beside the directory, where the bytes of the file need not be the same. */
    private static Path database(Path directory) {
        return directory.resolveSibling("data").resolve("plates.db");
    }

    private static List<String> dump(Path database) throws Exception {
        List<String> lines = new ArrayList<>(List.of(database.getParent().toFile().list()));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            lines.add(DatabaseBefore.content(connection, () -> {}));
        }
        return lines;
    }

    private static void write(StepWorld world, String sql) throws SQLException {
        try (Connection connection = DriverManager
                .getConnection("jdbc:sqlite:" + database(world.directory()));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> rows(StepWorld world, String query) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager
                .getConnection("jdbc:sqlite:" + database(world.directory()));
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(query)) {
            while (found.next()) {
                rows.add(found.getString(1));
            }
        }
        return rows;
    }
}
