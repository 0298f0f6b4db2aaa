package dev.godwit.activities.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.run.UndoResult;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Row A5. */
class LoadDocumentsTest {
    private static final String ROWS = "rows: '.s as $s | .d | to_entries[] | {s: $s, n: .key, plate: .value.plate, all: .value}',"
            + " columns: {s: 'text!', n: 'integer!', plate: 'text', all: 'json'}, key: ['s', 'n']";

    @TempDir
    private Path directory;

    private Path sessions;
    private Path database;
    private StepWorld world;

    @BeforeEach
    void home() throws Exception {
        sessions = Files.createDirectory(directory.resolve("sessions"));
        database = Files.createDirectory(directory.resolve("data")).resolve("plates.db");
        world = world(directory, "existing: 'refuse'");
    }

    private static StepWorld world(Path place, String more) {
        return new StepWorld(place, "load.documents").directory("home", place)
                .resource("db", "{kind: 'sqlite', directory: 'home:data', file: 'plates.db'}")
                .spec("{from: 'home:sessions', to: 'db:detections', " + ROWS + ", " + more + "}");
    }

    private static void session(Path sessions, String name, String... plates) throws Exception {
        StringBuilder detections = new StringBuilder();
        for (String plate : plates) {
            detections.append(detections.isEmpty() ? "" : ", ").append("{\"plate\": \"").append(plate).append("\"}");
        }
        Files.createDirectories(sessions);
        Files.writeString(sessions.resolve(name + ".json"), "{\"s\": \"" + name + "\", \"d\": [" + detections + "]}");
    }

    /** The database is not in the world's directory, since its bytes differ where its rows do not. */
    private abstract static class Contract extends StepContract {
        abstract void fill(Path database) throws Exception;

        @Override
        protected StepWorld world(Path place) throws Exception {
            Path data = place.resolveSibling("world.data");
            DurableFiles.deleteTree(data);
            Path database = Files.createDirectory(data).resolve("plates.db");
            for (int i = 0; i < 5; i++) {
                session(place.resolve("sessions"), "s" + i, "A" + i, "B" + i);
            }
            Databases.corrupt(place.resolve("sessions/s3x.json"));
            fill(database);
            return new StepWorld(place, "load.documents").directory("home", place)
                    .resource("db", "{kind: 'sqlite', path: '" + database + "'}")
                    .spec("{from: 'home:sessions', to: 'db:detections', " + ROWS
                            + ", batch: 2, existing: 'update', corrupt: 'report'}")
                    .counting(() -> Databases.dump(database));
        }
    }

    @Nested
    class Into_a_new_database extends Contract {
        @Override
        void fill(Path database) {
            // It does not exist.
        }
    }

    @Nested
    class Into_a_database_of_others extends Contract {
        @Override
        void fill(Path database) throws Exception {
            Databases.execute(database, "CREATE TABLE other (a)", "INSERT INTO other VALUES (1), (NULL)");
        }
    }

    @Nested
    class As_a_second_pass extends Contract {
        @Override
        void fill(Path database) throws Exception {
            Databases.execute(database,
                    "CREATE TABLE detections (s TEXT, n INTEGER, plate TEXT, \"all\" TEXT, note TEXT DEFAULT 'none',"
                            + " UNIQUE (n, s))",
                    "INSERT INTO detections VALUES ('s0', 0, 'A0', '{\"plate\":\"A0\"}', 'kept'),"
                            + " ('s1', 1, 'old', 'old', 'kept'), ('of others', 1, '', '', '')");
        }
    }

    @Test
    void rows_are_loaded_and_counted_as_the_preview_said() throws Exception {
        session(sessions, "s1", "Ж1", "B\\u0000C");
        session(sessions, "s2");

        JsonNode predicted = world.preview().output().orElseThrow();
        assertThat(database).doesNotExist();
        JsonNode output = world.run().output();

        assertThat(output.toString())
                .isEqualTo("{\"documents\":2,\"corrupt\":0,\"rows\":2,\"unchanged\":0,\"replaced\":0}");
        assertThat(predicted).isEqualTo(output);
        assertThat(Databases.rows(database, "SELECT s, n, plate, \"all\" FROM detections ORDER BY n")).containsExactly(
                "s1|0|Ж1|{\"plate\":\"Ж1\"}", "s1|1|B\0C|{\"plate\":\"B\\u0000C\"}");
    }

    @Test
    void a_preview_leaves_no_trace_beside_a_database_in_wal_mode() throws Exception {
        session(sessions, "s1", "A");
        try (Connection other = Databases.connect(database); Statement statement = other.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("CREATE TABLE t (a)");
            statement.execute("INSERT INTO t VALUES (1)");
            List<String> before = TreeSnapshot.of(directory, true);

            assertThat(world.preview().output().orElseThrow().get("rows").asInt()).isEqualTo(1);

            assertThat(TreeSnapshot.of(directory, true)).isEqualTo(before);
            assertThat(before).anyMatch(line -> line.startsWith("data/plates.db-wal"));
        }
        List<String> closed = TreeSnapshot.of(directory, true);
        world.preview();
        assertThat(TreeSnapshot.of(directory, true)).isEqualTo(closed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETE", "WAL"})
    void undo_puts_a_database_back_byte_by_byte(String mode) throws Exception {
        session(sessions, "s1", "A");
        Databases.execute(database, "PRAGMA journal_mode = " + mode, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)");
        List<String> before = TreeSnapshot.of(directory, true);

        world.run();
        assertThat(Databases.rows(database, "PRAGMA journal_mode")).containsExactly(mode.toLowerCase());
        assertThat(world.undo().setAside()).isEmpty();

        assertThat(TreeSnapshot.of(directory, true)).isEqualTo(before);
    }

    @Test
    void undo_of_a_new_database_leaves_nothing_and_another_run_finds_no_trace() throws Exception {
        session(sessions, "s1", "A");
        List<String> before = TreeSnapshot.of(directory, true);
        world.run();

        world.undo();
        assertThat(TreeSnapshot.of(directory, true)).isEqualTo(before);

        JsonNode output = world.runId("another-run").run().output();
        assertThat(output.get("rows").asInt()).isEqualTo(1);
        assertThat(Databases.rows(database, "SELECT run FROM godwit_journal")).containsExactly("another-run");
    }

    @Test
    void forgetting_removes_only_what_is_remembered_and_the_journal_with_the_last_of_it() throws Exception {
        session(sessions, "s1", "A");
        world.run();
        StepWorld another = world(directory, "existing: 'update'").runId("another-run");
        another.run();

        world.forget();
        assertThat(Databases.rows(database, "SELECT run FROM godwit_journal")).containsExactly("another-run");
        another.forget();
        another.forget();

        assertThat(Databases.rows(database, "SELECT name FROM sqlite_master WHERE type = 'table'"))
                .containsExactly("detections");
        assertThat(Databases.rows(database, "SELECT plate FROM detections")).containsExactly("A");
    }

    @Test
    void forgetting_what_is_gone_or_never_was_makes_nothing() throws Exception {
        List<String> before = TreeSnapshot.of(directory, true);

        world.forget();

        assertThat(TreeSnapshot.of(directory, true)).isEqualTo(before);
        Databases.execute(database, "CREATE TABLE other (a)");
        world.forget();
        assertThat(Databases.rows(database, "SELECT name FROM sqlite_master")).containsExactly("other");
    }

    @ParameterizedTest
    @ValueSource(strings = {"INSERT INTO detections VALUES ('live', 0, 'L', '{}')",
            "UPDATE detections SET plate = 'changed'",
            "DELETE FROM detections", "CREATE TABLE other (a)", "INSERT INTO t VALUES (2)",
            "CREATE INDEX i ON detections (plate)"})
    void what_others_wrote_is_set_aside_before_the_database_is_put_back(String others) throws Exception {
        session(sessions, "s1", "A");
        Databases.execute(database, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)");
        List<String> before = TreeSnapshot.of(directory, true);
        world.run();
        Databases.execute(database, others);
        List<String> written = Databases.dump(database).stream().filter(line -> !line.endsWith(".db")).toList();

        UndoResult undone = world.undo();

        assertThat(TreeSnapshot.of(directory, true)).isEqualTo(before);
        Path aside = Path.of(undone.setAside().get(0).where());
        assertThat(Databases.dump(aside).stream().filter(line -> !line.endsWith(".db"))).isEqualTo(written);
    }

    @Test
    void a_second_pass_leaves_what_is_the_same_and_replaces_what_differs() throws Exception {
        session(sessions, "s1", "A", "B");
        world.run();
        session(sessions, "s1", "A", "C");
        session(sessions, "s2", "D");

        JsonNode output = world(directory, "existing: 'update'").round(2).run().output();

        assertThat(output.toString())
                .isEqualTo("{\"documents\":2,\"corrupt\":0,\"rows\":3,\"unchanged\":1,\"replaced\":1}");
        assertThat(Databases.rows(database, "SELECT plate FROM detections ORDER BY s, n")).containsExactly("A", "C",
                "D");
    }

    @Test
    void a_row_that_was_there_before_is_refused() throws Exception {
        session(sessions, "s1", "A");
        world.run();

        assertThatThrownBy(() -> world(directory, "existing: 'refuse'").round(2).run()).isInstanceOf(StepFailure.class)
                .hasMessageContaining("s1.json, row 1")
                .hasMessageContaining("[\"s1\",0]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"refuse", "update"})
    void two_documents_with_one_key_are_both_named_and_nothing_of_their_batch_is_left(String existing)
            throws Exception {
        session(sessions, "s1", "A", "B");
        Files.copy(sessions.resolve("s1.json"), sessions.resolve("s9.json"));
        world = world(directory, "batch: 1, existing: '" + existing + "'");

        assertThatThrownBy(world::preview).hasMessageContaining("s1.json, row 1 and s9.json, row 1");
        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("s1.json, row 1 and s9.json, row 1");
        assertThat(Databases.rows(database, "SELECT count(*) FROM detections")).containsExactly("2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {"integer ~ 18446744073709551617 ~ 64 bits",
            "integer ~ 0.5 ~ no fraction", "integer ~ true ~ if . then 1 else 0 end",
            "integer ~ \"1\" ~ does not fit integer",
            "real ~ 9007199254740993 ~ a real would change it", "real ~ 0.1234567890123456789 ~ a real would change it",
            "real ~ 1E400 ~ a real would change it", "text ~ 1 ~ tostring", "text! ~ null ~ null does not fit",
            "text ~ \"\\ud800\" ~ half a character"})
    void a_value_that_does_not_fit_is_refused_with_its_place(String type, String value, String why) throws Exception {
        Files.writeString(sessions.resolve("s1.json"), "{\"v\": " + value + "}");
        world.spec("{from: 'home:sessions', to: 'db:t', rows: '{v}', columns: {v: '" + type + "'}}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("s1.json, row 1, column v")
                .hasMessageContaining(why);
        assertThat(Databases.rows(database, "SELECT * FROM t")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {"integer ~ 9007199254740993 ~ 9007199254740993",
            "integer ~ -9223372036854775808 ~ -9223372036854775808", "integer ~ 1.0 ~ 1", "real ~ 0.1000 ~ 0.1",
            "real ~ 1 ~ 1.0",
            "json ~ 18446744073709551617 ~ 18446744073709551617", "json ~ 0.1000 ~ 0.1000", "json ~ \"1\" ~ \"1\"",
            "text ~ \"007\" ~ 007", "text ~ null ~ null"})
    void a_value_that_fits_is_stored_exactly(String type, String value, String stored) throws Exception {
        Files.writeString(sessions.resolve("s1.json"), "{\"v\": " + value + "}");
        world.spec("{from: 'home:sessions', to: 'db:t', rows: '{v}', columns: {v: '" + type + "'}}");

        world.run();

        assertThat(Databases.rows(database, "SELECT * FROM t")).containsExactly(stored);
    }

    @Test
    void a_table_whose_column_would_change_values_is_refused() throws Exception {
        session(sessions, "s1", "007");
        Databases.execute(database, "CREATE TABLE detections (s TEXT, n INTEGER, plate INTEGER, \"all\" TEXT)");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("plate");
    }

    @Test
    void a_column_that_is_not_declared_is_refused() throws Exception {
        Files.writeString(sessions.resolve("s1.json"), "{\"v\": 1, \"w\": 2}");
        world.spec("{from: 'home:sessions', to: 'db:t', rows: '.', columns: {v: 'integer'}}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("s1.json, row 1")
                .hasMessageContaining("w");
    }

    @Test
    void a_file_that_is_not_a_database_is_named_and_left_alone() throws Exception {
        session(sessions, "s1", "A");
        Files.writeString(database, "this is a text and certainly not a database");
        List<String> before = TreeSnapshot.of(directory, true);

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("plates.db is not an SQLite");
        assertThatThrownBy(world::preview).isInstanceOf(StepFailure.class)
                .hasMessageContaining("plates.db is not an SQLite");
        world.undo();

        assertThat(TreeSnapshot.of(directory, true)).isEqualTo(before);
    }

    @Test
    void a_corrupt_document_stops_the_load_and_undo_leaves_nothing() throws Exception {
        session(sessions, "s1", "A");
        Files.writeString(sessions.resolve("s2.json"), "{");
        List<String> before = TreeSnapshot.of(directory, true);

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("s2.json:1:2");
        world.undo();

        assertThat(TreeSnapshot.of(directory, true)).isEqualTo(before);
    }

    @Test
    void a_missing_directory_of_the_database_is_named() throws Exception {
        session(sessions, "s1", "A");
        Files.delete(database.getParent());

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("data");
    }

    @Test
    void an_attempt_that_a_later_one_has_overtaken_commits_nothing_more() throws Exception {
        session(sessions, "s1", "A");
        world.run();
        Databases.execute(database, "UPDATE godwit_journal SET token = 1000");

        assertThatThrownBy(world::run).hasMessageContaining("later attempt");
    }
}
