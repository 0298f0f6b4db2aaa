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
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repairs of a table of PostgreSQL. */
class VerifyTableRepairTest extends StepContract {
    private static final String COLUMNS = "(id integer PRIMARY KEY, v text, f float8, b bytea, c char(3),"
            + " n numeric(9,2), at timestamptz, j json, a int[])";

    private static PostgresServer.Database one;
    private static PostgresServer.Database two;

    @TempDir
    private Path directory;

    private StepWorld world;

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

    @Override
    protected StepWorld world(Path place) throws Exception {
        fill();
        return new StepWorld(place, "verify.table").resource("one", one.resource())
                .resource("two", two.resource())
                .spec("{expected: 'one:t', actual: 'two:t', repair: true, ignore: ['own']}")
                .counting(() -> content(one))
                .counting(() -> content(two));
    }

    @BeforeEach
    void a_world() throws Exception {
        world = world(Files.createDirectory(directory.resolve("own")));
    }

    /** 2,000 rows, of which the actual table lacks 700, has 600 with other values, and 500 more. */
    private static void fill() throws Exception {
        for (PostgresServer.Database database : List.of(one, two)) {
            database.execute("DROP SCHEMA IF EXISTS godwit CASCADE", "DROP TABLE IF EXISTS t",
                    "CREATE TABLE t " + COLUMNS,
                    "INSERT INTO t SELECT g, 'row ''' || g, g / 7.0::float8, decode(md5(g::text), 'hex'), 'a', g / 7.0,"
                            + " timestamptz '1969-12-31 23:59:59.000001+00' + g * interval '1 day',"
                            + " ('{\"a\" :' || g || '}')::json, ARRAY[g, null] FROM generate_series(1, 2000) g",
                    "INSERT INTO t VALUES (0, null, '-0', '', null, 'NaN', 'infinity', null, '{}'),"
                            + " (-1, '', 'NaN', null, '', null, '-infinity', '{}', null)");
        }
        two.execute("ALTER TABLE t ADD own integer DEFAULT 7", "DELETE FROM t WHERE id BETWEEN -1 AND 698",
                "UPDATE t SET v = v || ' ', f = 0, b = null, c = 'b', own = 8 WHERE id BETWEEN 1001 AND 1600",
                "INSERT INTO t SELECT g, 'more' FROM generate_series(2001, 2500) g");
    }

    @Override
    protected int interruptions() {
        return 8;
    }

    @Test
    void exactly_the_rows_that_differ_are_written_and_deleted() throws Exception {
        List<String> untouched = two.rows("SELECT ctid, xmin, id FROM t WHERE id IN (699, 1000, 1601, 2000)");

        JsonNode output = world.run().output();

        assertThat(output.get("equal").asBoolean()).isTrue();
        assertThat(output.get("written").asInt()).isEqualTo(1300);
        assertThat(output.get("deleted").asInt()).isEqualTo(500);
        String rows = "SELECT id, v, f, b, c, n, at, j, a FROM t ORDER BY id";
        assertThat(two.rows(rows)).isEqualTo(one.rows(rows)).hasSize(2002);
        assertThat(two.rows("SELECT own, count(*) FROM t GROUP BY 1 ORDER BY 1")).containsExactly("7|1402", "8|600");
        assertThat(two.rows("SELECT ctid, xmin, id FROM t WHERE id IN (699, 1000, 1601, 2000)")).isEqualTo(untouched);
    }

    @Test
    void a_preview_says_what_would_be_done() {
        assertThat(world.preview().changes()).containsExactly("insert 700 rows into two:t and replace 600",
                "delete 500 rows of two:t");
    }

    @Test
    void undo_sets_aside_what_others_made_of_a_repaired_row() throws Exception {
        List<String> before = two.rows("SELECT * FROM t ORDER BY id");
        world.run();
        two.execute("UPDATE t SET v = 'theirs' WHERE id = 5", "DELETE FROM t WHERE id = 1500",
                "INSERT INTO t VALUES (2400, 'theirs, too')");

        var undone = world.undo();

        assertThat(two.rows("SELECT * FROM t ORDER BY id")).isEqualTo(before);
        assertThat(undone.setAside()).isNotEmpty().allSatisfy(aside -> {
            assertThat(aside.what()).contains("rows of two:t");
            assertThat(Path.of(aside.where())).content().contains("theirs");
        });
    }

    @Test
    void rows_that_others_refer_to_are_not_deleted_by_a_repair_nor_by_its_undo() throws Exception {
        two.execute("CREATE TABLE parts (item integer REFERENCES t ON DELETE CASCADE)",
                "INSERT INTO parts VALUES (2100)");
        try {
            List<String> before = two.rows("SELECT * FROM t ORDER BY id");
            assertThatThrownBy(world::run).hasMessageContaining("rows of public.parts refer to rows of public.t");
            assertThat(two.rows("SELECT * FROM parts")).containsExactly("2100");

            two.execute("UPDATE parts SET item = 1000");
            world.run();
            two.execute("INSERT INTO parts VALUES (5)");
            assertThatThrownBy(world::undo).hasMessageContaining("rows of public.parts refer to rows of public.t");
            assertThat(two.rows("SELECT * FROM parts ORDER BY 1")).containsExactly("5", "1000");

            two.execute("DELETE FROM parts WHERE item = 5");
            world.undo();
            assertThat(two.rows("SELECT * FROM t ORDER BY id")).isEqualTo(before);
            assertThat(two.rows("SELECT * FROM parts")).containsExactly("1000");
        } finally {
            two.execute("DROP TABLE parts");
        }
    }

    @Test
    void a_source_that_is_written_to_meanwhile_is_followed_to_its_end() throws Exception {
        world.spec("{expected: 'one:t', actual: 'two:t', repair: true, passes: 1000, ignore: ['own']}");
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            try (Connection connection = one.connect();
                    PreparedStatement update = connection
                            .prepareStatement("UPDATE t SET v = v || 'x', id = id WHERE id = ?");
                    PreparedStatement delete = connection.prepareStatement("DELETE FROM t WHERE id = ?");
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, 'new')")) {
                for (int i = 1; i <= 1500; i++) {
                    update.setInt(1, i * 7 % 2000);
                    update.executeUpdate();
                    delete.setInt(1, i * 13 % 2000);
                    delete.executeUpdate();
                    insert.setInt(1, 10_000 + i);
                    insert.executeUpdate();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }, Thread::startVirtualThread);
        JsonNode output = world.run().output();
        writer.join();
        output = world.round(2).run().output();

        assertThat(output.get("equal").asBoolean()).isTrue();
        String rows = "SELECT id, v, f, b, c, n, at, j, a FROM t ORDER BY id";
        assertThat(two.rows(rows)).isEqualTo(one.rows(rows));
    }

    @Test
    void more_rows_stay_where_they_are_no_difference() throws Exception {
        world.spec("{expected: 'one:t', actual: 'two:t', repair: true, extra: 'report', ignore: ['own']}");

        JsonNode output = world.run().output();

        assertThat(output.get("equal").asBoolean()).isTrue();
        assertThat(output.get("deleted").asInt()).isZero();
        assertThat(two.rows("SELECT count(*) FROM t")).containsExactly("2502");
    }

    @Test
    void rows_of_sqlite_are_written_as_well() throws Exception {
        Path file = directory.resolve("l.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, b BLOB, at DATETIME, ok BOOLEAN)");
            statement.execute(
                    "INSERT INTO t VALUES (1, 'a', x'00ff', '2020-01-01T12:00:00', 1), (2, null, x'', null, 0)");
        }
        two.execute("DROP TABLE t", "CREATE TABLE t (id bigint PRIMARY KEY, v text, b bytea, at timestamp, ok boolean)",
                "INSERT INTO t VALUES (2, '', null, 'infinity', true), (3, null, null, null, null)");
        world.resource("l", "{kind: 'sqlite', path: '" + file + "'}")
                .spec("{expected: 'l:t', actual: 'two:t', repair: true}");

        assertThat(world.run().output().get("equal").asBoolean()).isTrue();
        assertThat(two.rows("SELECT * FROM t ORDER BY id")).containsExactly("1|a|\\x00ff|2020-01-01 12:00:00|t",
                "2|null|\\x|null|f");
    }

    @Test
    void what_cannot_be_repaired_is_refused_and_left_alone() throws Exception {
        two.execute("ALTER TABLE t ADD CHECK (v <> 'row ''1001')");
        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .extracting(e -> ((StepFailure) e).type())
                .isEqualTo("user/constraint-violated");

        fill();
        one.execute("ALTER TABLE t DROP CONSTRAINT t_pkey");
        two.execute("ALTER TABLE t DROP CONSTRAINT t_pkey");
        List<String> before = two.rows("SELECT t::text FROM t ORDER BY 1");
        assertThatThrownBy(world.round(2)::run).isInstanceOf(StepFailure.class)
                .extracting(e -> ((StepFailure) e).type())
                .isEqualTo("user/key-wanted");
        assertThat(two.rows("SELECT t::text FROM t ORDER BY 1")).isEqualTo(before);

        two.execute("INSERT INTO t (id, v) VALUES (2000, 'again')");
        world.round(3).spec("{expected: 'one:t', actual: 'two:t', repair: true, key: ['id'], columns: ['id', 'v']}");
        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .extracting(e -> ((StepFailure) e).type())
                .isEqualTo("user/key-not-unique");
        assertThat(two.rows("SELECT count(*) FROM t WHERE id = 2000")).containsExactly("2");
    }

    private static List<String> content(PostgresServer.Database database) throws Exception {
        List<String> lines = new ArrayList<>(database.rows(
                "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                        + " WHERE nspname NOT LIKE 'pg%' AND nspname <> 'information_schema' ORDER BY 1, 2"));
        lines.addAll(database.rows("SELECT t::text FROM t ORDER BY t::text"));
        return lines;
    }
}
