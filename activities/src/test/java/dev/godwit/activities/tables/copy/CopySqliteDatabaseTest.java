package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** copy.database from SQLite to PostgreSQL. */
class CopySqliteDatabaseTest {
    /** Two tables that lead to each other, one without a key, one without rows, and what PostgreSQL cannot have. */
    private static final String[] PARKING = {
            "CREATE TABLE garages (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, best INTEGER"
                    + " REFERENCES spaces (id))",
            "CREATE TABLE spaces (id INTEGER PRIMARY KEY, garage INTEGER NOT NULL REFERENCES garages ON DELETE CASCADE,"
                    + " width REAL, mark BLOB)",
            "CREATE INDEX by_garage ON spaces (garage, width DESC)", "CREATE TABLE \"odd \"\"name\" (x, \"y z\" DATE)",
            "CREATE TABLE empty (a VARCHAR(3))", "CREATE VIEW wide AS SELECT * FROM spaces WHERE width > 3",
            "CREATE TRIGGER named AFTER INSERT ON garages BEGIN UPDATE garages SET best = NULL WHERE 0; END",
            "CREATE VIRTUAL TABLE words USING fts5(word)", "INSERT INTO words VALUES ('one')",
            "INSERT INTO garages SELECT 2 * i, 'garage ' || i, NULL FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
                    + " SELECT i + 1 FROM n WHERE i < 60) SELECT i FROM n)",
            "INSERT INTO spaces SELECT id + 1, id, id / 7.0, x'00ff' FROM garages",
            "UPDATE garages SET best = id + 1 WHERE id < 20",
            "INSERT INTO \"odd \"\"name\" VALUES (1, '2026-02-28'), (NULL, NULL), (1, '0044-03-15')"};

    @TempDir
    private Path temporary;

    private static StepWorld world(Path directory, PostgresServer.Database to, String... statements) throws Exception {
        CopyFromSqliteTest.execute(directory.resolve("v1.db"), statements);
        return new StepWorld(directory, "copy.database")
                .resource("v1", "{kind: 'sqlite', path: '" + directory.resolve("v1.db") + "'}")
                .resource("v2", to.resource())
                .spec("{from: 'v1', to: 'v2', batch: 20}")
                .counting(() -> CopyFromSqliteTest.contents(to))
                .counting(() -> constraints(to));
    }

    private static List<String> constraints(PostgresServer.Database to) throws Exception {
        return to.rows("SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
                + " WHERE connamespace = 'public'::regnamespace ORDER BY 1");
    }

    @Nested
    class A_database_with_all_sorts_of_things extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            PostgresServer.Database database = PostgresServer.shared().newDatabase();
            return CopySqliteDatabaseTest.world(directory, database, PARKING).closing(database);
        }

        @Override
        protected int interruptions() {
            return 200;
        }
    }

    @Test
    void all_tables_arrive_with_their_keys_and_what_has_no_counterpart_is_named() throws Exception {
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase();
                StepWorld world = world(temporary, target, PARKING)) {
            List<String> announced = world.preview().changes();
            JsonNode output = world.run().output();

            assertThat(output.path("tables").asInt()).isEqualTo(4);
            assertThat(output.path("made").asInt()).isEqualTo(4);
            assertThat(output.path("rows").asInt()).isEqualTo(123);
            assertThat(output.path("left_out")).map(JsonNode::asText)
                    .containsExactly("view wide", "virtual table words", "trigger named");
            assertThat(announced).contains("leave out view wide", "leave out trigger named",
                    "insert 60 rows into public.garages");
            assertThat(constraints(target)).containsExactly(
                    "garages FOREIGN KEY (best) REFERENCES spaces(id)", "garages PRIMARY KEY (id)",
                    "garages UNIQUE (name)", "spaces FOREIGN KEY (garage) REFERENCES garages(id) ON DELETE CASCADE",
                    "spaces PRIMARY KEY (id)");
            assertThat(target.rows("SELECT count(*), sum(id), count(best), sum(best) FROM garages"))
                    .containsExactly("60|3660|9|99");
            assertThat(target.rows("SELECT width, mark FROM spaces WHERE id = 15")).containsExactly("2|\\x00ff");
            assertThat(target.rows("SELECT x, \"y z\" FROM \"odd \"\"name\" ORDER BY 2"))
                    .containsExactly("1|0044-03-15", "1|2026-02-28", "null|null");
            target.execute("INSERT INTO garages (name) VALUES ('the next')");
            assertThat(target.rows("SELECT max(id) FROM garages")).containsExactly("121");
        }
    }

    @Test
    void a_value_that_does_not_fit_is_named_and_nothing_was_written() throws Exception {
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase();
                StepWorld world = world(temporary, target, PARKING)) {
            CopyFromSqliteTest.execute(temporary.resolve("v1.db"),
                    "INSERT INTO spaces VALUES (1000, 2, 'very wide', NULL)");

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageStartingWith("copy.database: v1:spaces, column width of the row id = 1000: ")
                    .hasMessageContaining("nothing was written");
            assertThat(target.rows("SELECT relname FROM pg_class WHERE relnamespace IN"
                    + " (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'godwit'))")).isEmpty();
        }
    }

    @Test
    void the_tables_get_the_schema_that_is_named_and_only_those_that_are_wanted_are_copied() throws Exception {
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase();
                StepWorld world = world(temporary, target, PARKING)) {
            assertThatThrownBy(world.spec("{from: 'v1', to: 'v2', schemas: ['a', 'b']}")::run)
                    .hasMessageContaining("the one schema");

            world.spec("{from: 'v1', to: 'v2', schemas: ['V 1'], include: ['V 1.*a*'], exclude: ['*odd*']}").run();
            assertThat(target.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'V 1'"
                    + " ORDER BY 1")).containsExactly("garages", "spaces");

            world.undo();
            assertThat(target.rows("SELECT nspname FROM pg_namespace WHERE nspname IN ('V 1', 'godwit')")).isEmpty();
        }
    }

    @Test
    void tables_that_are_there_are_filled_or_refused_as_copy_table_does_it() throws Exception {
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase();
                StepWorld world = world(temporary, target, "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)",
                        "INSERT INTO items VALUES (1, 'one'), (2, 'two')")) {
            target.execute("CREATE TABLE items (id bigint PRIMARY KEY, name text)",
                    "INSERT INTO items VALUES (3, 'theirs')");
            assertThatThrownBy(world::run).hasMessageContaining("holds rows");

            world.runId("11111111-again").spec("{from: 'v1', to: 'v2', existing: 'append'}").run();
            assertThat(target.rows("SELECT id, name FROM items ORDER BY id")).containsExactly("1|one", "2|two",
                    "3|theirs");
            world.undo();
            assertThat(target.rows("SELECT id, name FROM items ORDER BY id")).containsExactly("3|theirs");
        }
    }
}
