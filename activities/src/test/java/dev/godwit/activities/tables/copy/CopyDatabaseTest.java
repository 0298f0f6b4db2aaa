package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopyDatabaseTest {
    private static final String[] PARKING = {"CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy')",
            "CREATE DOMAIN percent AS integer DEFAULT 1 CHECK (VALUE BETWEEN 0 AND 100)",
            "CREATE TYPE place AS (x integer, feelings mood[])", "CREATE SEQUENCE numbers INCREMENT -3 MAXVALUE 5",
            "SELECT nextval('numbers'), nextval('numbers')",
            "CREATE TABLE garages (id serial PRIMARY KEY, mood mood, full_to percent, at place, moods mood[],"
                    + " number bigint DEFAULT nextval('numbers'), UNIQUE (number) DEFERRABLE INITIALLY DEFERRED)",
            "INSERT INTO garages (mood, full_to, at, moods) SELECT (ARRAY['sad', 'it''s ok', 'happy'])[i % 3 + 1]::mood,"
                    + " i % 101, ROW(i, ARRAY['sad']::mood[])::place, ARRAY['happy', NULL]::mood[] FROM generate_series(1, 120) i",
            "CREATE TABLE \"Stays here\" (garage integer REFERENCES garages, since date, \"a \"\"b\" text,"
                    + " EXCLUDE (garage WITH =))",
            "INSERT INTO \"Stays here\" SELECT i, '0044-03-15 BC', E'tab\\t\\\\' || i FROM generate_series(1, 50) i",
            "CREATE TABLE stays (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
            "CREATE TABLE stays_old PARTITION OF stays FOR VALUES FROM (MINVALUE) TO ('2020-01-01')",
            "CREATE TABLE stays_new PARTITION OF stays FOR VALUES FROM ('2020-01-01') TO (MAXVALUE)",
            "CREATE INDEX stays_at ON stays (at DESC)",
            "INSERT INTO stays SELECT i, '2019-06-01'::timestamptz + i * interval '10 days' FROM generate_series(1, 80) i",
            "CREATE TABLE nothing ()", "INSERT INTO nothing DEFAULT VALUES",
            "CREATE TABLE empty (id integer PRIMARY KEY, parent integer REFERENCES empty)",
            "CREATE VIEW happy AS SELECT id, mood FROM garages WHERE mood = 'happy'",
            "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM happy"};

    private static StepWorld world(Path directory, PostgresServer.Database from, PostgresServer.Database to) {
        return new StepWorld(directory, "copy.database").resource("from", from.resource())
                .resource("to", to.resource())
                .closing(from)
                .closing(to)
                .counting(new DatabaseView(from))
                .counting(new DatabaseView(to));
    }

    private static PostgresServer.Database database(String... statements) throws Exception {
        return PostgresServer.shared().newDatabase().execute(statements);
    }

    @Nested
    class A_database_with_all_sorts_of_things extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return CopyDatabaseTest.world(directory, database(PARKING), database())
                    .spec("{from: 'from', to: 'to', batch: 40}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return CopyTableTest.attemptsShow(super.changingOutputs());
        }

        @Override
        protected int interruptions() {
            return 200;
        }
    }

    @Test
    void a_database_arrives_with_all_that_it_has(@TempDir Path directory) throws Exception {
        PostgresServer.Database from = database(PARKING);
        PostgresServer.Database to = database();
        try (StepWorld world = world(directory, from, to).spec("{from: 'from', to: 'to', batch: 40}")) {
            assertThat(world.run().output().path("left_out")).isEmpty();
            world.forget();
            assertThat(new DatabaseView(to).lines()).isEqualTo(new DatabaseView(from).lines());
        }
    }

    @Test
    void names_of_tables_that_come_along_arrive(@TempDir Path directory) throws Exception {
        PostgresServer.Database from = database("CREATE TABLE watched (about regclass, by regclass[])",
                "CREATE TABLE zoo ()", "INSERT INTO watched VALUES ('zoo', '{zoo,pg_class}')", "CREATE TABLE lost ()",
                "INSERT INTO watched VALUES (NULL, '{lost}')");
        PostgresServer.Database to = database();
        try (StepWorld world = world(directory, from, to).spec("{from: 'from', to: 'to', exclude: ['public.lost']}")) {
            assertThat(catchThrowableOfType(StepFailure.class, world::run))
                    .hasMessageContaining("column by of the row about = null: ")
                    .hasMessageContaining("\"public.lost\" does not exist");
            assertThat(to.rows("SELECT * FROM watched")).isEmpty();
            from.execute("DELETE FROM watched WHERE about IS NULL");
            world.run();
            assertThat(to.rows("SELECT * FROM watched")).containsExactly("zoo|{zoo,pg_class}");
        }
    }

    @Test
    void undo_sets_the_rows_of_others_aside_for_each_table_whatever_its_name(@TempDir Path directory)
            throws Exception {
        String[] names = {"таблица", "записи", "a b", "ab", "a.b"};
        PostgresServer.Database from = database();
        PostgresServer.Database to = database();
        for (String name : names) {
            from.execute("CREATE TABLE \"" + name + "\" (v text)");
        }
        try (StepWorld world = world(directory, from, to).spec("{from: 'from', to: 'to'}")) {
            world.run();
            for (String name : names) {
                to.execute("INSERT INTO \"" + name + "\" VALUES ('in " + name + "')");
            }
            assertThat(world.undo().setAside()).hasSize(names.length).allSatisfy(aside -> {
                String name = aside.what().replaceAll("(?s).*\"\\.\"|\".*", "");
                assertThat(Files.readAllLines(Path.of(aside.where()))).containsExactly("v", "in " + name);
            });
            assertThat(to.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")).isEmpty();
        }
    }

    @Test
    void undo_sets_the_rows_of_partitions_aside_that_others_have_added(@TempDir Path directory) throws Exception {
        PostgresServer.Database from = database("CREATE TABLE events (at date) PARTITION BY RANGE (at)",
                "CREATE TABLE events_06 PARTITION OF events FOR VALUES FROM ('2026-06-01') TO ('2026-07-01')",
                "INSERT INTO events VALUES ('2026-06-15')");
        PostgresServer.Database to = database();
        try (StepWorld world = world(directory, from, to).spec("{from: 'from', to: 'to'}")) {
            world.run();
            to.execute("CREATE TABLE events_07 PARTITION OF events FOR VALUES FROM ('2026-07-01') TO ('2026-08-01')"
                    + " PARTITION BY RANGE (at)",
                    "CREATE TABLE events_07_all PARTITION OF events_07 DEFAULT",
                    "INSERT INTO events VALUES ('2026-07-15')");
            assertThat(world.undo().setAside()).singleElement().satisfies(aside -> {
                assertThat(aside.what()).contains("events_07_all", "a partition that others made");
                assertThat(Files.readAllLines(Path.of(aside.where()))).containsExactly("at", "2026-07-15");
            });
            assertThat(to.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")).isEmpty();
        }
    }

    @Test
    void tables_that_refer_to_each_other_are_not_replaced_if_rows_would_be_lost(@TempDir Path directory)
            throws Exception {
        String[] tables = {"CREATE TABLE cameras (id integer PRIMARY KEY)", "INSERT INTO cameras VALUES (1)",
                "CREATE TABLE detections (camera integer REFERENCES cameras ON DELETE CASCADE)",
                "INSERT INTO detections VALUES (1)"};
        PostgresServer.Database from = database(tables).execute("CREATE SCHEMA first", "CREATE TABLE first.made ()");
        PostgresServer.Database to = database(tables);
        try (StepWorld world = world(directory, from, to)
                .spec("{from: 'from', to: 'to', schemas: ['first', 'public'], existing: 'replace'}")) {
            List<String> before = new DatabaseView(to).lines();
            assertThat(catchThrowableOfType(StepFailure.class, world::preview).code()).isEqualTo("rows-referred");
            assertThat(catchThrowableOfType(StepFailure.class, world::run)).hasMessageContaining("public.detections")
                    .hasMessageContaining("ON DELETE CASCADE");
            assertThat(to.rows("SELECT to_regclass('first.made')")).containsExactly("null");
            world.undo();
            assertThat(new DatabaseView(to).lines()).isEqualTo(before);
        }
    }

    @Test
    void undo_removes_rows_in_an_order_in_which_none_of_others_go_with_them(@TempDir Path directory) throws Exception {
        String[] tables = {"CREATE TABLE cameras (id integer PRIMARY KEY, name text)",
                "CREATE TABLE detections (camera integer REFERENCES cameras ON DELETE SET NULL)"};
        PostgresServer.Database from = database(tables).execute(
                "INSERT INTO cameras SELECT i, repeat('x', 1000) FROM generate_series(1, 100) i",
                "INSERT INTO detections VALUES (1), (2)");
        PostgresServer.Database to = database(tables);
        try (StepWorld world = world(directory, from, to).spec("{from: 'from', to: 'to', jobs: 1}")) {
            world.run();
            to.execute("INSERT INTO detections VALUES (7)");
            assertThat(catchThrowableOfType(StepFailure.class, world::undo)).hasMessageContaining("public.detections")
                    .hasMessageContaining("ON DELETE SET NULL");
            assertThat(to.rows("SELECT count(*), count(camera) FROM detections")).containsExactly("3|3");
            to.execute("DELETE FROM detections WHERE camera = 7", "INSERT INTO detections VALUES (NULL)");
            world.undo();
            assertThat(to.rows("SELECT (SELECT count(*) FROM cameras), count(*), count(camera) FROM detections"))
                    .containsExactly("0|1|0");
        }
    }

    @Test
    void what_is_not_copied_is_named_before_and_after(@TempDir Path directory) throws Exception {
        PostgresServer.Database from = database(
                "CREATE FUNCTION twice(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT i * 2'",
                "CREATE TABLE items (id integer)", "CREATE VIEW doubled AS SELECT twice(id) FROM items",
                "CREATE TABLE secrets (id integer)", "ALTER TABLE items ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY mine ON items USING (id > 1)", "CREATE TABLE child () INHERITS (items)");
        PostgresServer.Database to = database();
        try (StepWorld world = world(directory, from, to)
                .spec("{from: 'from', to: 'to', exclude: ['public.sec*']}")) {
            List<String> announced = world.preview().changes();
            assertThat(announced).contains("leave out policy mine of public.items",
                    "leave out function public.twice(integer)",
                    "leave out inheritance of public.child from public.items")
                    .noneMatch(line -> line.contains("secrets"));
            assertThat(world.run().output().path("left_out")).map(line -> line.asText())
                    .contains("policy mine of public.items", "function public.twice(integer)",
                            "inheritance of public.child from public.items")
                    .anyMatch(line -> line.contains("view public.doubled") && line.contains("twice"));
        }
    }
}
