package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that are easily changed by a copy: they arrive as they are, or are refused before anything is written. */
public class CopyTortureTest {
    @TempDir
    private Path directory;

    @Test
    void every_type_survives_the_way_through_sqlite_and_back() throws Exception {
        try (PostgresServer.Database first = PostgresServer.shared().newDatabase();
                PostgresServer.Database second = PostgresServer.shared().newDatabase()) {
            fill(first);
            Path between = directory.resolve("between.db");
            copy(first.resource(), "torture", sqlite(between), "torture", "");

            TortureTable.TYPES.forEach(sql -> execute(second, sql));
            second.execute(TortureTable.CREATE);
            copy(sqlite(between), "torture", second.resource(), "torture", ", schema: 'check'");

            assertThat(sent(second)).hasSize(13).isEqualTo(sent(first));
            assertThat(
                    second.rows("SELECT c_float8, c_numeric_limited, c_date, c_timestamptz FROM torture WHERE id = 5"))
                    .isEqualTo(first.rows(
                            "SELECT c_float8, c_numeric_limited, c_date, c_timestamptz FROM torture WHERE id = 5"));
        }
    }

    @Test
    void postgresql_keeps_every_type_of_postgresql() throws Exception {
        try (PostgresServer.Database first = PostgresServer.shared().newDatabase();
                PostgresServer.Database second = PostgresServer.shared().newDatabase()) {
            fill(first);
            first.execute("INSERT INTO torture (id, c_float4, c_float8) VALUES (77, 'NaN', 'NaN'), (78, '-0', '-0')");
            TortureTable.TYPES.forEach(sql -> execute(second, sql));

            copy(first.resource(), "torture", second.resource(), "torture", ", batch: 3");

            assertThat(sent(second)).hasSize(15).isEqualTo(sent(first));
            String shown = "SELECT torture::text FROM torture ORDER BY id";
            assertThat(second.rows(shown)).isEqualTo(first.rows(shown));
            String columns = "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute"
                    + " WHERE attrelid = 'torture'::regclass AND attnum > 0 ORDER BY attnum";
            assertThat(second.rows(columns)).isEqualTo(first.rows(columns));
        }
    }

    @Test
    void sqlite_stores_what_postgresql_shows() throws Exception {
        try (PostgresServer.Database first = PostgresServer.shared().newDatabase()) {
            fill(first);
            Path target = directory.resolve("target.db");
            copy(first.resource(), "torture", sqlite(target), "torture", "");

            assertThat(rows(target, "SELECT typeof(c_bool), c_bool, c_int8, typeof(c_float8), c_numeric_limited,"
                    + " hex(c_bytea), c_date, c_interval, typeof(c_numeric), c_int4_array FROM torture WHERE id IN (1, 2)"
                    + " ORDER BY id")).containsExactly(
                            "integer|1|-9223372036854775808|real|-9999999999999999.9999||0001-01-01|-178000000 years|text|{}",
                            "integer|0|9223372036854775807|real|NaN|00FF|infinity|1 mon -1 days +00:00:00.000001|text|null");
            assertThat(rows(target, "SELECT count(*) FROM torture WHERE c_text IS NULL")).containsExactly("9");
            assertThat(rows(target, "SELECT c_text = '', c_varchar = '' FROM torture WHERE id = 1"))
                    .containsExactly("1|1");
        }
    }

    @ParameterizedTest
    @CsvSource({"c_float8, 'NaN', NaN", "c_float4, 'NaN', NaN", "c_float8, '-0', -0.0"})
    void what_sqlite_cannot_store_is_refused_before_anything_is_written(String column, String value, String named)
            throws Exception {
        try (PostgresServer.Database first = PostgresServer.shared().newDatabase()) {
            fill(first);
            first.execute("INSERT INTO torture (id, " + column + ") VALUES (77, '" + value + "')");
            Path target = directory.resolve("target.db");

            assertThatExceptionOfType(StepFailure.class)
                    .isThrownBy(() -> copy(first.resource(), "torture", sqlite(target), "torture", ""))
                    .withMessageContaining(column + " of the row id = 77")
                    .withMessageContaining(named)
                    .withMessageContaining("nothing was written");
            assertThat(target).doesNotExist();
        }
    }

    @Test
    void every_storage_class_of_sqlite_arrives() throws Exception {
        Path source = directory.resolve("source.db");
        CopyFromSqliteTest.execute(source,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, i BIGINT, r REAL, n, x TEXT, b BLOB, d DECIMAL, s DECIMAL(12,3),"
                        + " dbl GENERATED ALWAYS AS (i * 2) VIRTUAL, k BOOLEAN, ts DATETIME, u UUID)",
                "INSERT INTO t (id, i, r, n, x, b, d, s, k, ts, u) VALUES"
                        + " (-9223372036854775808, 9223372036854775807 / 2, 9e999, -0.0, '', x'', 1, 1.5, 0,"
                        + " '1969-12-31T23:59:59.9Z', 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11')",
                "INSERT INTO t (id, i, r, n, x, b, d, s, k, ts) VALUES (9223372036854775807, -4611686018427387904, -9e999, 0.1,"
                        + " char(1114111) || ' ünï ', x'00ff', 123456789012345, 1e3, 1, '0001-01-01')",
                "INSERT INTO t (id, r, n, d) VALUES (0, 5e-324, 5, 0.1), (1, 3, 9007199254740992, -1e15)");
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            assertRefused(source, target, "", "column ts of the row id = -9223372036854775808",
                    "'1969-12-31T23:59:59.9Z' is not of type timestamp without time zone");
            CopyFromSqliteTest.execute(source, "UPDATE t SET ts = '1969-12-31T23:59:59.9' WHERE k = 0");

            copy(sqlite(source), "t", target.resource(), "t", "");

            assertThat(target.rows("SELECT id, i, float8send(r), float8send(n), x, b, d, s, dbl, k, ts, u FROM t"
                    + " ORDER BY id")).containsExactly(
                            "-9223372036854775808|4611686018427387903|\\x7ff0000000000000|\\x8000000000000000||\\x|1|1.500"
                                    + "|9223372036854775806|f|1969-12-31 23:59:59.9|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                            "0|null|\\x0000000000000001|\\x4014000000000000|null|null|0.1|null|null|null|null|null",
                            "1|null|\\x4008000000000000|\\x4340000000000000|null|null|-1000000000000000|null|null|null"
                                    + "|null|null",
                            "9223372036854775807|-4611686018427387904|\\xfff0000000000000|\\x3fb999999999999a|"
                                    + new String(Character.toChars(0x10FFFF))
                                    + " ünï |\\x00ff|123456789012345|1000.000|-9223372036854775808|t|0001-01-01 00:00:00"
                                    + "|null");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', value = {"c INTEGER; 'abc'; the text 'abc' is not of type bigint",
            "c INTEGER; 1.5; the real 1.5 is not of type bigint", "c INTEGER; x'00'; a blob of 1 bytes",
            "c BOOLEAN; 2; the integer 2 is not of type boolean", "c REAL; 'abc'; the text 'abc' is not of type double",
            "c FLOAT; 'NaN'; the text 'NaN' is not of type double",
            "c TEXT; 'a' || char(0) || 'b'; has a U+0000 at byte 1",
            "c TEXT; CAST(x'ff' AS TEXT); not valid UTF-8", "c TEXT; CAST(x'eda080' AS TEXT); not valid UTF-8",
            "c TEXT; x'00'; a blob of 1 bytes", "c BLOB; 'abc'; the text 'abc' is not of type bytea",
            "c VARCHAR(3); 'abcd'; longer than character varying(3)",
            "c VARCHAR(3); 'abc '; longer than character varying(3)", "c DECIMAL(4,2); 123; does not fit numeric(4,2)",
            "c DECIMAL(4,2); 1.234; does not fit numeric(4,2) without rounding",
            "c DATE; 1700000000; the integer 1700000000",
            "c DATE; '2026-02-29'; is not of type date", "c DATETIME; '2026-01-01 00:00:00.1234567'; more digits",
            "c TIMESTAMPTZ; '2026-01-01 00:00:00'; says no time zone",
            "c JSON; '{\"a\":}'; invalid input syntax for type json",
            "c UUID; 'abc'; is not of type uuid"})
    void what_postgresql_cannot_hold_is_refused_before_anything_is_written(String column, String value, String why)
            throws Exception {
        Path source = directory.resolve("source.db");
        CopyFromSqliteTest.execute(source, "CREATE TABLE t (key TEXT PRIMARY KEY, " + column + ")",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                        + " INSERT INTO t SELECT 'key ' || i, NULL FROM n",
                "INSERT INTO t VALUES ('the one', " + value + ")");
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            assertRefused(source, target, "", "key = the one", why);
        }
    }

    @Test
    void a_column_without_a_type_whose_values_are_of_several_kinds_needs_one() throws Exception {
        Path source = directory.resolve("source.db");
        CopyFromSqliteTest.execute(source, "CREATE TABLE t (a, b)",
                "INSERT INTO t VALUES (1, 'x'), ('one', NULL), (1.5, 'y')");
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            assertRefused(source, target, "", "column a", "INTEGER, REAL, TEXT");

            copy(sqlite(source), "t", target.resource(), "t", ", types: {a: 'text'}");

            assertThat(target.rows("SELECT a, b FROM t ORDER BY a")).containsExactly("1|x", "1.5|y", "one|null");
        }
    }

    @Test
    void a_key_that_holds_null_a_table_without_rowid_and_one_in_utf_16() throws Exception {
        Path source = directory.resolve("source.db");
        CopyFromSqliteTest.execute(source, "PRAGMA encoding = 'UTF-16le'",
                "CREATE TABLE t (a TEXT, b INTEGER, PRIMARY KEY (b, a))",
                "CREATE TABLE w (a TEXT, b INTEGER, rowid TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID",
                "INSERT INTO t VALUES ('x', NULL)",
                "INSERT INTO w VALUES ('ünï' || char(128512), 3, 'r'), ('', 4, NULL)");
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            assertRefused(source, target, "", "column b of the row b = null, a = x", "null is refused");

            copy(sqlite(source), "w", target.resource(), "w", "");

            assertThat(target.rows("SELECT a, b, rowid FROM w ORDER BY b")).containsExactly("ünï😀|3|r", "|4|null");
            assertThat(target.rows("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid ="
                    + " 'w'::regclass")).containsExactly("PRIMARY KEY (b, a)");
        }
    }

    @Test
    void an_empty_table_and_one_of_other_capitals_in_the_target() throws Exception {
        Path source = directory.resolve("source.db");
        CopyFromSqliteTest.execute(source, "CREATE TABLE t (Id INTEGER PRIMARY KEY, Name TEXT)");
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            target.execute("CREATE TABLE t (id bigserial PRIMARY KEY, name text NOT NULL, more integer DEFAULT 7)");
            copy(sqlite(source), "t", target.resource(), "t", "");
            assertThat(target.rows("SELECT * FROM t")).isEmpty();
            CopyFromSqliteTest.execute(source, "INSERT INTO t VALUES (5, 'a')");
            copy(sqlite(source), "t", target.resource(), "t", "");
            target.execute("INSERT INTO t (name) VALUES ('b')");
            assertThat(target.rows("SELECT * FROM t ORDER BY id")).containsExactly("5|a|7", "6|b|7");
            CopyFromSqliteTest.execute(source, "INSERT INTO t VALUES (8, NULL)");
            assertRefused(source, target, ", existing: 'append'", "column Name of the row Id = 8", "null is refused");
        }
    }

    /**
     * A hash of each row in the form in which PostgreSQL itself sends it, which is not the way that the copy takes. Types
     * that the database made have numbers that another one has not.
     */
    private static List<String> sent(PostgresServer.Database database) throws Exception {
        String columns = database.rows("SELECT string_agg(quote_ident(attname) || CASE WHEN atttypid IN"
                + " ('mood'::regtype, 'positive'::regtype) THEN '::text' ELSE '' END, ', ' ORDER BY attnum)"
                + " FROM pg_attribute WHERE attrelid = 'torture'::regclass AND attnum > 0").get(0);
        return database.rows("SELECT id, md5(record_send(ROW(" + columns + "))) FROM torture ORDER BY id");
    }

    @Test
    void names_that_postgresql_would_cut_off_and_tables_without_columns_are_refused() throws Exception {
        Path source = directory.resolve("source.db");
        CopyFromSqliteTest.execute(source, "CREATE TABLE t (" + "long".repeat(16) + " TEXT)");
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            assertRefused(source, target, "", "long".repeat(16), "off after 63 bytes");
            target.execute("CREATE TABLE empty ()");
            assertThatExceptionOfType(StepFailure.class)
                    .isThrownBy(() -> copy(target.resource(), "empty", sqlite(directory.resolve("new.db")), "t", ""))
                    .withMessageContaining("has no columns");
        }
    }

    @Test
    void rows_that_were_there_are_replaced_and_put_back_by_the_undo() throws Exception {
        Path file = directory.resolve("v.db");
        CopyFromSqliteTest.execute(file, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)",
                "INSERT INTO t VALUES (1, 'old')");
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            database.execute("CREATE TABLE t (id integer PRIMARY KEY, name text)", "INSERT INTO t VALUES (2, 'new')");
            Path place = Files.createDirectory(directory.resolve("w"));
            try (StepWorld step = new StepWorld(place, "copy.table").resource("a", database.resource())
                    .resource("b", sqlite(file))
                    .spec("{from: 'a:t', to: 'b:t', existing: 'replace'}")) {
                step.run();
                assertThat(rows(file, "SELECT * FROM t")).containsExactly("2|new");
                assertThat(step.undo().setAside()).isEmpty();
                assertThat(rows(file, "SELECT * FROM t")).containsExactly("1|old");
            }
        }
    }

    private void assertRefused(Path source, PostgresServer.Database target, String more, String place, String why)
            throws Exception {
        List<String> before = CopyFromSqliteTest.contents(target);
        List<String> journal = target.rows("SELECT count(*) FROM pg_namespace WHERE nspname = 'godwit'");
        assertThatExceptionOfType(StepFailure.class)
                .isThrownBy(() -> copy(sqlite(source), "t", target.resource(), "t", more))
                .withMessageContaining(place)
                .withMessageContaining(why);
        assertThat(CopyFromSqliteTest.contents(target)).isEqualTo(before);
        assertThat(target.rows("SELECT count(*) FROM pg_namespace WHERE nspname = 'godwit'")).isEqualTo(journal);
    }

    private static void fill(PostgresServer.Database database) {
        TortureTable.TYPES.forEach(sql -> execute(database, sql));
        execute(database, TortureTable.CREATE);
        TortureTable.ROWS.forEach(sql -> execute(database, sql));
    }

    private void copy(String from, String fromTable, String to, String toTable, String more) throws Exception {
        Path world = Files.createDirectory(Files.createTempDirectory(directory, "world").resolve("w"));
        try (StepWorld step = new StepWorld(world, "copy.table").resource("a", from)
                .resource("b", to)
                .spec("{from: 'a:" + fromTable + "', to: 'b:" + toTable + "', batch: 100" + more + "}")) {
            step.run();
        }
    }

    private static String sqlite(Path file) {
        return "{kind: 'sqlite', path: '" + file + "'}";
    }

    private static void execute(PostgresServer.Database database, String sql) {
        try {
            database.execute(sql);
        } catch (Exception e) {
            throw new IllegalStateException(sql, e);
        }
    }

    public static List<String> rows(Path file, String sql) throws Exception {
        List<String> lines = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    values.add(rows.getString(i));
                }
                lines.add(String.join("|", values));
            }
        }
        return lines;
    }
}
