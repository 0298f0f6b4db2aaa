package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.LinkOption;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row E5: a link in each project to its active generation. */
class FilesLinksTest extends StepContract {
    private static final String ODD = " WHERE id IN ('g1', 'g3', 'g5')";

    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        StepWorld world = Generations.inSqlite(directory, "files.links").spec(spec(ODD, ", existing: 'replace'"));
        Path links = Files.createDirectories(directory.resolve("storage/active"));
        link(links.resolve("p1"), "../g3");
        return world;
    }

    @Test
    void links_are_made_and_switched_and_lead_where_they_led_after_an_undo() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            assertThat(world.preview().changes()).contains("active/p1 -> ../g1");
            assertThat(world.run().output().toString()).isEqualTo("{\"links\":3,\"missing\":0}");

            Path links = world.directory().resolve("storage/active");
            assertThat(links.resolve("p1/read me.txt")).hasContent("g1");
            assertThat(links.resolve("p2/read me.txt")).hasContent("g3");
            world.undo();
            assertThat(links.resolve("p1/read me.txt")).hasContent("g3");
            assertThat(links).isDirectoryNotContaining(path -> !path.endsWith("p1"));
        }
    }

    @Test
    void whoever_looks_while_links_are_switched_finds_the_one_or_the_other() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            Path active = world.directory().resolve("storage/active/p1/read me.txt");
            Set<Boolean> seen = ConcurrentHashMap.newKeySet();
            Thread reader = Thread.ofPlatform().start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    seen.add(Files.exists(active));
                }
            });
            for (int round = 1; round <= 20; round++) {
                world.round(round).run();
                world.undo();
            }
            reader.interrupt();
            reader.join();

            assertThat(seen).containsExactly(true);
        }
    }

    @Test
    void a_link_that_others_switched_since_is_set_aside_by_an_undo() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.run();
            Path active = world.directory().resolve("storage/active/p1");
            Files.delete(active);
            Files.createSymbolicLink(active, Path.of("../g5"));

            var setAside = world.undo().setAside();

            assertThat(Files.readSymbolicLink(active)).hasToString("../g3");
            assertThat(Files.readSymbolicLink(Path.of(setAside.getFirst().where()))).hasToString("../g5");
        }
    }

    @Test
    void a_link_that_leads_elsewhere_and_a_file_in_its_place_are_refused() throws Exception {
        try (StepWorld world = world(temporary.resolve("w")).spec(spec(ODD, ""))) {
            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("exists already");
        }
        try (StepWorld world = world(temporary.resolve("v"))) {
            Files.writeString(world.directory().resolve("storage/active/p2"), "a file");

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("exists already");
        }
    }

    @Test
    void a_row_without_a_target_stops_the_step_or_is_reported() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            Generations.execute(world.directory(), "UPDATE generations SET id = 'g9' WHERE id = 'g5'");
            String all = spec(" WHERE id NOT IN ('g2', 'g4')", ", existing: 'replace'");

            assertThatThrownBy(world.spec(all)::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("1 rows have no target in storage: g9");
            assertThat(world.spec(all.replace("existing", "missing: 'report', existing")).run().output().toString())
                    .isEqualTo("{\"links\":2,\"missing\":1}");
        }
    }

    private static String spec(String where, String more) {
        return "{in: 'storage', rows: {from: 'database', query: \"" + Generations.QUERY + where
                + "\"}, link: '\"active/\\\\(.project)\"', target: '.id'" + more + "}";
    }

    private static void link(Path link, String target) throws Exception {
        Files.createSymbolicLink(link, Path.of(target));
        Files.getFileAttributeView(link, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(FileTime.from(Instant.parse("2025-01-02T03:04:05Z")), null, null);
    }
}
