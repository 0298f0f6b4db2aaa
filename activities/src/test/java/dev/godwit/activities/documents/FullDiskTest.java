package dev.godwit.activities.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows A4 and A5 where the disk is too small. */
class FullDiskTest {
    @TempDir
    private Path directory;

    private Path disk;
    private boolean mounted;

    @BeforeEach
    void make_a_small_disk_and_large_documents() throws Exception {
        disk = Files.createDirectory(directory.resolve("disk"));
        mounted = run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk.toString());
        Needed.part(mounted, "to mount a tmpfs: run it as root, with the right to mount");
        Path sessions = Files.createDirectory(directory.resolve("sessions"));
        for (int i = 0; i < 40; i++) {
            Files.writeString(sessions.resolve("s" + i + ".json"), "{\"text\": \"" + "x".repeat(20_000) + "\"}");
        }
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", disk.toString())).isTrue();
        }
    }

    @Test
    void a_copy_says_so_and_undo_leaves_nothing() throws Exception {
        StepWorld world = world("copy.documents").spec("{from: 'home:sessions', to: 'disk:v2', batch: 5}");
        List<String> before = TreeSnapshot.of(disk, true);

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("disk is full");
        try (Stream<Path> written = Files.list(disk.resolve("v2"))) {
            assertThat(written).isNotEmpty().allSatisfy(file -> {
                assertThat(file.getFileName().toString()).startsWith("s").endsWith(".json");
                assertThat(Json.read(Files.readString(file), JsonNode.class).get("text").asText()).hasSize(20_000);
            });
        }
        world.undo();

        assertThat(TreeSnapshot.of(disk, true)).isEqualTo(before);
    }

    @Test
    void a_load_says_so_and_undo_leaves_nothing() throws Exception {
        StepWorld world = world("load.documents").resource("db", "{kind: 'sqlite', directory: 'disk', file: 'x.db'}")
                .spec("{from: 'home:sessions', to: 'db:t', rows: '.', columns: {text: 'text'}, batch: 5}");
        List<String> before = TreeSnapshot.of(disk, true);

        assertThatThrownBy(world::run).isInstanceOf(StepFailure.class).hasMessageContaining("disk is full");
        assertThat(Databases.rows(disk.resolve("x.db"), "PRAGMA integrity_check")).containsExactly("ok");
        assertThat(Databases.rows(disk.resolve("x.db"), "SELECT count(*) % 5 FROM t")).containsExactly("0");
        world.undo();

        assertThat(TreeSnapshot.of(disk, true)).isEqualTo(before);
    }

    private StepWorld world(String uses) {
        return new StepWorld(directory, uses).directory("home", directory).directory("disk", disk);
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
