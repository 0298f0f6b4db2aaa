package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.Beats;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** copy.table from PostgreSQL to SQLite. */
class CopyToSqliteTest extends StepContract {
    @TempDir
    private Path elsewhere;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        PostgresServer.Database database = PostgresServer.shared().newDatabase();
        database.execute("CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL, price numeric(8,2))",
                "CREATE INDEX items_name ON items (name)",
                "INSERT INTO items SELECT i * 3, 'item ' || i, i / 4.0 FROM generate_series(1, 40) AS i");
        // Not in the world's directory, since its bytes differ where its rows do not.
        Path data = directory.resolveSibling("world.data");
        DurableFiles.deleteTree(data);
        Path target = Files.createDirectory(data).resolve("v2.db");
        CopyFromSqliteTest.execute(target, "CREATE TABLE other (a)", "INSERT INTO other VALUES (1)");
        return new StepWorld(directory, "copy.table").resource("v1", database.resource())
                .resource("v2", "{kind: 'sqlite', path: '" + target + "'}")
                .spec("{from: 'v1:items', to: 'v2:items', batch: 10, existing: 'append'}")
                .counting(() -> contents(data, target))
                .closing(database);
    }

    private static List<String> contents(Path data, Path target) throws Exception {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(data)) {
            files.map(file -> file.getFileName().toString()).sorted().forEach(lines::add);
        }
        lines.addAll(CopyTortureTest.rows(target, "SELECT type, name, sql FROM sqlite_master"
                + " WHERE tbl_name <> 'godwit_journal' ORDER BY type, name"));
        lines.addAll(CopyTortureTest.rows(target, "SELECT * FROM other"));
        if (lines.stream().anyMatch(line -> line.startsWith("table|items"))) {
            lines.addAll(CopyTortureTest.rows(target, "SELECT * FROM items ORDER BY id"));
        }
        return lines;
    }

    @Test
    void undo_sets_the_database_aside_if_others_wrote_into_the_table() throws Exception {
        try (StepWorld world = world(Files.createDirectory(elsewhere.resolve("w2")))) {
            world.run();
            Path target = elsewhere.resolve("world.data/v2.db");
            CopyFromSqliteTest.execute(target, "INSERT INTO items VALUES (1000, 'of others', NULL)");

            List<Path> setAside = world.undo().setAside().stream().map(each -> Path.of(each.where())).toList();

            assertThat(CopyTortureTest.rows(target, "SELECT name FROM sqlite_master WHERE name = 'items'")).isEmpty();
            assertThat(setAside).singleElement()
                    .satisfies(file -> assertThat(
                            CopyTortureTest.rows(file, "SELECT name FROM items WHERE id = 1000"))
                            .containsExactly("of others"));
        }
    }

    /** In a table of some gigabytes each of these takes longer than a step may be silent. */
    @Test
    void whatever_takes_long_says_that_the_step_lives() throws Exception {
        Beats beats = new Beats();
        try (StepWorld world = world(Files.createDirectory(elsewhere.resolve("w3")))) {
            world.host(UnaryOperator.identity()).run(world.task(), beats);
            world.host(UnaryOperator.identity()).undo(world.task(), beats);
            assertThat(beats.within()).contains("SqliteLoad.indexes", "DatabaseBefore.putBack");

            CopyFromSqliteTest.execute(elsewhere.resolve("world.data/v2.db"),
                    "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price TEXT)",
                    "INSERT INTO items VALUES (1, 'old', '1')");
            world.round(2).spec("{from: 'v1:items', to: 'v2:items', existing: 'replace'}");
            world.host(UnaryOperator.identity()).run(world.task(), beats);
            assertThat(beats.within()).contains("SqliteLoad.prepare");
        }
    }

    @Override
    protected int interruptions() {
        return 12;
    }

    @Test
    void makes_the_table_with_its_key_and_indexes_and_says_what_it_left_out() throws Exception {
        try (PostgresServer.Database source = PostgresServer.shared().newDatabase()) {
            source.execute("CREATE TABLE items (id serial, code varchar(10) UNIQUE, part integer, whole integer"
                    + " GENERATED ALWAYS AS (part * 2) STORED, CHECK (part > 0), PRIMARY KEY (code, id))",
                    "CREATE INDEX by_part ON items (part DESC, code)", "CREATE INDEX by_lower ON items (lower(code))",
                    "INSERT INTO items (code, part) VALUES ('a', 3), ('b', NULL)");
            Path target = elsewhere.resolve("target.db");
            String output;
            try (StepWorld world = new StepWorld(Files.createDirectory(elsewhere.resolve("w")), "copy.table")
                    .resource("v1", source.resource())
                    .resource("v2", "{kind: 'sqlite', path: '" + target + "'}")
                    .spec("{from: 'v1:items', to: 'v2:items'}")) {
                output = world.run().output().toString();
            }

            assertThat(CopyTortureTest.rows(target, "SELECT * FROM items ORDER BY id"))
                    .containsExactly("1|a|3|6", "2|b|null|null");
            assertThat(CopyTortureTest.rows(target, "SELECT sql FROM sqlite_master WHERE name IN ('items', 'by_part',"
                    + " 'items_code_key') ORDER BY name")).containsExactly(
                            "CREATE INDEX \"by_part\" ON \"items\" (\"part\", \"code\")",
                            "CREATE TABLE \"items\" (\"id\" INTEGER NOT NULL, \"code\" TEXT NOT NULL, \"part\" INTEGER,"
                                    + " \"whole\" INTEGER, PRIMARY KEY (\"code\", \"id\"))",
                            "CREATE UNIQUE INDEX \"items_code_key\" ON \"items\" (\"code\")");
            assertThat(output).contains("generated column whole", "default of column id", "CHECK ((part > 0))",
                    "the index by_lower");
        }
    }
}
