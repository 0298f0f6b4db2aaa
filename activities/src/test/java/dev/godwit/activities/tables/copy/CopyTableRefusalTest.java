package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.Progress;
import dev.godwit.run.UndoResult;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a copy between PostgreSQLs refuses, what it leaves to others, and how it is slowed. */
class CopyTableRefusalTest {
    @TempDir
    private Path directory;

    private StepWorld world(PostgresServer.Database from, PostgresServer.Database to, String more) {
        return new StepWorld(directory.resolve("world"), "copy.table").resource("from", from.resource())
                .resource("to", to.resource())
                .closing(from)
                .closing(to)
                .spec("{from: 'from:items', to: 'to:items'" + more + "}");
    }

    private static PostgresServer.Database database(String... statements) throws Exception {
        return PostgresServer.shared().newDatabase().execute(statements);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            a integer | a smallint               | columns-differ  | smallint, which cannot hold every value of integer
            a numeric(9,2) | a numeric(9,1)      | columns-differ  | numeric(9,1), which cannot hold every value of
            a text    | a varchar(5)             | columns-differ  | character varying(5), which cannot hold
            a float8  | a float4                 | columns-differ  | real, which cannot hold every value of double
            a timestamp | a timestamptz          | columns-differ  | cannot hold every value of timestamp without
            a interval | a interval(3)           | columns-differ  | interval(3), which cannot hold every value of
            a interval | a interval day to minute | columns-differ | interval day to minute, which cannot hold every
            a text    | b text                   | columns-differ  | it has no column a
            a text    | a text, b text NOT NULL  | columns-differ  | column b refuses null, has no default
            a text    | a text GENERATED ALWAYS AS ('x') STORED | columns-differ | column a is generated
            a mood    | -                        | type-missing    | no type public.mood of the column a
            a text    | a text; INSERT INTO items VALUES ('x')  | table-not-empty | holds rows
            """)
    void a_target_that_cannot_take_the_rows_is_refused_before_anything_is_written(String columns, String there,
            String code, String words) throws Exception {
        PostgresServer.Database from = database("CREATE TYPE mood AS ENUM ('good')",
                "CREATE TABLE items (" + columns + ")", "INSERT INTO items DEFAULT VALUES");
        PostgresServer.Database to = database();
        if (there != null) {
            String[] parts = there.split("; ");
            to.execute("CREATE TABLE items (" + parts[0] + ")");
            if (parts.length > 1) {
                to.execute(parts[1]);
            }
        }
        try (StepWorld world = world(from, to, "")) {
            List<String> before = new DatabaseView(to).lines();
            StepFailure announced = catchThrowableOfType(StepFailure.class, world::preview);
            assertThat(announced).hasMessageContaining(words);
            StepFailure failure = catchThrowableOfType(StepFailure.class, world::run);
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure).hasMessageContaining(words);
            assertThat(failure.retryable()).isFalse();
            world.undo();
            assertThat(new DatabaseView(to).lines()).isEqualTo(before);
        }
    }

    /** A type of the source, one of the same name in the target, and what is wrong with that. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            TYPE kind AS ENUM ('a', 'b')      | TYPE kind AS ENUM ('b', 'c') | public.kind has no 'a' there
            TYPE kind AS ENUM ('a', 'b')      | DOMAIN kind AS text | public.kind is another sort of type there
            DOMAIN kind AS numeric(8,2)       | DOMAIN kind AS numeric(8,1) | is made of numeric(8,1) there and of numeric(8,2)
            TYPE kind AS (x integer, y timestamp) | TYPE kind AS (x integer, y timestamp(0)) | timestamp(0) without time zone
            TYPE kind AS RANGE (SUBTYPE = float8) | TYPE kind AS RANGE (SUBTYPE = float4) | is made of real there
            """)
    void types_of_the_same_name_that_are_not_the_same_are_refused_before_anything_is_written(String ours, String theirs,
            String words) throws Exception {
        PostgresServer.Database from = database("CREATE " + ours, "CREATE TABLE items (id integer, v kind, w kind[])");
        PostgresServer.Database to = database("CREATE " + theirs);
        try (StepWorld world = world(from, to, "")) {
            List<String> before = new DatabaseView(to).lines();
            StepFailure failure = catchThrowableOfType(StepFailure.class, world::run);
            assertThat(failure.code()).isEqualTo("types-differ");
            assertThat(failure).hasMessageContaining(words);
            assertThat(to.rows("SELECT to_regclass('items')")).containsExactly("null");
            to.execute("CREATE TABLE items (id integer, v kind, w kind[])");
            assertThat(catchThrowableOfType(StepFailure.class, world::preview)).hasMessageContaining(words);
            to.execute("DROP TABLE items");
            world.undo();
            assertThat(new DatabaseView(to).lines()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            regclass       | other         | relation "public.other" does not exist
            regclass[]     | {pg_class,other} | relation "public.other" does not exist
            regprocedure   | theirs(integer) | function "public.theirs(integer)" does not exist
            regnamespace   | theirs        | schema "theirs" does not exist
            """)
    void names_of_what_the_target_has_not_are_refused_before_anything_is_written(String type, String value,
            String words)
            throws Exception {
        PostgresServer.Database from = database("CREATE TABLE other ()", "CREATE SCHEMA theirs",
                "CREATE FUNCTION theirs(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
                "CREATE TABLE items (id integer PRIMARY KEY, v " + type + ")",
                "INSERT INTO items SELECT i, NULL FROM generate_series(1, 1000) i",
                "UPDATE items SET v = '" + value + "' WHERE id IN (500, 501)");
        PostgresServer.Database to = database();
        try (StepWorld world = world(from, to, ", batch: 100")) {
            assertThat(catchThrowableOfType(StepFailure.class, world::preview)).hasMessageContaining(words);
            assertThat(catchThrowableOfType(StepFailure.class, world::run)).hasMessageContaining(words)
                    .hasMessageContaining("column v of the row id = 500");
            assertThat(to.rows("SELECT to_regclass('items')")).containsExactly("null");
            to.execute("CREATE TABLE other ()", "CREATE SCHEMA theirs",
                    "CREATE FUNCTION theirs(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'");
            world.run();
            assertThat(to.rows("SELECT v FROM items WHERE id = 500")).containsExactly(value);
        }
    }

    @Test
    void wider_types_take_the_values_as_they_are() throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (a integer, b varchar(5), c numeric(9,2), d uuid)",
                "INSERT INTO items VALUES (-2147483648, ' x\\ ', 0.10, '00000000-0000-0000-0000-00000000000a'), (NULL, '',"
                        + " 'NaN', NULL)");
        PostgresServer.Database to = database("CREATE TABLE items (d text, a numeric, b text, c numeric)");
        try (StepWorld world = world(from, to, "")) {
            world.run();
            assertThat(to.rows("SELECT d, a, '[' || b || ']', c FROM items ORDER BY a")).containsExactly(
                    "00000000-0000-0000-0000-00000000000a|-2147483648|[ x\\ ]|0.10", "null|null|[]|NaN");
        }
    }

    @Test
    void rows_that_a_trigger_drops_fail_the_step() throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id integer)",
                "INSERT INTO items SELECT generate_series(1, 10)");
        PostgresServer.Database to = database("CREATE TABLE items (id integer)",
                "CREATE FUNCTION drops() RETURNS trigger LANGUAGE plpgsql AS"
                        + " 'BEGIN IF NEW.id = 3 THEN RETURN NULL; END IF; RETURN NEW; END'",
                "CREATE TRIGGER drops BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION drops()");
        try (StepWorld world = world(from, to, "")) {
            StepFailure failure = catchThrowableOfType(StepFailure.class, world::run);
            assertThat(failure.code()).isEqualTo("rows-lost");
            assertThat(to.rows("SELECT * FROM items")).isEmpty();
        }
    }

    @Test
    void rows_that_a_policy_hides_are_not_left_out_without_a_word() throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id integer)",
                "INSERT INTO items SELECT generate_series(1, 10)", "CREATE POLICY few ON items USING (id < 3)",
                "ALTER TABLE items ENABLE ROW LEVEL SECURITY",
                "DO 'BEGIN CREATE ROLE narrow; EXCEPTION WHEN duplicate_object THEN NULL; END'",
                "GRANT SELECT ON items TO narrow");
        PostgresServer.Database to = database();
        try (StepWorld world = world(from, to, "").resource("from", "{kind: 'postgres', url: '" + from.url()
                + "', user: 'postgres', 'preview-role': 'narrow'}")) {
            assertThat(catchThrowableOfType(StepFailure.class, world::run))
                    .hasMessageContaining("row-level security policy");
        } finally {
            from.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"CASCADE", "SET NULL", "SET DEFAULT"})
    void rows_that_others_refer_to_are_not_replaced(String action) throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id integer PRIMARY KEY)",
                "INSERT INTO items VALUES (1)");
        PostgresServer.Database to = database("CREATE TABLE items (id integer PRIMARY KEY, parent integer"
                + " REFERENCES items ON DELETE CASCADE)", "INSERT INTO items VALUES (1, 1), (2, 1)",
                "CREATE SCHEMA \"of others\"", "CREATE TABLE \"of others\".parts (item integer DEFAULT 0 REFERENCES"
                        + " items ON DELETE " + action + ")",
                "INSERT INTO \"of others\".parts VALUES (2), (NULL)");
        try (StepWorld world = world(from, to, ", columns: ['id'], existing: 'replace'")) {
            for (ThrowingCallable refused : List.<ThrowingCallable>of(world::preview, world::run)) {
                StepFailure failure = catchThrowableOfType(StepFailure.class, refused);
                assertThat(failure.code()).isEqualTo("rows-referred");
                assertThat(failure).hasMessageContaining("of others.parts").hasMessageContaining(action);
            }
            assertThat(to.rows("SELECT * FROM items")).containsExactly("1|1", "2|1");
            assertThat(to.rows("SELECT * FROM \"of others\".parts")).containsExactly("2", "null");
            to.execute("DELETE FROM \"of others\".parts WHERE item = 2");
            world.run();
            assertThat(to.rows("SELECT * FROM items")).containsExactly("1|null");
            to.execute("INSERT INTO \"of others\".parts VALUES (1)");
            assertThat(catchThrowableOfType(StepFailure.class, world::undo).code()).isEqualTo("rows-referred");
            assertThat(to.rows("SELECT * FROM \"of others\".parts")).containsExactly("null", "1");
            to.execute("DELETE FROM \"of others\".parts WHERE item = 1",
                    "INSERT INTO \"of others\".parts VALUES (NULL)");
            world.undo();
            assertThat(to.rows("SELECT * FROM items")).containsExactly("1|1", "2|1");
        }
    }

    @Test
    void undo_sets_the_rows_of_others_aside() throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id integer PRIMARY KEY, name text)",
                "INSERT INTO items SELECT i, 'n' || i FROM generate_series(1, 100) i");
        PostgresServer.Database to = database();
        try (StepWorld world = world(from, to, ", batch: 10")) {
            world.run();
            to.execute("INSERT INTO items VALUES (-1, 'theirs')", "UPDATE items SET name = 'changed' WHERE id = 50",
                    "DELETE FROM items WHERE id = 51", "VACUUM FULL items", "VACUUM FREEZE items");
            UndoResult undone = world.undo();
            assertThat(to.rows("SELECT to_regclass('items')")).containsExactly("null");
            assertThat(undone.setAside()).hasSize(1);
            assertThat(Files.readAllLines(Path.of(undone.setAside().getFirst().where())))
                    .containsExactlyInAnyOrder("id,name", "-1,theirs", "50,changed");
        }
    }

    @Test
    void undo_of_an_appended_copy_leaves_the_rows_of_others_where_they_are() throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id integer, name text)",
                "INSERT INTO items SELECT i, 'n' || i FROM generate_series(1, 100) i");
        PostgresServer.Database to = database("CREATE TABLE items (id serial, name text)",
                "INSERT INTO items (name) VALUES ('before')");
        try (StepWorld world = world(from, to, ", existing: 'append'")) {
            world.run();
            to.execute("INSERT INTO items (id, name) VALUES (-1, 'since')");
            world.undo();
            assertThat(to.rows("SELECT id, name FROM items ORDER BY id")).containsExactly("-1|since", "1|before");
        }
    }

    @Test
    void a_rate_makes_small_batches_and_is_told() throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id integer, filler text)",
                "ALTER TABLE items ALTER filler SET STORAGE PLAIN",
                "INSERT INTO items SELECT i, repeat('x', 3500) FROM generate_series(1, 40) i", "ANALYZE items");
        PostgresServer.Database to = database();
        ConcurrentLinkedQueue<Progress> seen = new ConcurrentLinkedQueue<>();
        try (StepWorld world = world(from, to, ", rate: 50")) {
            world.host(UnaryOperator.identity()).run(world.task(), watched(seen));
            assertThat(to.rows("SELECT count(*) FROM items")).containsExactly("40");
            assertThat(to.rows("SELECT max((cursor::json->>'rows')::integer) <= 10 FROM godwit.journal"
                    + " WHERE partition LIKE 'range %'")).containsExactly("t");
            assertThat(seen).anyMatch(progress -> progress.slowedBy().contains("50 rows a second"));
        }
    }

    @Test
    void it_waits_for_standbys_that_must_be_there() throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id integer)", "INSERT INTO items VALUES (1)");
        PostgresServer.Database to = database();
        ConcurrentLinkedQueue<Progress> seen = new ConcurrentLinkedQueue<>();
        try (StepWorld world = world(from, to, ", gate: {standbys: 2}")) {
            assertThatThrownBy(() -> world.host(UnaryOperator.identity())
                    .run(world.task(), watched(seen, () -> seen.stream()
                            .anyMatch(progress -> progress.slowedBy().equals("0 of 2 standbys connected")))))
                    .isInstanceOf(StepStopped.class);
            assertThat(to.rows("SELECT * FROM items")).isEmpty();
        }
    }

    @Test
    void a_user_who_cannot_see_standbys_is_told_so_and_sqlite_has_none() throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id integer)");
        PostgresServer.Database to = database(
                "DO 'BEGIN CREATE ROLE short_sighted LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END'");
        try (StepWorld world = world(from, to, ", gate: {}").resource("to",
                "{kind: 'postgres', url: '" + to.url() + "', user: 'short_sighted'}")) {
            assertThatThrownBy(world::preview).hasMessageContaining("GRANT pg_monitor TO \"short_sighted\"");
            assertThatThrownBy(world::run).hasMessageContaining("GRANT pg_monitor TO \"short_sighted\"");
            world.resource("to", "{kind: 'sqlite', path: '" + directory.resolve("to.db") + "'}");
            assertThatThrownBy(world::preview).hasMessageContaining("it has no standbys");
        }
    }

    private static Attempt watched(ConcurrentLinkedQueue<Progress> seen) {
        return watched(seen, () -> false);
    }

    private static Attempt watched(ConcurrentLinkedQueue<Progress> seen, BooleanSupplier stop) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {
                seen.add(progress);
            }

            @Override
            public Instant asked() {
                return Instant.parse("2026-03-01T12:00:01Z");
            }

            @Override
            public Optional<String> stopRequested() {
                return stop.getAsBoolean() ? Optional.of("enough") : Optional.empty();
            }
        };
    }
}
