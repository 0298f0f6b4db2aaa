package dev.godwit.activities.documents;

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
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link LoadDocuments} into PostgreSQL. */
class LoadDocumentsToPostgresTest {
    private static final String ROWS = ".items | to_entries[] | {source: $file, n: .key, plate: .value.plate,"
            + " confidence: .value.confidence, item: .value}";
    private static final String COLUMNS = "{source: 'text!', n: 'integer!', plate: 'text', confidence: 'real',"
            + " item: 'json'}";
    private static final String ALL = "SELECT source, n, plate, confidence, item FROM items ORDER BY source, n";

    @TempDir
    private Path directory;

    private PostgresServer.Database database;
    private StepWorld world;

    @BeforeEach
    void documents_and_a_database() throws Exception {
        database = PostgresServer.shared().newDatabase();
        world = world(Files.createDirectory(directory.resolve("world")), database, "");
    }

    @AfterEach
    void drop() throws SQLException {
        database.close();
    }

    private static StepWorld world(Path place, PostgresServer.Database database, String more) throws Exception {
        documents(place, 5);
        return new StepWorld(place, "load.documents").directory("from", place)
                .resource("db", database.resource())
                .counting(() -> view(database))
                .spec(spec(more));
    }

    private static String spec(String more) {
        return "{from: 'from', to: 'db:items', rows: '" + ROWS + "', columns: " + COLUMNS
                + ", key: ['source', 'n'], batch: 2" + more + "}";
    }

    private static void documents(Path place, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            Files.writeString(place.resolve("d" + i + ".json"),
                    "{\"items\": [{\"plate\": \"Ж" + i + "\", \"confidence\": 0.9" + i
                            + "}, {\"big\": 18446744073709551617}]}");
        }
    }

    /** Everything in the database but what Godwit remembers there. */
    private static List<String> view(PostgresServer.Database database) throws SQLException {
        List<String> tables = database.rows("SELECT table_name FROM information_schema.tables"
                + " WHERE table_schema = 'public' ORDER BY 1");
        if (tables.contains("items")) {
            tables.addAll(database.rows(ALL));
        }
        return tables;
    }

    @Nested
    class Into_a_new_table extends StepContract {
        @Override
        protected StepWorld world(Path place) throws Exception {
            PostgresServer.Database own = PostgresServer.shared().newDatabase();
            StepWorld world = LoadDocumentsToPostgresTest.world(place, own,
                    ", corrupt: 'quarantine', quarantine: 'from:quarantine'").closing(own);
            Files.writeString(place.resolve("d2x.json"), "{");
            return world;
        }
    }

    @Nested
    class As_a_second_pass extends StepContract {
        @Override
        protected StepWorld world(Path place) throws Exception {
            PostgresServer.Database own = PostgresServer.shared().newDatabase();
            own.execute("CREATE TABLE items (source text, n int, plate varchar, confidence float8, item json,"
                    + " note text DEFAULT 'none', PRIMARY KEY (n, source))",
                    "INSERT INTO items VALUES ('d0.json', 0, 'Ж0', 0.90, '{\"plate\":\"Ж0\",\"confidence\":0.90}', 'same'),"
                            + " ('d1.json', 1, 'old', NULL, NULL, 'replaced'), ('other', 0, NULL, NULL, NULL, NULL)");
            return LoadDocumentsToPostgresTest.world(place, own, ", existing: 'update'").closing(own);
        }
    }

    @Test
    void values_are_exact() throws Exception {
        world.run();

        assertThat(database.rows(ALL)).startsWith(
                "d0.json|0|Ж0|0.9|{\"plate\": \"Ж0\", \"confidence\": 0.90}",
                "d0.json|1|null|null|{\"big\": 18446744073709551617}").hasSize(10);
        assertThat(database.rows("SELECT pg_typeof(item), pg_typeof(n) FROM items LIMIT 1"))
                .containsExactly("jsonb|bigint");
    }

    @Test
    void the_character_zero_is_refused_with_its_place_and_nothing_is_left() throws Exception {
        Files.writeString(directory.resolve("world/d4.json"), "{\"items\": [{}, {\"deep\": [{\"x\\u0000\": 1}]}]}");

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                .hasMessageContaining("d4.json, row 2, column item")
                .hasMessageContaining("U+0000");
        world.undo();

        assertThat(view(database)).isEmpty();
    }

    @Test
    void a_column_of_type_json_keeps_the_character_zero_as_an_escape() throws Exception {
        database.execute("CREATE TABLE items (source text, n int, plate text, confidence float8, item json,"
                + " PRIMARY KEY (source, n))");
        Files.writeString(directory.resolve("world/d4.json"), "{\"items\": [{\"x\": \"\\u0000\"}]}");

        world.run();

        assertThat(database.rows("SELECT item FROM items WHERE source = 'd4.json'"))
                .containsExactly("{\"x\":\"\\u0000\"}");
    }

    @Test
    void an_integer_that_the_column_cannot_hold_is_refused_with_its_place() throws Exception {
        database.execute("CREATE TABLE small (source text, n smallint)");
        world.spec("{from: 'from', to: 'db:small', rows: '{source: $file, n: 40000}',"
                + " columns: {source: 'text', n: 'integer'}}");

        assertThatThrownBy(world::run).hasMessageContaining("d0.json, row 1, column n")
                .hasMessageContaining("int2");
    }

    @Test
    void two_documents_with_one_key_are_both_named() {
        world.spec(
                "{from: 'from', to: 'db:items', rows: '{k: (if $file == \"d4.json\" then \"d1.json\" else $file end)}',"
                        + " columns: {k: 'text'}, key: ['k'], batch: 2}");

        assertThatThrownBy(world::preview).hasMessageContaining("is in both d1.json, row 1 and d4.json, row 1");
        assertThatThrownBy(world::run).hasMessageContaining("is in both d1.json, row 1 and d4.json, row 1");
    }

    @Test
    void a_row_that_the_table_held_before_is_refused_by_name_also_by_the_preview() throws Exception {
        world.run();
        StepWorld second = world.round(2).spec(spec(""));

        assertThatThrownBy(second::run).hasMessageContaining("d0.json, row 1").hasMessageContaining("before");
        assertThatThrownBy(second::preview).hasMessageContaining("d0.json, row 1").hasMessageContaining("before");
    }

    @Test
    void a_second_pass_counts_as_its_preview_predicts() throws Exception {
        world.run();
        documents(directory.resolve("world"), 6);
        Files.writeString(directory.resolve("world/d3.json"),
                "{\"items\": [{\"plate\": \"new\", \"confidence\": 0.93}]}");
        world.round(2).spec(spec(", existing: 'update'"));

        JsonNode predicted = world.preview().output().orElseThrow();
        JsonNode output = world.run().output();

        assertThat(output.toString())
                .isEqualTo("{\"documents\":6,\"corrupt\":0,\"rows\":11,\"unchanged\":8,\"replaced\":1}");
        assertThat(predicted).isEqualTo(output);
        assertThat(database.rows("SELECT plate FROM items WHERE source = 'd3.json' AND n = 0")).containsExactly("new");
    }

    @Test
    void undo_sets_aside_the_rows_of_others_and_drops_the_table_it_made() throws Exception {
        world.run();
        database.execute("INSERT INTO items VALUES ('of others', 1)");

        assertThat(world.undo().setAside()).singleElement()
                .satisfies(aside -> assertThat(Path.of(aside.where())).content().contains("of others"));
        assertThat(view(database)).isEmpty();
        assertThat(database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'godwit'")).isEmpty();
    }

    @Test
    void undo_puts_back_what_it_replaced_and_sets_aside_what_others_made_of_it() throws Exception {
        database.execute("CREATE TABLE items (source text, n int, plate text, confidence float8, item jsonb,"
                + " PRIMARY KEY (source, n))", "INSERT INTO items VALUES ('d0.json', 0, 'first')");
        List<String> before = view(database);
        world.spec(spec(", existing: 'update'")).run();
        database.execute("UPDATE items SET plate = 'by others' WHERE source = 'd0.json' AND n = 0");

        assertThat(world.undo().setAside()).singleElement()
                .satisfies(aside -> assertThat(Path.of(aside.where())).content().contains("by others"));
        assertThat(view(database)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NO ACTION", "CASCADE"})
    void undo_leaves_rows_that_refer_to_the_ones_it_puts_back(String action) throws Exception {
        database.execute("CREATE TABLE items (source text, n int, plate text, confidence float8, item jsonb,"
                + " id int GENERATED ALWAYS AS IDENTITY, note text, PRIMARY KEY (source, n))",
                "INSERT INTO items (source, n, plate, note) VALUES ('d0.json', 0, 'first', 'a'), ('d3.json', 0, 'gone', 'b')",
                "CREATE TABLE payments (source text, n int, FOREIGN KEY (source, n) REFERENCES items ON DELETE "
                        + action
                        + ")",
                "INSERT INTO payments VALUES ('d0.json', 0)");
        List<String> before = database.rows("SELECT * FROM items ORDER BY source");
        world.spec(spec(", existing: 'update'")).run();
        database.execute("DELETE FROM items WHERE source = 'd3.json' AND n = 0",
                "UPDATE items SET note = 'theirs' WHERE source = 'd0.json' AND n = 0");

        world.undo();

        assertThat(database.rows("SELECT * FROM items WHERE note IS NOT NULL ORDER BY source")).isEqualTo(before);
        assertThat(database.rows("SELECT * FROM payments")).containsExactly("d0.json|0");
    }

    @Test
    void undo_puts_values_back_that_have_moved_from_row_to_row_unless_others_refer_to_these() throws Exception {
        database.execute("CREATE TABLE items (source text, n int, plate text UNIQUE, confidence float8, item jsonb,"
                + " PRIMARY KEY (source, n))", "INSERT INTO items VALUES ('d0.json', 0, 'Ж4'), ('d4.json', 0, 'last')",
                "CREATE TABLE payments (source text, n int, FOREIGN KEY (source, n) REFERENCES items"
                        + " ON DELETE CASCADE)");
        List<String> before = database.rows(ALL);
        world.spec(spec(", existing: 'update'")).run();
        database.execute("INSERT INTO payments VALUES ('d0.json', 0)");

        assertThatThrownBy(world::undo).hasMessageContaining("rows of public.payments refer to rows of public.items");
        assertThat(database.rows("SELECT * FROM payments")).containsExactly("d0.json|0");

        database.execute("DELETE FROM payments");
        world.undo();
        assertThat(database.rows(ALL)).isEqualTo(before);
    }

    @Test
    void what_others_change_while_it_is_replaced_is_what_undo_puts_back() throws Exception {
        database.execute("CREATE TABLE items (source text, n int, plate text, confidence float8, item jsonb,"
                + " PRIMARY KEY (source, n))", "INSERT INTO items VALUES ('d0.json', 0, 'first')");
        world.spec(spec(", existing: 'update'"));
        try (Connection others = database.connect(); Statement statement = others.createStatement()) {
            others.setAutoCommit(false);
            statement.execute("UPDATE items SET plate = 'by others'");
            CompletableFuture<Void> load = CompletableFuture.runAsync(world::run, Thread::startVirtualThread);
            while (database.rows("SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND wait_event_type = 'Lock'").isEmpty() && !load.isDone()) {
                Thread.onSpinWait();
            }
            others.commit();
            load.join();
        }
        assertThat(database.rows("SELECT plate FROM items WHERE source = 'd0.json' AND n = 0"))
                .containsExactly("Ж0");

        world.undo();

        assertThat(database.rows("SELECT plate FROM items")).containsExactly("by others");
    }

    @Test
    void finalizing_leaves_nothing_of_godwit_in_the_database() throws Exception {
        database.execute("CREATE TABLE items (source text, n int, plate text, confidence float8, item jsonb,"
                + " PRIMARY KEY (source, n))", "INSERT INTO items VALUES ('d0.json', 0, 'first')");
        world.spec(spec(", existing: 'update'")).run();

        world.forget();

        assertThat(database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'godwit'")).isEmpty();
        assertThat(database.rows(ALL)).hasSize(10);
    }

    @Test
    void a_column_whose_type_could_change_values_is_refused() throws Exception {
        database.execute("CREATE TABLE items (source char(10), n int, plate text, confidence float4, item jsonb)");

        assertThatThrownBy(world::run).hasMessageContaining("the column source").hasMessageContaining("character(10)");
    }
}
