package dev.godwit.activities.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What differs is written and deleted on the actual side. */
class VerifyDocumentsRepairTest {
    private static final int COUNT = 700;
    private static final String TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, big NUMERIC, tags TEXT)";
    private static final String MORE = "INSERT INTO t VALUES (5000, 'more', NULL, '[]')";

    private static PostgresServer.Database postgres;

    @TempDir
    private Path directory;

    @BeforeAll
    static void a_database() {
        postgres = PostgresServer.shared().newDatabase();
    }

    @AfterAll
    static void no_database() throws Exception {
        postgres.close();
    }

    /** Documents, of which some have no counterpart, and some one that differs. */
    private static void expected(Path place, int count) throws Exception {
        Path expected = Files.createDirectories(place.resolve("one/deep"));
        for (int i = 0; i < count; i++) {
            Files.writeString(expected.resolve("d" + i + ".json"), document(i, "name é " + i));
        }
    }

    private static void expectedLines(Path place) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < COUNT; i++) {
            lines.append(document(i, "name é " + i)).append('\n');
        }
        Files.writeString(Files.createDirectories(place.resolve("one")).resolve("all.jsonl"), lines);
    }

    private static String document(int id, String name) {
        return "{\"id\": " + id + ", \"name\": \"" + name
                + "\", \"big\": 9007199254740993, \"tags\": [1.50, {\"a\": null}]}";
    }

    private static StepWorld world(Path place, String actual) throws Exception {
        return new StepWorld(place, "verify.documents").directory("home", place)
                .resource("db", "{kind: 'sqlite', path: '" + place.resolve("v2.db") + "'}")
                .resource("pg", postgres.resource())
                .spec(spec(actual, "['id']"));
    }

    private static String spec(String actual, String key) {
        return "{expected: {from: 'home:one', include: ['**/*.json', '*.jsonl']}, actual: {" + actual + "}, key: " + key
                + ", repair: true}";
    }

    private static StepWorld intoFiles(Path place, int count) throws Exception {
        expected(place, count);
        StepWorld world = world(place, "from: 'home:two', include: ['**/*.json']");
        Path actual = Files.createDirectories(place.resolve("two/deep"));
        for (int i = count * 2 / 7; i < count; i++) {
            Files.writeString(actual.resolve("d" + i + ".json"),
                    document(i, i < count * 6 / 7 ? "another" : "name é " + i));
        }
        for (int i = 0; i < count / 7; i++) {
            Files.writeString(actual.resolve("more" + i + ".json"), document(count + i, "more"));
        }
        // It has the name that a missing one is to get.
        Files.writeString(actual.resolve("d7.json"), document(count * 2, "more"));
        return world;
    }

    private static StepWorld intoSqlite(Path place) throws Exception {
        expectedLines(place);
        Databases.execute(place.resolve("v2.db"), TABLE, rows(""), MORE);
        return world(place, "from: 'db:t', rows: '.tags |= fromjson'");
    }

    private static StepWorld intoPostgres(Path place) throws Exception {
        expectedLines(place);
        postgres.execute("DROP SCHEMA IF EXISTS godwit CASCADE", "DROP TABLE IF EXISTS t",
                "CREATE TABLE t (id int PRIMARY KEY, name text, big numeric, tags jsonb, own int DEFAULT 7)",
                rows("::jsonb"), "INSERT INTO t VALUES (5000, 'more', NULL, '[]')",
                "UPDATE t SET own = 8 WHERE id < 600");
        return world(place, "from: 'pg:t', rows: 'del(.own)'").counting(() -> {
            List<String> lines = new ArrayList<>(postgres.rows("SELECT t::text FROM t ORDER BY id"));
            lines.addAll(postgres.rows("SELECT nspname FROM pg_namespace ORDER BY 1"));
            return lines;
        });
    }

    private static String rows(String cast) {
        return "WITH RECURSIVE g(i) AS (SELECT 200 UNION ALL SELECT i + 1 FROM g WHERE i < " + (COUNT - 1)
                + ") INSERT INTO t SELECT i, CASE WHEN i < 600 THEN 'another' ELSE 'name é ' || i END, 9007199254740993,"
                + " '[1.5,{\"a\":null}]'" + cast + " FROM g";
    }

    private StepWorld own(String kind) throws Exception {
        Path place = Files.createDirectory(directory.resolve("own"));
        return switch (kind) {
            case "files" -> intoFiles(place, COUNT);
            case "sqlite" -> intoSqlite(place);
            default -> intoPostgres(place);
        };
    }

    private Path place() {
        return directory.resolve("own");
    }

    @Nested
    class OfFiles extends StepContract {
        @Override
        protected StepWorld world(Path place) throws Exception {
            return intoFiles(place, 70);
        }

        @Override
        protected int interruptions() {
            return 6;
        }
    }

    @Nested
    class OfPostgres extends StepContract {
        @Override
        protected StepWorld world(Path place) throws Exception {
            return intoPostgres(place);
        }

        @Override
        protected int interruptions() {
            return 6;
        }
    }

    @Nested
    class OfSqlite extends StepContract {
        /** Databases are compared by their rows: their bytes differ where these do not. */
        @Override
        protected StepWorld world(Path place) throws Exception {
            expectedLines(place);
            Path data = Files.createDirectories(place.resolveSibling("world.data"));
            Files.deleteIfExists(data.resolve("v2.db"));
            Databases.execute(data.resolve("v2.db"), TABLE, rows(""), MORE);
            return VerifyDocumentsRepairTest.world(place, "from: 'db:t', rows: '.tags |= fromjson'")
                    .resource("db", "{kind: 'sqlite', path: '" + data.resolve("v2.db") + "'}")
                    .counting(() -> Databases.dump(data.resolve("v2.db")));
        }

        @Override
        protected int interruptions() {
            return 6;
        }
    }

    @ParameterizedTest
    @CsvSource({"files, 101", "sqlite, 1", "postgres, 1"})
    void exactly_what_differs_is_written_and_deleted(String kind, int deleted) throws Exception {
        try (StepWorld world = own(kind)) {
            Path same = place().resolve("two/deep/d650.json");
            var before = kind.equals("files") ? Files.getAttribute(same, "unix:ino") : null;

            JsonNode output = world.run().output();

            assertThat(output.get("equal").asBoolean()).isTrue();
            assertThat(output.get("written").asInt()).isEqualTo(600);
            assertThat(output.get("deleted").asInt()).isEqualTo(deleted);
            switch (kind) {
                case "files" -> {
                    assertThat(Files.getAttribute(same, "unix:ino")).isEqualTo(before);
                    assertThat(place().resolve("two/deep/d7.json")).hasContent("""
                            {
                              "id": 7,
                              "name": "name é 7",
                              "big": 9007199254740993,
                              "tags": [
                                1.50,
                                {
                                  "a": null
                                }
                              ]
                            }""");
                    assertThat(place().resolve("two/deep/more7.json")).doesNotExist();
                }
                case "sqlite" -> assertThat(Databases.rows(place().resolve("v2.db"),
                        "SELECT count(*), min(id), max(id), count(DISTINCT name), sum(big = 9007199254740993), max(tags) FROM t"))
                        .containsExactly("700|0|699|700|700|[1.50,{\"a\":null}]");
                default -> {
                    assertThat(postgres.rows("SELECT count(*), min(id), max(id), count(DISTINCT name), max(tags::text)"
                            + " FROM t WHERE big = 9007199254740993"))
                            .containsExactly("700|0|699|700|[1.50, {\"a\": null}]");
                    assertThat(postgres.rows("SELECT own, count(*) FROM t GROUP BY 1 ORDER BY 1"))
                            .containsExactly("7|300", "8|400");
                }
            }
        }
    }

    @Test
    void a_preview_says_what_would_be_done() throws Exception {
        try (StepWorld world = own("files")) {
            assertThat(world.preview().changes()).containsExactly(
                    "write 200 missing values to home:two and replace 400", "delete 101 values of home:two");
        }
    }

    @Test
    void undo_sets_aside_what_others_made_of_a_repaired_document() throws Exception {
        try (StepWorld world = own("files")) {
            List<String> before = world.snapshot();
            world.run();
            Files.writeString(place().resolve("two/deep/d5.json"), "theirs");
            Files.writeString(place().resolve("two/deep/more7.json"), "theirs, too");

            var undone = world.undo();

            assertThat(world.snapshot()).isEqualTo(before);
            assertThat(undone.setAside()).hasSize(2)
                    .allSatisfy(aside -> assertThat(Path.of(aside.where())).content().startsWith("theirs"));
        }
    }

    @Test
    void what_rows_changes_is_written_as_write_says() throws Exception {
        Databases.execute(Files.createDirectory(place()).resolve("v2.db"),
                "CREATE TABLE t (number INTEGER, rest TEXT)", "CREATE UNIQUE INDEX one ON t (number)",
                "INSERT INTO t VALUES (3, '{}')");
        expectedLines(place());
        try (StepWorld world = new StepWorld(place(), "verify.documents").directory("home", place())
                .resource("db", "{kind: 'sqlite', path: '" + place().resolve("v2.db") + "'}")
                .spec("{expected: {from: 'home:one', include: ['*.jsonl'], rows: '{number: .id} + del(.id)'},"
                        + " actual: {from: 'db:t', rows: '(.rest | fromjson) + {number}',"
                        + " write: '{number, rest: (del(.number) | tojson)}'}, key: ['number'], repair: true}")) {
            assertThat(world.run().output().get("equal").asBoolean()).isTrue();
        }
        assertThat(Databases.rows(place().resolve("v2.db"), "SELECT count(*), max(number) FROM t"))
                .containsExactly("700|699");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {
            "from: 'db:t', rows: '.name |= ascii_upcase'                ~ ['id'] ~ repair-unsupported ~ reads back as",
            "from: 'db:t', rows: '., .'                                 ~ ['id'] ~ repair-unsupported ~ gives 2 values",
            "from: 'db:t', rows: '.tags |= fromjson'                    ~ []     ~ key-wanted         ~ without a key",
            "from: 'db:t', rows: '.tags |= fromjson', write: 'del(.id)' ~ ['id'] ~ key-wanted         ~ no column id",
            "from: 'db:t', rows: '.tags |= fromjson', write: '3'        ~ ['id'] ~ row-shape          ~ an object by column",
            "from: 'home:lines', include: ['*.jsonl']                   ~ ['id'] ~ repair-unsupported ~ names no document"})
    void what_cannot_be_repaired_is_refused_and_left_alone(String actual, String key, String code, String message)
            throws Exception {
        try (StepWorld world = own("sqlite")) {
            Files.writeString(Files.createDirectory(place().resolve("lines")).resolve("a.jsonl"),
                    document(3, "another") + "\n");
            List<String> before = world.snapshot();
            world.spec(spec(actual, key));

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining(message)
                    .extracting(e -> ((StepFailure) e).type())
                    .isEqualTo("user/" + code);

            world.undo();
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }
}
