package dev.godwit.activities.tables.verify;

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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerifyTableTest extends StepContract {
    private static final int ROWS = Boolean.getBoolean("godwit.long") ? 2_000_000 : 50_000;

    @TempDir
    private Path directory;

    private static PostgresServer.Database one;
    private static PostgresServer.Database two;
    private StepWorld world;

    @Override
    protected StepWorld world(Path place) throws Exception {
        empty();
        one.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)",
                "INSERT INTO t SELECT g, 'row ' || g FROM generate_series(1, 1000) g");
        two.execute("CREATE TABLE t (v text, id bigint PRIMARY KEY)",
                "INSERT INTO t SELECT CASE g WHEN 7 THEN 'other' ELSE 'row ' || g END, g"
                        + " FROM generate_series(2, 1001) g");
        return new StepWorld(place, "verify.table").resource("one", one.resource())
                .resource("two", two.resource())
                .spec("{expected: 'one:t', actual: 'two:t', fail: false}")
                .counting(() -> content(one))
                .counting(() -> content(two));
    }

    @BeforeAll
    static void two_databases() {
        one = PostgresServer.shared().newDatabase();
        two = PostgresServer.shared().newDatabase();
    }

    @AfterAll
    static void no_databases() throws Exception {
        one.close();
        two.close();
    }

    @BeforeEach
    void a_world() throws Exception {
        empty();
        world = new StepWorld(Files.createDirectory(directory.resolve("own")), "verify.table")
                .resource("one", one.resource())
                .resource("two", two.resource());
        spec("");
    }

    @Test
    void exactly_the_planted_differences_are_found() throws Exception {
        String rows = "INSERT INTO t SELECT g, 'name ' || g, g * 1.1, timestamptz '2020-01-01' + g * interval '7.3 s',"
                + " (g % 1000) / 100.0, md5(g::text)::uuid FROM generate_series(1, " + ROWS + ") g";
        both("CREATE TABLE t (id bigint PRIMARY KEY, name text, f float8, at timestamptz, n numeric(10,2), u uuid)",
                rows);
        assertThat(equal()).isTrue();

        double next = Math.nextUp(1000 * 1.1);
        two.execute("UPDATE t SET n = n + 0.01 WHERE id = 10", "DELETE FROM t WHERE id = 815",
                "INSERT INTO t VALUES (" + (ROWS + 1) + ", 'more', 0, now(), 0, null)",
                "UPDATE t SET f = '" + next + "' WHERE id = 1000", "UPDATE t SET name = name || ' ' WHERE id = 4711",
                "UPDATE t SET name = '' WHERE id = " + ROWS);
        one.execute("UPDATE t SET name = NULL WHERE id = " + ROWS);

        JsonNode output = world.run().output();
        assertThat(output.get("compared").asInt()).isEqualTo(ROWS);
        assertThat(differences()).containsExactlyInAnyOrder(
                different("10", "n", "\"0.10\"", "\"0.11\""),
                different("1000", "f", "\"" + 1000 * 1.1 + "\"", "\"" + next + "\""),
                different("4711", "name", "\"name 4711\"", "\"name 4711 \""),
                different("" + ROWS, "name", "null", "\"\""),
                "{\"what\":\"missing\",\"key\":{\"id\":\"815\"},\"expected\":{},\"actual\":{}}",
                "{\"what\":\"extra\",\"key\":{\"id\":\"" + (ROWS + 1) + "\"},\"expected\":{},\"actual\":{}}");
        assertThat(output.get("missing").asInt()).isEqualTo(1);
        assertThat(output.get("different").asInt()).isEqualTo(4);
        assertThat(output.get("extra").asInt()).isEqualTo(1);
        assertThat(output.get("equal").asBoolean()).isFalse();
    }

    private static String different(String id, String column, String expected, String actual) {
        return "{\"what\":\"different\",\"key\":{\"id\":\"" + id + "\"},\"expected\":{\"" + column + "\":" + expected
                + "},\"actual\":{\"" + column + "\":" + actual + "}}";
    }

    /** Two values of a type, and whether one passes for the other. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "float8                   | '0.1'                      | '0.10000000000000002'          | false",
            "float8                   | '-0.0'                     | '0.0'                          | false",
            "float8                   | '-0.0'                     | '-0'                           | true",
            "float8                   | 'NaN'                      | 'NaN'                          | true",
            "float8                   | 'NaN'                      | null                           | false",
            "float8                   | 'Infinity'                 | '-Infinity'                    | false",
            "float8                   | '5e-324'                   | '0'                            | false",
            "float4                   | '0.1'                      | '0.1'                          | true",
            "float4                   | '16777216'                 | '16777218'                     | false",
            "text                     | 'a'                        | 'a '                           | false",
            "text                     | ''                         | null                           | false",
            "text                     | U&'\\00e9'                 | U&'e\\0301'                     | false",
            "text COLLATE \"und-x-icu\" | 'a'                      | 'A'                            | false",
            "varchar(9)               | 'a'                        | 'a '                           | false",
            "char(9)                  | 'a'                        | 'a  '                          | true",
            "char(9)                  | 'a'                        | 'b'                            | false",
            "numeric                  | 1.0                        | 1.00                           | false",
            "numeric(9,2)             | 1.0                        | 1.00                           | true",
            "numeric                  | 1e100                      | 1e100 + 1                      | false",
            "numeric                  | 'NaN'                      | 'NaN'                          | true",
            "int8                     | 4294967296                 | 1                              | false",
            "int8                     | 0                          | 4294967297                     | false",
            "int8                     | null                       | 0                              | false",
            "int4                     | -1                         | 1                              | false",
            "bool                     | true                       | false                          | false",
            "bytea                    | '\\x00'                    | '\\x0000'                      | false",
            "bytea                    | ''                         | null                           | false",
            "timestamptz              | '2020-01-01 12:00+00'      | '2020-01-01 13:00+01'          | true",
            "timestamptz              | '2020-01-01 12:00+00'      | '2020-01-01 12:00:00.000001+00'| false",
            "timestamptz              | 'infinity'                 | '-infinity'                    | false",
            "timestamp                | '0044-03-15 BC'            | '0044-03-15'                   | false",
            "date                     | '1969-12-31'               | '1970-01-01'                   | false",
            "interval                 | '1 day'                    | '24 hours'                     | false",
            "uuid       | 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' | 'a0eebc999c0b4ef8bb6d6bb9bd380a11' | true",
            "json                     | '{\"a\":1}'                | '{\"a\": 1}'                   | false",
            "jsonb                    | '{\"a\":1}'                | '{\"a\": 1}'                   | true",
            "jsonb                    | '{\"a\":1}'                | '{\"a\": 1.0}'                 | false",
            "money                    | 1.50                       | 1.5                            | true",
            "int4[]                   | '{1,null}'                 | '{1,2}'                        | false",
            "text[]                   | '{\"null\"}'               | '{null}'                       | false",
            "int4range                | '[1,5)'                    | '[1,4]'                        | true",
            "inet                     | '10.0.0.1/8'               | '10.0.0.1'                     | false",
            "bit varying              | '01'                       | '1'                            | false",
            "xml                      | '<a/>'                     | '<a></a>'                      | false",
            "point                    | '(0.1,2)'                  | '(0.1,2.0000000000000004)'     | false"})
    void values_are_the_same_as_their_type_has_it(String type, String expected, String actual, boolean same)
            throws Exception {
        one.execute("CREATE TABLE t (id integer PRIMARY KEY, v " + type + ")", "INSERT INTO t VALUES (1, " + expected
                + ")");
        two.execute("CREATE TABLE t (id integer PRIMARY KEY, v " + type + ")", "INSERT INTO t VALUES (1, " + actual
                + ")");

        JsonNode output = world.run().output();

        assertThat(output.get("equal").asBoolean()).as(output.toString()).isEqualTo(same);
        assertThat(output.get("different").asInt()).isEqualTo(same ? 0 : 1);
        if (!same) {
            assertThat(output.get("examples").get(0).get("fields").get(0).asText()).startsWith("v: expected ");
        }
    }

    /** Columns of different types, their values, and whether one passes for the other. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "int4         | 7           | int8        | 7           | true",
            "int4         | -1          | int8        | 4294967295  | false",
            "int4         | 1           | numeric     | 1.00        | true",
            "numeric(9,2) | 1.5         | numeric     | 1.5         | true",
            "numeric(9,2) | 1.5         | numeric     | 1.51        | false",
            "float8       | '0.1'       | numeric     | 0.1         | true",
            "float4       | '0.1'       | float8      | '0.1'       | false",
            "float4       | '0.5'       | float8      | '0.5'       | true",
            "text         | 'a'         | varchar(5)  | 'a'         | true",
            "text         | 'a '        | char(5)     | 'a'         | false",
            "json         | '{\"b\":1, \"a\":2}' | jsonb | '{\"a\":2,\"b\":1}' | true",
            "timestamp(3) | '2020-01-01 00:00:00.123' | timestamp | '2020-01-01 00:00:00.123' | true"})
    void numbers_texts_and_documents_are_compared_across_their_types(String type, String expected, String otherType,
            String actual, boolean same) throws Exception {
        one.execute("CREATE TABLE t (id integer PRIMARY KEY, v " + type + ")", "INSERT INTO t VALUES (1, " + expected
                + ")");
        two.execute("CREATE TABLE t (id integer PRIMARY KEY, v " + otherType + ")", "INSERT INTO t VALUES (1, "
                + actual + ")");

        assertThat(equal()).isEqualTo(same);
    }

    @Test
    void values_that_two_rows_have_exchanged_are_found() throws Exception {
        both("CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer)",
                "INSERT INTO t VALUES (1, 10, 20), (2, 30, 40)");
        two.execute("UPDATE t SET a = 40 - a");

        assertThat(world.run().output().get("different").asInt()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a uuid, b integer, PRIMARY KEY (b, a)", "a uuid, b integer, PRIMARY KEY (a)",
            "a uuid, b integer, UNIQUE (a)"})
    void keys_may_be_of_several_columns_and_of_any_type(String columns) throws Exception {
        both("CREATE TABLE t (" + columns + ")",
                "INSERT INTO t SELECT md5(g::text)::uuid, g FROM generate_series(1, 3000) g");
        two.execute("DELETE FROM t WHERE b = 5");
        spec("key: ['a']");
        JsonNode output = world.run().output();

        assertThat(output.get("missing").asInt()).isEqualTo(1);
        assertThat(output.get("examples").get(0).get("key").asText()).startsWith("a=e4da3b7f-bbce-2345-d777");
    }

    @Test
    void without_a_key_a_row_must_stand_there_as_often() throws Exception {
        both("CREATE TABLE t (a integer, b text)", "INSERT INTO t VALUES (1, 'x'), (1, 'x'), (1, 'x'), (2, null)");
        assertThat(equal()).isTrue();

        two.execute("INSERT INTO t VALUES (1, 'x'), (2, '')", "DELETE FROM t WHERE b IS NULL");

        JsonNode output = world.run().output();
        assertThat(output.get("extra").asInt()).isEqualTo(2);
        assertThat(output.get("missing").asInt()).isEqualTo(1);
        assertThat(differences()).contains(
                "{\"what\":\"extra\",\"key\":{\"a\":\"1\",\"b\":\"x\"},\"expected\":{},\"actual\":{}}");
    }

    @Test
    void keys_that_are_null_or_stand_there_twice_are_compared_as_well() throws Exception {
        both("CREATE TABLE t (a text, b integer)", "INSERT INTO t VALUES (null, 1), ('', 2), ('x', 3), ('x', 4)");
        spec("key: ['a']");
        assertThat(equal()).isTrue();

        two.execute("UPDATE t SET b = b + 1 WHERE a IS NULL OR a = 'x' AND b = 4");

        assertThat(world.run().output().get("different").asInt()).isEqualTo(2);
    }

    @Test
    void names_of_columns_may_differ_and_columns_may_be_left_out() throws Exception {
        one.execute("CREATE TABLE t (\"Id\" integer PRIMARY KEY, \"a \"\"b\" text, old text)",
                "INSERT INTO t VALUES (1, 'x', 'y')");
        two.execute("CREATE TABLE t (changed timestamptz, v text, id integer PRIMARY KEY)",
                "INSERT INTO t VALUES (now(), 'x', 1)");
        spec("renamed: {Id: 'id', 'a \"b': 'v'}, ignore: ['old', 'changed']");
        assertThat(equal()).isTrue();

        spec("renamed: {Id: 'id', 'a \"b': 'v'}, columns: ['Id', 'a \"b']");
        assertThat(equal()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "id integer, v date           |                   | user/columns-differ | v is text in one:t and date in two:t",
            "id integer                   |                   | user/columns-differ | v of one:t has no counterpart v in two:t",
            "id integer, v text, w text   |                   | user/columns-differ | w of two:t has no counterpart in one:t",
            "id integer, v text           | key: ['k']        | user/column-missing | 'key' names k, and one:t has no such column",
            "id integer, v text           | renamed: {v: 'w'} | user/column-missing | 'renamed' names w, and two:t has no such",
            "id integer, v text           | ignore: ['id', 'v'] | user/columns-differ | no column of one:t is left to compare",
            "id integer, v text           | columns: ['v'], key: ['id'] | user/key-ignored | the key (id) names columns"})
    void what_cannot_be_compared_is_refused(String columns, String more, String type, String message)
            throws Exception {
        one.execute("CREATE TABLE t (id integer, v text)");
        two.execute("CREATE TABLE t (" + columns + ")");
        spec(more == null ? "" : more);

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining(message)
                .extracting(e -> ((StepFailure) e).type())
                .isEqualTo(type);
    }

    @Test
    void a_missing_table_is_named() throws Exception {
        one.execute("CREATE TABLE t (id integer)");
        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("there is no table t");
    }

    @Test
    void a_difference_fails_the_step_and_its_message_names_the_first() throws Exception {
        both("CREATE TABLE t (id integer PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a')");
        two.execute("UPDATE t SET v = null");
        spec("fail: true");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("of 1 rows in one:t, 0 are missing and 1 differ in two:t")
                .hasMessageContaining("different id=1 (v: expected a, found null)")
                .extracting(e -> ((StepFailure) e).type())
                .isEqualTo("integrity/tables-differ");
        assertThat(differences()).hasSize(1);
    }

    @Test
    void what_only_the_actual_table_has_may_be_no_difference() throws Exception {
        both("CREATE TABLE t (id integer PRIMARY KEY)");
        two.execute("INSERT INTO t VALUES (1)");
        spec("extra: 'report', fail: true");

        JsonNode output = world.run().output();
        assertThat(output.get("extra").asInt()).isEqualTo(1);
        assertThat(output.get("equal").asBoolean()).isTrue();
    }

    @Test
    void partitioned_and_empty_tables_and_views_are_compared() throws Exception {
        one.execute("CREATE TABLE t (id integer, v text)");
        two.execute("CREATE TABLE t (id integer, v text) PARTITION BY RANGE (id)",
                "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (1000)",
                "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (1000) TO (10000)");
        assertThat(equal()).isTrue();

        one.execute("INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 5000) g");
        two.execute("INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 5000) g",
                "CREATE VIEW seen AS SELECT * FROM t");
        assertThat(equal()).isTrue();
        world.spec("{expected: 'one:t', actual: 'two:seen', fail: false}");
        assertThat(equal()).isTrue();
    }

    @Test
    void every_row_may_differ() throws Exception {
        both("CREATE TABLE t (id integer PRIMARY KEY, v integer)",
                "INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g");
        two.execute("UPDATE t SET v = v + 1");

        JsonNode output = world.run().output();
        assertThat(output.get("different").asInt()).isEqualTo(20_000);
        assertThat(output.get("examples")).hasSize(10);
        assertThat(differences()).hasSize(20_000);
    }

    @Test
    void in_a_dry_run_what_an_earlier_step_would_make_is_known_after_it() {
        world.madeBy("two:t", "copy");

        assertThat(world.preview().unknown()).contains("known after copy");
    }

    private void spec(String more) {
        world.spec("{expected: 'one:t', actual: 'two:t'" + (more.contains("fail:") ? "" : ", fail: false")
                + (more.isEmpty() ? "" : ", " + more) + "}");
    }

    private static void empty() throws Exception {
        both("DROP SCHEMA public CASCADE", "CREATE SCHEMA public");
    }

    private static void both(String... statements) throws Exception {
        one.execute(statements);
        two.execute(statements);
    }

    private boolean equal() {
        return world.run().output().get("equal").asBoolean();
    }

    private List<String> differences() throws Exception {
        try (Stream<Path> files = Files.walk(world.state().evidence(world.task().identity().runId()))) {
            return Files.readAllLines(files.filter(path -> path.endsWith("differences.jsonl")).findAny().orElseThrow());
        }
    }

    private static List<String> content(PostgresServer.Database database) throws Exception {
        List<String> lines = new ArrayList<>(database.rows(
                "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                        + " WHERE nspname NOT LIKE 'pg%' AND nspname <> 'information_schema' ORDER BY 1, 2"));
        lines.addAll(database.rows("SELECT t::text FROM t ORDER BY id"));
        return lines;
    }
}
