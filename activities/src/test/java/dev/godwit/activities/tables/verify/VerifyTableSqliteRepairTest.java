package dev.godwit.activities.tables.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.tables.copy.CopyFromSqliteTest;
import dev.godwit.activities.tables.copy.CopyTortureTest;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Repairs of a table of SQLite. */
class VerifyTableSqliteRepairTest extends StepContract {
    private static final String ROWS = "SELECT id, v, typeof(v), f, typeof(f), hex(b), typeof(b), c, n, typeof(n), at, ok,"
            + " typeof(ok), u FROM t ORDER BY id";

    private static PostgresServer.Database source;
    private static byte[] target;

    @TempDir
    private Path elsewhere;

    @BeforeAll
    static void a_source_and_a_target(@TempDir Path directory) throws Exception {
        source = PostgresServer.shared().newDatabase();
        source.execute("CREATE TABLE t (id integer PRIMARY KEY, v text, f float8, b bytea, c char(3), n numeric(9,2),"
                + " at timestamptz, ok boolean, u uuid)",
                "INSERT INTO t SELECT g, 'row ''é' || g, g / 7.0::float8, decode(md5(g::text), 'hex'), 'a', g / 7.0,"
                        + " timestamptz '1969-12-31 23:59:59.000001+00' + g * interval '1 day', g % 2 = 0,"
                        + " md5(g::text)::uuid FROM generate_series(1, 2000) g",
                "INSERT INTO t (id, v, f, b, at) VALUES (0, null, '-infinity', '', 'infinity'), (-1, '', 1e300, null, null)");
        Path copied = directory.resolve("v2.db");
        try (StepWorld copy = new StepWorld(Files.createDirectory(directory.resolve("copy")),
                "copy.table").resource("v1", source.resource())
                .resource("v2", "{kind: 'sqlite', path: '" + copied + "'}")
                .spec("{from: 'v1:t', to: 'v2:t'}")) {
            copy.run();
            copy.forget();
        }
        CopyFromSqliteTest.execute(copied, "CREATE TABLE other (a)", "INSERT INTO other VALUES (1)",
                "ALTER TABLE t ADD own INTEGER DEFAULT 7", "DELETE FROM t WHERE id BETWEEN -1 AND 698",
                "UPDATE t SET v = v || ' ', f = 0, b = null, c = 'b', own = 8 WHERE id BETWEEN 1001 AND 1600",
                "INSERT INTO t (id, v) SELECT id + 2000, 'more' FROM t WHERE id > 1500");
        target = Files.readAllBytes(copied);
    }

    @AfterAll
    static void no_source() throws Exception {
        source.close();
    }

    @Override
    protected StepWorld world(Path place) throws Exception {
        // Not in the world's directory, since its bytes differ where its rows do not.
        Path data = place.resolveSibling(place.getFileName() + ".data");
        DurableFiles.deleteTree(data);
        Path target = Files.createDirectory(data).resolve("v2.db");
        Files.write(target, VerifyTableSqliteRepairTest.target);
        return new StepWorld(place, "verify.table").resource("v1", source.resource())
                .resource("v2", "{kind: 'sqlite', path: '" + target + "'}")
                .spec("{expected: 'v1:t', actual: 'v2:t', repair: true, ignore: ['own']}")
                .counting(() -> contents(data, target));
    }

    private StepWorld own() throws Exception {
        return world(Files.createDirectory(elsewhere.resolve("own")));
    }

    private Path target() {
        return elsewhere.resolve("own.data/v2.db");
    }

    private static List<String> contents(Path data, Path target) throws Exception {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(data)) {
            files.map(file -> file.getFileName().toString()).sorted().forEach(lines::add);
        }
        lines.addAll(CopyTortureTest.rows(target, "SELECT name, sql FROM sqlite_master"
                + " WHERE tbl_name <> 'godwit_journal' ORDER BY name"));
        lines.addAll(CopyTortureTest.rows(target, "SELECT * FROM other"));
        lines.addAll(CopyTortureTest.rows(target, "SELECT * FROM t ORDER BY id"));
        return lines;
    }

    @Override
    protected int interruptions() {
        return 8;
    }

    @Test
    void exactly_the_rows_that_differ_are_written_and_deleted() throws Exception {
        try (StepWorld world = own()) {
            JsonNode output = world.run().output();

            assertThat(output.get("equal").asBoolean()).isTrue();
            assertThat(output.get("written").asInt()).isEqualTo(1300);
            assertThat(output.get("deleted").asInt()).isEqualTo(500);
            assertThat(CopyTortureTest.rows(target(), "SELECT own, count(*) FROM t GROUP BY 1 ORDER BY 1"))
                    .containsExactly("7|1402", "8|600");
            Path copied = elsewhere.resolve("copied.db");
            try (StepWorld copy = new StepWorld(Files.createDirectory(elsewhere.resolve("again")), "copy.table")
                    .resource("v1", source.resource())
                    .resource("v2", "{kind: 'sqlite', path: '" + copied + "'}")
                    .spec("{from: 'v1:t', to: 'v2:t'}")) {
                copy.run();
            }
            assertThat(CopyTortureTest.rows(target(), ROWS)).isEqualTo(CopyTortureTest.rows(copied, ROWS))
                    .hasSize(2002);
        }
    }

    @Test
    void an_equal_table_is_not_touched() throws Exception {
        try (StepWorld world = own()) {
            world.run();
            world.forget();
            byte[] repaired = Files.readAllBytes(target());

            assertThat(world.round(2).run().output().get("equal").asBoolean()).isTrue();

            assertThat(Files.readAllBytes(target())).isEqualTo(repaired);
        }
    }

    @Test
    void undo_puts_every_byte_back_and_sets_aside_what_others_wrote() throws Exception {
        try (StepWorld world = own()) {
            byte[] before = Files.readAllBytes(target());
            world.run();
            CopyFromSqliteTest.execute(target(), "UPDATE t SET v = 'theirs' WHERE id = 5");

            var undone = world.undo();

            assertThat(Files.readAllBytes(target())).isEqualTo(before);
            assertThat(undone.setAside()).singleElement()
                    .satisfies(aside -> assertThat(
                            CopyTortureTest.rows(Path.of(aside.where()), "SELECT v FROM t WHERE id = 5"))
                            .containsExactly("theirs"));
        }
    }

    @Test
    void every_storage_class_of_sqlite_is_written_as_it_is() throws Exception {
        Path one = elsewhere.resolve("one.db");
        Path two = elsewhere.resolve("two.db");
        for (Path file : List.of(one, two)) {
            CopyFromSqliteTest.execute(file, "CREATE TABLE k (a, b INTEGER, v, PRIMARY KEY (a, b)) WITHOUT ROWID");
        }
        CopyFromSqliteTest.execute(one,
                "INSERT INTO k VALUES ('1', 1, 'text'), (1, 1, 2), (1.5, 1, 2.5), (x'31', 1, x''),"
                        + " ('a' || char(0) || 'b', 2, 'c' || char(0)), ('', 'text in an integer', null)");
        CopyFromSqliteTest.execute(two,
                "INSERT INTO k VALUES ('1', 1, 2), (1, 1, 'text'), (2, 1, null), (x'31', 1, '')");
        try (StepWorld world = new StepWorld(Files.createDirectory(elsewhere.resolve("w")), "verify.table")
                .resource("one", "{kind: 'sqlite', path: '" + one + "'}")
                .resource("two", "{kind: 'sqlite', path: '" + two + "'}")
                .spec("{expected: 'one:k', actual: 'two:k', repair: true}")) {
            assertThat(world.run().output().get("equal").asBoolean()).isTrue();
        }
        String all = "SELECT typeof(a), hex(a), typeof(b), hex(b), typeof(v), hex(v) FROM k ORDER BY 1, 2, 3, 4";
        assertThat(CopyTortureTest.rows(two, all)).isEqualTo(CopyTortureTest.rows(one, all)).hasSize(6);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "CREATE TABLE t (id integer PRIMARY KEY, v float8) | 'NaN' | REAL | value-unfit",
            "CREATE TABLE t (id integer PRIMARY KEY, v text) | '007' | INTEGER | value-unfit",
            "CREATE TABLE t (id integer PRIMARY KEY, v text) | 'a' | TEXT CHECK (v <> 'a') | constraint-violated"})
    void what_cannot_be_kept_is_refused_and_nothing_is_written(String table, String value, String declared, String code)
            throws Exception {
        Path target = elsewhere.resolve("refused.db");
        CopyFromSqliteTest.execute(target, "CREATE TABLE t (id INTEGER PRIMARY KEY, v " + declared + ")");
        try (PostgresServer.Database database = PostgresServer.shared().newDatabase()) {
            database.execute(table, "INSERT INTO t VALUES (1, " + value + ")");
            try (StepWorld world = new StepWorld(Files.createDirectory(elsewhere.resolve("w")), "verify.table")
                    .resource("one", database.resource())
                    .resource("two", "{kind: 'sqlite', path: '" + target + "'}")
                    .spec("{expected: 'one:t', actual: 'two:t', repair: true}")) {
                assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                        .extracting(e -> ((StepFailure) e).type())
                        .isEqualTo("user/" + code);
            }
        }
        assertThat(CopyTortureTest.rows(target, "SELECT * FROM t")).isEmpty();
    }
}
