package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.PGConnection;

/**
 * Every type that the server itself says it has, and arrays of it, in every direction: a value arrives as it is, or is refused
 * before anything is written.
 */
class EveryBuiltInTypeTest {
    private static PostgresServer.Database source;
    /** What SQLite can hold, all types in one table. */
    private static PostgresServer.Database wide;

    @TempDir
    private Path directory;

    @BeforeAll
    static void a_table_for_every_type() throws Exception {
        source = PostgresServer.shared().newDatabase();
        BuiltInTypes.make(source, List.copyOf(BuiltInTypes.all().values()), false);
        wide = PostgresServer.shared().newDatabase();
        BuiltInTypes.make(wide, BuiltInTypes.written(), true);
        StringBuilder columns = new StringBuilder();
        StringBuilder tables = new StringBuilder();
        for (BuiltInTypes.Type type : BuiltInTypes.written()) {
            columns.append(", " + type.table() + ".v AS \"v_" + type.name() + "\", " + type.table() + ".a AS \"a_"
                    + type.name() + "\"");
            tables.append(" LEFT JOIN " + type.table() + " USING (id)");
        }
        wide.execute("SET join_collapse_limit = 1",
                "CREATE TABLE wide AS SELECT id" + columns + " FROM generate_series(0, 12) id" + tables);
    }

    @AfterAll
    static void no_databases() throws Exception {
        source.close();
        wide.close();
    }

    @Test
    void no_type_of_the_server_is_left_out() throws Exception {
        assertThat(BuiltInTypes.all().keySet())
                .containsExactlyInAnyOrderElementsOf(source.rows(BuiltInTypes.OF_THE_SERVER));
        for (BuiltInTypes.Type type : BuiltInTypes.all().values()) {
            assertThat(source.rows("SELECT count(*) FROM " + type.table()))
                    .containsExactly("" + (type.values().size() + 1));
        }
    }

    @Test
    void postgresql_to_postgresql() throws Exception {
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            String tables = BuiltInTypes.written()
                    .stream()
                    .map(type -> "'public." + type.table().replace("\"", "") + "'")
                    .collect(Collectors.joining(", "));
            try (StepWorld step = new StepWorld(world(), "copy.database").resource("a", source.resource())
                    .resource("b", target.resource())
                    .spec("{from: 'a', to: 'b', batch: 2, include: [" + tables + "]}")) {
                step.run();
            }
            for (BuiltInTypes.Type type : BuiltInTypes.written()) {
                assertThat(shown(target, type, type.table())).as(type.name())
                        .isEqualTo(shown(source, type, type.table()));
            }
        }
    }

    static List<BuiltInTypes.Type> internal() {
        return BuiltInTypes.internal();
    }

    @ParameterizedTest
    @MethodSource("internal")
    void values_that_only_the_server_makes_are_refused(BuiltInTypes.Type type) throws Exception {
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            String table = type.table().replace("\"", "");
            if (type.values().equals(List.of("NULL"))) {
                copy(source.resource(), table, target.resource(), "t", "");
                assertThat(target.rows("SELECT id, v FROM t ORDER BY id")).containsExactly("0|null", "1|null");
                return;
            }
            assertRefused(target, table, "column v of the row id = 1", type.name());
        }
    }

    @Test
    void postgresql_to_sqlite_and_back() throws Exception {
        Path file = directory.resolve("between.db");
        copy(wide.resource(), "wide", sqlite(file), "wide", "");
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            target.execute("CREATE TABLE wide (" + String.join(", ", definitions()) + ")");
            copy(sqlite(file), "wide", target.resource(), "wide", ", schema: 'check'");
            assertWide(target);
            assertVerified(sqlite(file), wide.resource());
            assertVerified(wide.resource(), target.resource());
        }
    }

    @Test
    void csv_to_postgresql_and_to_sqlite() throws Exception {
        Path csv = directory.resolve("wide.csv");
        try (Connection connection = wide.connect(); OutputStream out = Files.newOutputStream(csv)) {
            connection.unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut("COPY (SELECT * FROM wide ORDER BY id) TO STDOUT (FORMAT csv, HEADER)", out);
        }
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            target.execute("CREATE TABLE wide (" + String.join(", ", definitions()) + ")");
            copy("{kind: 'directory', path: '" + directory + "'}", "wide.csv", target.resource(), "wide",
                    ", schema: 'check'");
            assertWide(target);
        }
        Path fromPostgres = directory.resolve("from-postgres.db");
        Path fromCsv = directory.resolve("from-csv.db");
        copy(wide.resource(), "wide", sqlite(fromPostgres), "wide", "");
        String types = wide
                .rows("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                        + " WHERE attrelid = 'wide'::regclass AND attnum > 0 ORDER BY attnum")
                .stream()
                .map(line -> "'" + line.split("\\|")[0] + "': '" + line.split("\\|")[1] + "'")
                .collect(Collectors.joining(", "));
        copy("{kind: 'directory', path: '" + directory + "'}", "wide.csv", sqlite(fromCsv), "wide",
                ", types: {" + types + "}");
        for (BuiltInTypes.Type type : BuiltInTypes.written()) {
            // SQLite has no float4: from CSV it gets the number that stands there, from PostgreSQL the one that it has.
            String value = type.name().equals("float4") ? "NULL" : "\"v_NAME\"";
            String query = "SELECT id, typeof(" + value + "), " + value
                    + ", typeof(\"a_NAME\"), \"a_NAME\" FROM wide ORDER BY id"
                            .replace("NAME", type.name());
            assertThat(CopyTortureTest.rows(fromCsv, query)).as(type.name())
                    .isEqualTo(CopyTortureTest.rows(fromPostgres, query));
        }
    }

    private void assertRefused(PostgresServer.Database target, String table, String... said) throws Exception {
        assertThatExceptionOfType(StepFailure.class)
                .isThrownBy(() -> copy(source.resource(), table, target.resource(), "t", ""))
                .satisfies(failure -> assertThat(failure.getMessage()).contains(said).contains("no row was written"));
        assertThat(target.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
    }

    private void assertVerified(String expected, String actual) throws Exception {
        try (StepWorld step = new StepWorld(world(), "verify.table").resource("a", expected)
                .resource("b", actual)
                .spec("{expected: 'a:wide', actual: 'b:wide', key: ['id'], fail: false}")) {
            assertThat(step.run().output().get("examples")).isEmpty();
        }
    }

    private static List<String> definitions() throws Exception {
        return wide.rows("SELECT quote_ident(attname) || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute"
                + " WHERE attrelid = 'wide'::regclass AND attnum > 0 ORDER BY attnum");
    }

    private static void assertWide(PostgresServer.Database target) throws Exception {
        for (BuiltInTypes.Type type : BuiltInTypes.written()) {
            String query = "SELECT id, \"v_NAME\" AS v, \"a_NAME\" AS a FROM wide".replace("NAME", type.name());
            assertThat(shown(target, type, "(" + query + ") t")).as(type.name())
                    .isEqualTo(shown(wide, type, "(" + query + ") t"));
        }
    }

    /** What a table holds, in the form that the server shows and in the one that it sends. */
    private static List<String> shown(PostgresServer.Database database, BuiltInTypes.Type type, String table)
            throws Exception {
        String sent = database.rows("SELECT CASE WHEN typsend = 0 THEN 'null' ELSE 'md5(record_send(ROW(v)))' END"
                + " FROM pg_type WHERE oid = '" + type.sql().replace("'", "''") + "'::regtype").get(0);
        return database.rows("SELECT id, v::text, a::text, array_dims(a), " + sent + " FROM " + table + " ORDER BY id");
    }

    private Path world() throws Exception {
        return Files.createDirectory(Files.createTempDirectory(directory, "world").resolve("w"));
    }

    private void copy(String from, String fromTable, String to, String toTable, String more) throws Exception {
        try (StepWorld step = new StepWorld(world(), "copy.table").resource("a", from)
                .resource("b", to)
                .spec("{from: 'a:" + fromTable + "', to: 'b:" + toTable + "', batch: 5" + more + "}")) {
            step.run();
        }
    }

    private static String sqlite(Path file) {
        return "{kind: 'sqlite', path: '" + file + "'}";
    }
}
