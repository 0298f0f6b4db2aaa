package dev.godwit.activities.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.Progress;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Row A8, its data consistency: every value of V1 is in V2. */
class VerifyDocumentsTest extends StepContract {
    @TempDir
    private Path directory;

    private Path one;
    private Path two;
    private StepWorld world;

    @Override
    protected StepWorld world(Path place) throws Exception {
        Path left = Files.createDirectory(place.resolve("one"));
        Path right = Files.createDirectory(place.resolve("two"));
        Files.writeString(left.resolve("a.json"), "{\"id\": 1, \"v\": 2}");
        Files.writeString(left.resolve("b.json"), "{\"id\": 2, \"v\": 2}");
        Files.writeString(right.resolve("c.json"), "{\"id\": 1, \"v\": 3}");
        return world(place, "fail: false");
    }

    private static StepWorld world(Path place, String more) {
        return new StepWorld(place, "verify.documents").directory("home", place)
                .resource("db", "{kind: 'sqlite', directory: 'home', file: 'plates.db'}")
                .spec("{expected: {from: 'home:one'}, actual: {from: 'home:two'}, key: ['id'], " + more + "}");
    }

    @BeforeEach
    void home() throws Exception {
        one = Files.createDirectory(directory.resolve("one"));
        two = Files.createDirectory(directory.resolve("two"));
        world = world(directory, "fail: false");
    }

    private JsonNode compared(String expected, String actual) throws Exception {
        Files.writeString(one.resolve("a.json"), "{\"id\": 1, \"v\": " + expected + "}");
        Files.writeString(two.resolve("a.json"), "{\"id\": 1, \"v\": " + actual + "}");
        return world.run().output();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {"1.0 ~ 1", "0.1000 ~ 1e-1", "100 ~ 1E2", "0 ~ -0.0",
            "{\"a\": 1, \"b\": [1, 2]} ~ {\"b\": [1.0, 2], \"a\": 1}", "\"\\u0416\" ~ \"Ж\"",
            "18446744073709551617 ~ 18446744073709551617.0", "123456789012345678901234567890123456789012345678901 ~"
                    + " 1.23456789012345678901234567890123456789012345678901E50"})
    void what_is_the_same_value_is_equal(String expected, String actual) throws Exception {
        assertThat(compared(expected, actual).toString()).isEqualTo("{\"compared\":1,\"missing\":0,\"different\":0,"
                + "\"extra\":0,\"corrupt\":0,\"equal\":true,\"written\":0,\"deleted\":0,\"examples\":[]}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {"9007199254740993 ~ 9007199254740992",
            "18446744073709551617 ~ 18446744073709552000", "0.1 ~ 0.10000000000000001", "1 ~ \"1\"", "null ~ false",
            "\"é\" ~ \"e\\u0301\"", "[1, 2] ~ [2, 1]", "\"\\ud800\" ~ \"?\"", "{\"a\": null} ~ {}",
            "\"a\" ~ \"a\\u0000\"", "\"a\" ~ \"a \"", "null ~ \"\"", "0.1 ~ 0.1000001"})
    void what_is_another_value_differs(String expected, String actual) throws Exception {
        JsonNode output = compared(expected, actual);

        assertThat(output.get("equal").asBoolean()).isFalse();
        assertThat(output.get("different").asInt()).isEqualTo(1);
        assertThat(output.get("examples").get(0).get("fields").get(0).asText()).startsWith("v: expected ");
    }

    @Test
    void missing_different_and_extra_values_are_counted_and_named_with_their_places() throws Exception {
        Files.writeString(one.resolve("a.json"),
                "[{\"id\": 1, \"v\": 1}, {\"id\": 2, \"v\": 2}, {\"id\": 3, \"v\": 3}]");
        Files.writeString(two.resolve("b.json"),
                "[{\"id\": 4, \"v\": 4}, {\"id\": 3, \"v\": 3}, {\"id\": 2, \"v\": 0}]");
        world.spec("{expected: {from: 'home:one', shape: 'array', rows: '.[]'},"
                + " actual: {from: 'home:two', shape: 'array', rows: '.[]'}, key: ['id'], fail: false}");

        JsonNode output = world.run().output();

        assertThat(output.get("compared").asInt()).isEqualTo(3);
        assertThat(output.get("examples").toString()).isEqualTo("["
                + "{\"what\":\"different\",\"key\":\"id=2\",\"expected\":\"a.json, value 2\",\"actual\":\"b.json, value 3\","
                + "\"fields\":[\"v: expected 2, found 0\"]},"
                + "{\"what\":\"missing\",\"key\":\"id=1\",\"expected\":\"a.json, value 1\",\"fields\":[]},"
                + "{\"what\":\"extra\",\"key\":\"id=4\",\"actual\":\"b.json, value 1\",\"fields\":[]}]");
    }

    @Test
    void a_difference_fails_the_step_and_its_message_names_the_first() throws Exception {
        Files.writeString(one.resolve("a.json"), "{\"id\": 1}");
        world = world(directory, "fail: true");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("1 are missing")
                .hasMessageContaining("a.json, value 1")
                .extracting(e -> ((StepFailure) e).type())
                .isEqualTo("integrity/documents-differ");
        try (var evidence = Files.walk(world.state().evidence(world.task().identity().runId()))) {
            assertThat(evidence.filter(path -> path.endsWith("differences.jsonl"))).singleElement()
                    .satisfies(lines -> assertThat(lines).content().contains("\"missing\""));
        }
    }

    @ParameterizedTest
    @CsvSource({"fail, 1, false", "report, 1, true", "ignore, 0, true"})
    void what_only_the_actual_side_has_means_what_the_plan_says(String extra, int count, boolean equal)
            throws Exception {
        Files.writeString(two.resolve("a.json"), "{\"id\": 1}");
        world = world(directory, "fail: false, extra: '" + extra + "'");

        JsonNode output = world.run().output();

        assertThat(output.get("extra").asInt()).isEqualTo(count);
        assertThat(output.get("equal").asBoolean()).isEqualTo(equal);
    }

    @Test
    void a_value_that_stands_twice_must_stand_twice() throws Exception {
        Files.writeString(one.resolve("a.json"), "{\"id\": 1}");
        Files.writeString(one.resolve("b.json"), "{\"id\": 1}");
        Files.writeString(two.resolve("a.json"), "{\"id\": 1}");

        assertThat(world.run().output().get("missing").asInt()).isEqualTo(1);

        Files.writeString(two.resolve("b.json"), "{\"id\": 1}");
        assertThat(world.round(2).run().output().get("equal").asBoolean()).isTrue();
    }

    @Test
    void documents_are_compared_with_the_rows_of_a_table() throws Exception {
        Files.writeString(one.resolve("a.json"),
                "{\"id\": 1, \"n\": 9007199254740993, \"r\": 0.10, \"j\": {\"big\": 18446744073709551617}}");
        Databases.execute(directory.resolve("plates.db"), "CREATE TABLE t (id INTEGER, n INTEGER, r REAL, j TEXT)",
                "INSERT INTO t VALUES (1, 9007199254740993, 0.1, '{\"big\":18446744073709551617}'), (2, 0, 0, '{}')");
        world.spec("{expected: {from: 'home:one'}, actual: {from: 'db:t', rows: '.j |= fromjson'}, key: ['id'],"
                + " extra: 'report', fail: false}");

        JsonNode output = world.run().output();

        assertThat(output.get("equal").asBoolean()).isTrue();
        assertThat(output.get("extra").asInt()).isEqualTo(1);
        assertThat(output.get("examples").get(0).get("actual").asText()).isEqualTo("t, row 2");
    }

    @Test
    void documents_are_compared_with_the_rows_of_postgresql() throws Exception {
        Files.writeString(one.resolve("a.jsonl"),
                "{\"id\": 1, \"n\": 9007199254740993, \"r\": 0.10, \"j\": {\"big\": 18446744073709551617}, \"t\": \"Ж \"}\n"
                        + "{\"id\": 2, \"n\": 0, \"r\": 0.1, \"j\": null, \"t\": null}\n"
                        + "{\"id\": 3, \"n\": 0, \"r\": 0.1, \"j\": null, \"t\": \"x\"}\n"
                        + "{\"id\": 4, \"n\": 0, \"r\": 0.1, \"j\": null, \"t\": \"x\"}\n");
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            database.execute("CREATE TABLE t (id int, n bigint, r float8, j jsonb, t text)",
                    "INSERT INTO t VALUES (1, 9007199254740993, 0.1, '{\"big\":18446744073709551617}', 'Ж ')",
                    "INSERT INTO t VALUES (2, 0, 0.1, NULL, ''), (3, 0, 0.1, NULL, 'x '), (4, 0, 0.1::float4, NULL, 'x')");
            world.resource("pg", database.resource())
                    .spec("{expected: {from: 'home:one', include: ['*.jsonl']}, actual: {from: 'pg:t'}, key: ['id'],"
                            + " fail: false}");

            JsonNode output = world.run().output();

            assertThat(output.get("different").asInt()).isEqualTo(3);
            assertThat(output.get("missing").asInt() + output.get("extra").asInt()).isZero();
            assertThat(output.get("examples").findValuesAsText("key")).containsExactly("id=2", "id=3", "id=4");
        }
    }

    @Test
    void an_attempt_goes_on_behind_the_documents_that_the_last_one_has_read() throws Exception {
        for (Path side : List.of(one, two)) {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < 5000; i++) {
                lines.append("{\"id\": ").append(i).append("}\n");
            }
            Files.writeString(side.resolve("a.jsonl"), lines);
        }
        world.spec("{expected: {from: 'home:one', include: ['*.jsonl']}, actual: {from: 'home:two',"
                + " include: ['*.jsonl']}, key: ['id'], fail: false}");
        StopsAt stops = new StopsAt(2500);
        assertThatThrownBy(() -> world.host(UnaryOperator.identity()).run(world.task(), stops))
                .isInstanceOf(StepStopped.class);
        // What is read again is not there any more.
        String rest = Files.readString(one.resolve("a.jsonl")).lines().skip(2000).collect(Collectors.joining("\n"));
        Files.writeString(one.resolve("a.jsonl"), "\n".repeat(2000) + rest);

        JsonNode output = world.run().output();

        assertThat(output.get("compared").asInt()).isEqualTo(5000);
        assertThat(output.get("equal").asBoolean()).isTrue();
        try (var left = Files.walk(world.state().root())) {
            assertThat(left.filter(file -> file.endsWith("values.db"))).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_attempt_goes_on_behind_the_rows_that_the_last_one_has_read_if_they_are_the_same(boolean same)
            throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            lines.append("{\"id\": ").append(i).append(", \"v\": null}\n");
        }
        Files.writeString(one.resolve("a.jsonl"), lines);
        Path database = directory.resolve("plates.db");
        Databases.execute(database, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE g(i) AS (SELECT 0"
                        + " UNION ALL SELECT i + 1 FROM g WHERE i < 4999) INSERT INTO t SELECT i, NULL FROM g");
        try (PostgresServer.Database postgres = PostgresServer.shared().newDatabase()) {
            postgres.execute("CREATE TABLE t (id int, v text)", "INSERT INTO t SELECT generate_series(0, 4999)");
            world.resource("pg", postgres.resource());
            for (String table : List.of("db:t", "pg:t")) {
                world.round(table.equals("db:t") ? 1 : 2)
                        .spec("{expected: {from: 'home:one', include: ['*.jsonl']}, actual: {from: '" + table
                                + "'}, key: ['id'], fail: false}");
                StopsAt stops = new StopsAt(5000 + 2500);
                assertThatThrownBy(() -> world.host(UnaryOperator.identity()).run(world.task(), stops))
                        .isInstanceOf(StepStopped.class);
                assertThat(spooled()).isEqualTo(2000);
                if (!same) {
                    postgres.execute("UPDATE t SET v = 'new' WHERE id = 5");
                    Databases.execute(database, "UPDATE t SET v = 'new' WHERE id = 5");
                }

                JsonNode output = world.run().output();

                assertThat(output.get("compared").asInt()).isEqualTo(5000);
                assertThat(output.get("different").asInt()).isEqualTo(same ? 0 : 1);
                assertThat(output.get("missing").asInt() + output.get("extra").asInt()).isZero();
                postgres.execute("UPDATE t SET v = NULL");
            }
        }
    }

    /** How many values of the actual side a stopped attempt has left. */
    private int spooled() throws Exception {
        try (var left = Files.walk(world.state().root())) {
            Path file = left.filter(path -> path.endsWith("values.db")).findFirst().orElseThrow();
            return Integer.parseInt(Databases.rows(file, "SELECT count(*) FROM actual").get(0));
        }
    }

    /** Stops an attempt at one of its checkpoints. */
    private static final class StopsAt implements Attempt {
        private int left;

        StopsAt(int checkpoints) {
            left = checkpoints;
        }

        @Override
        public void heartbeat(Progress progress) {}

        @Override
        public Instant asked() {
            return Instant.EPOCH;
        }

        @Override
        public Optional<String> stopRequested() {
            return left-- > 0 ? Optional.empty() : Optional.of("the worker is to stop");
        }
    }

    @Test
    void a_missing_database_or_table_is_named() throws Exception {
        Files.writeString(one.resolve("a.json"), "{\"id\": 1}");
        world.spec("{expected: {from: 'home:one'}, actual: {from: 'db:t'}}");
        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("plates.db does not exist");

        Databases.execute(directory.resolve("plates.db"), "CREATE TABLE other (a)");
        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("no table t");
    }

    @Test
    void a_value_without_its_key_is_named() throws Exception {
        Files.writeString(one.resolve("a.json"), "{\"v\": 1}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("a.json")
                .hasMessageContaining("no field id");
    }

    @Test
    void corrupt_documents_stop_the_comparison_or_are_passed_over() throws Exception {
        Files.writeString(one.resolve("bad.json"), "{");
        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("bad.json:1:2");

        assertThat(world(directory, "corrupt: 'report'").run().output().get("corrupt").asInt()).isEqualTo(1);
    }

    @Test
    void in_a_dry_run_what_an_earlier_step_would_make_is_known_after_it() {
        world.madeBy("home:two", "copy");

        assertThat(world.preview().unknown()).contains("known after copy");
    }
}
