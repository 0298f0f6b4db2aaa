package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.LiveHeap;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten times the generations take no more memory, and all of them come back; in the long form, with
 * {@code -Dgodwit.long=true}, there are 50,000.
 */
class OrganizeMemoryTest {
    private static final int MANY = Boolean.getBoolean("godwit.long") ? 50_000 : 3_000;
    private static final int PROJECTS = 100;
    private static final double MOST = 1.2;
    /** What one measurement differs from the next by itself; all names at once would take more than that. */
    private static final long NOISE = 2 << 20;

    @TempDir
    private Path temporary;

    @Test
    void memory_stays_flat_and_everything_comes_back() throws Exception {
        peak("warm", MANY / 10); // Classes and caches come with the first one.

        long one = peak("one", MANY / 10);
        long ten = peak("ten", MANY);

        assertThat(ten).as("%d bytes with %d generations", one, MANY / 10).isLessThan((long) (MOST * one) + NOISE);
    }

    /** How much more is alive at most, while generations are organized, described, linked and taken back, than before. */
    private long peak(String name, int generations) throws Exception {
        Path directory = Files.createDirectories(temporary.resolve(name));
        make(directory, generations);
        List<String> before = TreeSnapshot.of(directory.resolve("storage"), true);
        String source = "in: 'storage', rows: {from: 'database', query: 'SELECT id, project, version FROM generations'}";
        StepWorld organize = world(directory, "files.organize", "organize")
                .spec("{" + source + ", file: '.id, \"\\\\(.id).zip\"', by: '" + Generations.PLACE + "'}");
        StepWorld manifests = world(directory, "files.manifest", "manifests").spec("{" + source + ", file: '"
                + Generations.PLACE + " + \"/manifest.json\"', json: '{id, version, files: $files}'}");
        StepWorld links = world(directory, "files.links", "links")
                .spec("{" + source.replace("FROM generations", "FROM generations WHERE active") + ", link: '"
                        + "\"projects/\\\\(.project)/active\"', target: '" + Generations.PLACE + "'}");
        long most;
        try (LiveHeap heap = new LiveHeap()) {
            assertThat(organize.run().output().get("files").asInt()).isEqualTo(generations);
            assertThat(manifests.run().output().get("files").asInt()).isEqualTo(generations);
            assertThat(links.run().output().get("links").asInt()).isEqualTo(PROJECTS);
            links.undo();
            manifests.undo();
            organize.undo();
            most = heap.peak();
        }
        assertThat(TreeSnapshot.of(directory.resolve("storage"), true)).isEqualTo(before);
        return most;
    }

    private static StepWorld world(Path directory, String uses, String state) throws Exception {
        return new StepWorld(Files.createDirectories(directory.resolve(state)), uses)
                .directory("storage", directory.resolve("storage"))
                .resource("database", "{kind: 'sqlite', path: '" + directory.resolve("codebegen.db") + "'}");
    }

    private static void make(Path directory, int generations) throws Exception {
        Path storage = Files.createDirectories(directory.resolve("storage"));
        try (Connection connection = Generations.sqlite(directory);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE generations (id text PRIMARY KEY, project text, version integer, active)");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection
                    .prepareStatement("INSERT INTO generations VALUES (?, ?, ?, ?)")) {
                for (int i = 0; i < generations; i++) {
                    String id = "generation-%08x".formatted(Integer.reverse(i));
                    insert.setString(1, id);
                    insert.setString(2, "p" + i % PROJECTS);
                    insert.setInt(3, 1 + i / PROJECTS);
                    insert.setBoolean(4, i >= generations - PROJECTS);
                    insert.executeUpdate();
                    if (i % 25 == 0) {
                        Files.writeString(storage.resolve(id + ".zip"), id);
                    } else {
                        Files.writeString(Files.createDirectory(storage.resolve(id)).resolve("main.py"), id);
                    }
                }
            }
            connection.commit();
        }
    }
}
