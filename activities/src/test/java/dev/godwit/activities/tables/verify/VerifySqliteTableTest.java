package dev.godwit.activities.tables.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of SQLite against tables of PostgreSQL, and of SQLite. */
class VerifySqliteTableTest {
    private static final int ROWS = Boolean.getBoolean("godwit.long") ? 2_000_000 : 50_000;
    private static PostgresServer.Database postgres;

    @TempDir
    private Path directory;

    private StepWorld world;

    @BeforeAll
    static void a_database() {
        postgres = PostgresServer.shared().newDatabase();
    }

    @AfterAll
    static void no_database() throws Exception {
        postgres.close();
    }

    @BeforeEach
    void a_world() throws Exception {
        postgres.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public");
        world = new StepWorld(Files.createDirectory(directory.resolve("own")), "verify.table")
                .resource("p", postgres.resource())
                .resource("l", "{kind: 'sqlite', path: '" + directory.resolve("l.db") + "'}")
                .resource("m", "{kind: 'sqlite', path: '" + directory.resolve("m.db") + "'}");
        spec("l:t", "p:t", "");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void exactly_the_planted_differences_are_found(boolean sqliteFirst) throws Exception {
        sqlite("l", "CREATE TABLE t (Name TEXT, id INTEGER PRIMARY KEY, f REAL, n DECIMAL(10,2), at DATETIME, b BLOB)",
                "WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < " + ROWS + ") INSERT INTO t"
                        + " SELECT 'name é ' || i, i, i * 1.1, (i % 1000) / 4.0,"
                        + " strftime('%Y-%m-%dT%H:%M:%S', i * 7331, 'unixepoch'), CAST(i AS BLOB) FROM g");
        postgres.execute("CREATE TABLE t (id bigint PRIMARY KEY, name text, f float8, n numeric(10,2), at timestamp,"
                + " b bytea)",
                "INSERT INTO t SELECT i, 'name é ' || i, i * 1.1::float8, (i % 1000) / 4.0,"
                        + " timestamp '1970-01-01' + i * interval '7331 s', i::text::bytea"
                        + " FROM generate_series(1, " + ROWS + ") i");
        spec(sqliteFirst ? "l:t" : "p:t", sqliteFirst ? "p:t" : "l:t", "");
        assertThat(output().get("examples")).isEmpty();
        assertThat(output().get("compared").asInt()).isEqualTo(ROWS);

        postgres.execute("UPDATE t SET f = '" + Math.nextUp(4711 * 1.1) + "' WHERE id = 4711",
                "DELETE FROM t WHERE id = 815", "INSERT INTO t VALUES (" + (ROWS + 1) + ")",
                "UPDATE t SET name = name || ' ' WHERE id = 77", "UPDATE t SET name = '' WHERE id = " + ROWS,
                "UPDATE t SET b = b || '0' WHERE id = 3");
        sqlite("l", "UPDATE t SET Name = NULL WHERE id = " + ROWS);

        JsonNode output = output();
        assertThat(output.get("different").asInt()).isEqualTo(4);
        assertThat(output.get("missing").asInt()).isEqualTo(1);
        assertThat(output.get("extra").asInt()).isEqualTo(1);
        assertThat(output.get("examples").toString()).contains(
                "{\"what\":\"" + (sqliteFirst ? "missing" : "extra") + "\",\"key\":\"id=815\",\"fields\":[]}",
                "{\"what\":\"" + (sqliteFirst ? "extra" : "missing") + "\",\"key\":\"id=" + (ROWS + 1)
                        + "\",\"fields\":[]}",
                "\"key\":\"id=4711\",\"fields\":[\"f: expected ", "\"key\":\"id=77\",\"fields\":[\"",
                "\"key\":\"id=3\",\"fields\":[\"b: expected ", "\"key\":\"id=" + ROWS + "\",\"fields\":[\"");
    }

    /** A type and a value of PostgreSQL, a value of SQLite, and whether they are the same. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "int4          | 7                       | 7                        | true",
            "int2          | -7                      | -7                       | true",
            "int8          | 9223372036854775807     | 9223372036854775807      | true",
            "int8          | 4294967297              | 0                        | false",
            "int4          | 7                       | '7'                      | false",
            "int4          | 7                       | 4294967303               | false",
            "bool          | true                    | 1                        | true",
            "bool          | true                    | 0                        | false",
            "bool          | true                    | 2                        | false",
            "float8        | '0.1'                   | 0.1                      | true",
            "float8        | '0.30000000000000004'   | 0.3                      | false",
            "float8        | '-0'                    | -0.0                     | true",
            "float8        | '0'                     | -0.0                     | false",
            "float8        | 'Infinity'              | 9e999                    | true",
            "float8        | 3                       | 3                        | true",
            "float4        | 0.5                     | 0.5                      | true",
            "float8        | 'NaN'                   | null                     | false",
            "numeric(10,2) | 1.50                    | 1.5                      | true",
            "numeric(10,2) | 1.50                    | '1.50'                   | true",
            "numeric(10,2) | 1.50                    | 1.51                     | false",
            "numeric       | 123456789012345678901.5 | '123456789012345678901.5'| true",
            "numeric       | -5                      | -5                       | true",
            "numeric       | 'Infinity'              | 'Infinity'               | true",
            "numeric       | '-Infinity'             | '-Infinity'              | true",
            "numeric       | '-Infinity'             | 'Infinity'               | false",
            "numeric       | 'NaN'                   | 'NaN'                    | true",
            "regclass      | '-'                     | '-'                      | true",
            "regclass      | 'pg_class'              | 'no_such_table'          | false",
            "text          | 'a'                     | 'a '                     | false",
            "text          | ''                      | null                     | false",
            "text          | ''                      | ''                       | true",
            "text          | 'é€'                    | 'é€'                     | true",
            "text          | 'a'                     | x'61'                    | false",
            "char(5)       | 'a'                     | 'a'                      | true",
            "bytea         | '\\x00ff'               | x'00ff'                  | true",
            "bytea         | '\\x'                   | x''                      | true",
            "bytea         | '\\x'                   | null                     | false",
            "uuid          | 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' | 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' | true",
            "date          | '1969-12-31'            | '1969-12-31'             | true",
            "date          | '1969-12-31'            | '1969-12-30'             | false",
            "timestamptz   | '2020-01-01 12:00+00'   | '2020-01-01T13:00:00+01:00' | true",
            "timestamp     | '2020-01-01 12:00'      | '2020-01-01 12:00:00.000'| true",
            "timestamp     | '2020-01-01 12:00'      | '2020-01-01 12:00:00.000001' | false",
            "time          | '12:00'                 | '12:00:00'               | true",
            "json          | '{\"a\":1}'             | '{\"a\":1}'              | true",
            "json          | '{\"a\":1}'             | '{\"a\": 1}'             | false",
            "jsonb         | '{\"a\":1}'             | '{\"a\":1}'              | true",
            "jsonb         | '{\"a\":1}'             | '{\"a\":2}'              | false",
            "jsonb         | '{\"a\":1}'             | 'no json'                | false",
            "int4[]        | '{1,2}'                 | '{1, 2}'                 | true",
            "interval      | '1 day'                 | 'P1D'                    | true",
            "inet          | '10.0.0.1'              | '10.0.0.1'               | true"})
    void a_value_of_sqlite_is_one_of_postgresql_if_that_reads_it_so(String type, String ours, String theirs,
            boolean same) throws Exception {
        postgres.execute("CREATE TABLE t (id integer PRIMARY KEY, v " + type + ")",
                "INSERT INTO t VALUES (1, " + ours + ")");
        sqlite("l", "CREATE TABLE t (id INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, " + theirs + ")");

        for (String sides : new String[]{"l:t p:t", "p:t l:t"}) {
            spec(sides.split(" ")[0], sides.split(" ")[1], "");
            JsonNode output = output();
            assertThat(output.get("equal").asBoolean()).as(sides + output).isEqualTo(same);
            assertThat(output.get("different").asInt()).isEqualTo(same ? 0 : 1);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "1       | 1       | true",
            "1       | 1.0     | false",
            "1       | '1'     | false",
            "0.1     | 0.1     | true",
            "-0.0    | 0.0     | false",
            "'a'     | 'a '    | false",
            "''      | null    | false",
            "'a'     | x'61'   | false",
            "x''     | ''      | false",
            "null    | null    | true"})
    void values_of_sqlite_are_the_same_if_storage_class_and_content_are(String one, String other, boolean same)
            throws Exception {
        sqlite("l", "CREATE TABLE t (id TEXT, v, PRIMARY KEY (id)) WITHOUT ROWID",
                "INSERT INTO t VALUES ('k', " + one + ")");
        sqlite("m", "CREATE TABLE t (v, ID TEXT PRIMARY KEY)", "INSERT INTO t VALUES (" + other + ", 'k')");
        spec("l:t", "m:t", "");

        JsonNode output = output();
        assertThat(output.get("equal").asBoolean()).as(output.toString()).isEqualTo(same);
        assertThat(output.get("different").asInt()).isEqualTo(same ? 0 : 1);
    }

    @Test
    void rows_without_a_key_and_with_numbers_far_apart_are_compared() throws Exception {
        sqlite("l", "CREATE TABLE t (a, b)", "INSERT INTO t (rowid, a, b) VALUES (-9223372036854775808, 1, 'x'),"
                + " (9223372036854775807, 1, 'x'), (5, 2, NULL)");
        postgres.execute("CREATE TABLE t (a integer, b text)", "INSERT INTO t VALUES (2, null), (1, 'x')");

        JsonNode output = output();
        assertThat(output.get("missing").asInt()).isEqualTo(1);
        assertThat(output.get("extra").asInt()).isZero();
        assertThat(output.get("different").asInt()).isZero();
    }

    @Test
    void texts_may_be_stored_in_utf_16() throws Exception {
        sqlite("l", "PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "INSERT INTO t VALUES (1, 'é€')");
        postgres.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'é€')");

        assertThat(output().get("equal").asBoolean()).isTrue();
    }

    private JsonNode output() {
        return world.run().output();
    }

    private void spec(String expected, String actual, String more) {
        world.spec("{expected: '" + expected + "', actual: '" + actual + "', fail: false" + more + "}");
    }

    private void sqlite(String name, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve(name + ".db"));
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
