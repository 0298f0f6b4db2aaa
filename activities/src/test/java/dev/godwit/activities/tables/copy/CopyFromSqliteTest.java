package dev.godwit.activities.tables.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.database.PostgresServer;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** copy.table from SQLite to PostgreSQL. */
public class CopyFromSqliteTest extends StepContract {

    @TempDir
    private Path elsewhere;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        PostgresServer.Database database = PostgresServer.shared().newDatabase();
        execute(directory.resolve("v1.db"),
                "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, price DECIMAL(8,2))",
                "CREATE INDEX items_name ON items (name)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
                        + " INSERT INTO items SELECT i * 3, 'item ' || i, i / 4.0 FROM n");
        return new StepWorld(directory, "copy.table")
                .resource("v1", "{kind: 'sqlite', path: '" + directory.resolve("v1.db") + "'}")
                .resource("v2", database.resource())
                .spec("{from: 'v1:items', to: 'v2:public.items', batch: 10, partitions: 2, existing: 'append'}")
                .counting(() -> contents(database))
                .closing(database);
    }

    @Override
    protected int interruptions() {
        return 12;
    }

    @Test
    void makes_the_table_with_its_key_index_and_a_sequence_that_goes_on_behind_the_last_number() throws Exception {
        try (PostgresServer.Database target = PostgresServer.shared().newDatabase()) {
            Path source = elsewhere.resolve("a.db");
            execute(source, "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
                    "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, code VARCHAR(10) UNIQUE, parent INT"
                            + " REFERENCES parents ON DELETE CASCADE, active BOOLEAN NOT NULL DEFAULT 1,"
                            + " made TIMESTAMP DEFAULT CURRENT_TIMESTAMP, total DECIMAL(10,2) DEFAULT 0,"
                            + " note DEFAULT (random()))",
                    "CREATE INDEX by_parent ON items (parent, code DESC)",
                    "CREATE INDEX by_part ON items (code) WHERE parent > 3", "INSERT INTO parents VALUES (1)",
                    "INSERT INTO items VALUES (7, 'a', 1, 0, '2026-03-01 12:00:00', 1.5, 'x')",
                    "INSERT INTO items VALUES (9, 'b', NULL, 1, NULL, NULL, NULL)", "DELETE FROM items WHERE id = 9");
            target.execute("CREATE TABLE parents (id bigint PRIMARY KEY)", "INSERT INTO parents VALUES (1)");

            run(source, target, "from: 'v1:items', to: 'v2:items'");

            target.execute("INSERT INTO items (code) VALUES ('c')");
            assertThat(target.rows("SELECT id, code, parent, active, total, note FROM items ORDER BY id"))
                    .containsExactly("7|a|1|f|1.50|x", "10|c|null|t|0.00|null");
            assertThat(target.rows("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid ="
                    + " 'items'::regclass ORDER BY 1")).containsExactly(
                            "FOREIGN KEY (parent) REFERENCES parents(id) ON DELETE CASCADE", "PRIMARY KEY (id)",
                            "UNIQUE (code)");
            assertThat(target.rows("SELECT indexdef FROM pg_indexes WHERE indexname = 'by_parent'"))
                    .containsExactly("CREATE INDEX by_parent ON public.items USING btree (parent, code DESC)");
        }
    }

    /** Runs a copy of a source to its end. */
    private void run(Path source, PostgresServer.Database target, String spec) throws Exception {
        Path directory = java.nio.file.Files.createTempDirectory(elsewhere, "world").resolve("w");
        java.nio.file.Files.createDirectory(directory);
        try (StepWorld world = new StepWorld(directory, "copy.table")
                .resource("v1", "{kind: 'sqlite', path: '" + source + "'}")
                .resource("v2", target.resource())
                .spec("{" + spec + "}")) {
            world.run();
        }
    }

    /** What is in a database, without what the journal keeps. */
    static List<String> contents(PostgresServer.Database database) throws Exception {
        List<String> lines = new ArrayList<>(database.rows(
                "SELECT table_name, column_name, data_type, is_nullable, is_identity FROM information_schema.columns"
                        + " WHERE table_schema = 'public' ORDER BY 1, ordinal_position"));
        lines.addAll(database.rows("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"));
        for (String table : database.rows("SELECT table_name FROM information_schema.tables"
                + " WHERE table_schema = 'public' ORDER BY 1")) {
            lines.addAll(database.rows("SELECT t::text FROM \"" + table.replace("\"", "\"\"") + "\" t ORDER BY 1"));
        }
        return lines;
    }

    public static void execute(Path file, String... statements) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
