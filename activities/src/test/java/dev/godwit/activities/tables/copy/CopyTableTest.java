package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopyTableTest {
    private static final int INTERRUPTIONS = 100;
    private static final String SPEC = "{from: 'from:items', to: 'to:items', batch: 50";

    /** Two databases of their own, which go with the world. */
    private static StepWorld world(Path directory, PostgresServer.Database from, PostgresServer.Database to) {
        return new StepWorld(directory, "copy.table").resource("from", from.resource())
                .resource("to", to.resource())
                .closing(from)
                .closing(to)
                .counting(new DatabaseView(from))
                .counting(new DatabaseView(to));
    }

    private static PostgresServer.Database database(String... statements) throws Exception {
        return PostgresServer.shared().newDatabase().execute(statements);
    }

    private static PostgresServer.Database items() throws Exception {
        return database("CREATE TABLE kinds (id integer PRIMARY KEY)", "INSERT INTO kinds VALUES (0), (1), (2)",
                "CREATE TABLE items (id bigint GENERATED ALWAYS AS IDENTITY (INCREMENT 2) PRIMARY KEY,"
                        + " number serial, name text COLLATE \"C\" NOT NULL DEFAULT 'none', kind integer"
                        + " REFERENCES kinds, price numeric(10,2) CHECK (price >= 0), twice numeric"
                        + " GENERATED ALWAYS AS (price * 2) STORED, \"Od\"\"d\" text[], UNIQUE (name, number))",
                "CREATE INDEX items_kind ON items (kind) WHERE kind > 0",
                "INSERT INTO items (name, kind, price, \"Od\"\"d\") SELECT 'item ' || i, i % 3, i / 7.0,"
                        + " CASE WHEN i % 5 = 0 THEN ARRAY['a', NULL, 'ü' || i] END FROM generate_series(1, 300) i",
                "DELETE FROM items WHERE id % 17 = 0");
    }

    @Nested
    class A_table_that_is_made extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return CopyTableTest.world(directory, items(), database("CREATE TABLE kinds (id integer PRIMARY KEY)",
                    "INSERT INTO kinds VALUES (0), (1), (2)")).spec(SPEC + "}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return attemptsShow(super.changingOutputs());
        }

        @Override
        protected int interruptions() {
            return INTERRUPTIONS;
        }
    }

    /** How often it began again shows in these. */
    static Set<String> attemptsShow(Set<String> others) {
        Set<String> all = new HashSet<>(others);
        all.addAll(Set.of("snapshots", "repeated"));
        return all;
    }

    @Nested
    class A_table_with_rows_that_are_replaced extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return CopyTableTest
                    .world(directory, items(),
                            database("CREATE TABLE items (id bigserial PRIMARY KEY, name text, price numeric)",
                                    "INSERT INTO items (name) VALUES ('old')"))
                    .spec(SPEC + ", columns: ['id', 'name', 'price'], existing: 'replace'}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return attemptsShow(super.changingOutputs());
        }

        @Override
        protected int interruptions() {
            return INTERRUPTIONS;
        }
    }

    @Nested
    class A_table_with_rows_that_stay extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return CopyTableTest
                    .world(directory, items(),
                            database("CREATE TABLE items (id bigint, name text)",
                                    "INSERT INTO items (name) VALUES ('old')"))
                    .spec(SPEC + ", columns: ['id', 'name'], existing: 'append', schema: 'check', partitions: 1}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return attemptsShow(super.changingOutputs());
        }

        @Override
        protected int interruptions() {
            return INTERRUPTIONS;
        }
    }

    @Test
    void undo_moves_a_sequence_back_that_several_attempts_have_moved(@TempDir Path directory) throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id serial)",
                "INSERT INTO items SELECT FROM generate_series(1, 10)");
        PostgresServer.Database to = database("CREATE TABLE items (id serial)", "SELECT nextval('items_id_seq')");
        try (StepWorld world = world(directory, from, to).spec(SPEC + "}")) {
            world.run();
            from.execute("SELECT nextval('items_id_seq')");
            world.run();
            assertThat(to.rows("SELECT last_value FROM items_id_seq")).containsExactly("11");
            world.undo();
            assertThat(to.rows("SELECT last_value, is_called FROM items_id_seq")).containsExactly("1|t");
        }
    }

    @Test
    void undo_moves_a_sequence_back_to_where_others_have_moved_it_between_two_attempts(@TempDir Path directory)
            throws Exception {
        PostgresServer.Database from = database("CREATE TABLE items (id serial)",
                "INSERT INTO items SELECT FROM generate_series(1, 10)");
        PostgresServer.Database to = database("CREATE TABLE items (id serial)");
        try (StepWorld world = world(directory, from, to).spec(SPEC + "}")) {
            world.run();
            to.execute("INSERT INTO items DEFAULT VALUES");
            from.execute("SELECT setval('items_id_seq', 50)");
            world.run();
            world.undo();
            assertThat(to.rows("SELECT last_value, is_called FROM items_id_seq")).containsExactly("11|t");
        }
    }

    @Test
    void a_table_arrives_with_all_that_it_has(@TempDir Path directory) throws Exception {
        PostgresServer.Database from = items();
        PostgresServer.Database to = database("CREATE TABLE kinds (id integer PRIMARY KEY)",
                "INSERT INTO kinds VALUES (0), (1), (2)");
        try (StepWorld world = world(directory, from, to).spec(SPEC + "}")) {
            assertThat(world.run().output().path("rows").asLong()).isEqualTo(282);
            assertThat(new DatabaseView(to).lines()).contains("schema godwit");
            world.forget();
            assertThat(new DatabaseView(to).lines()).isEqualTo(new DatabaseView(from).lines());
        }
    }
}
