package dev.godwit.activities.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.host.TreeSnapshot;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row A2. */
class BackupFilesTest {
    static final String NAME = "plan-20260301T120000Z-0c7f9a52-step";

    @TempDir
    private Path temporary;

    @Nested
    class VerifiedByARestore extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            return home(directory);
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("seconds", "restore_seconds");
        }
    }

    @Test
    void keeps_the_files_and_says_what_they_are() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            JsonNode output = world.run().output();

            Path backup = Backups.of(world).resolve(output.path("name").textValue());
            assertThat(output.path("name").textValue()).isEqualTo(NAME);
            assertThat(output.path("files").asLong()).isEqualTo(4);
            assertThat(output.path("kinds")).hasToString("{\"json\":2,\"log\":1,\"other\":1}");
            assertThat(Files.getLastModifiedTime(backup.resolve("tree/data/a.json")))
                    .isEqualTo(Files.getLastModifiedTime(world.directory().resolve("v1/data/a.json")));
            JsonNode inventory = Json.read(Files.readString(backup.resolve("inventory.json")), JsonNode.class);
            assertThat(inventory.path("entries").findValuesAsText("path")).contains(".env", "data/", "data/empty/",
                    "data/a.json");
        }
    }

    @Test
    void the_source_is_untouched_and_what_is_excluded_is_left_out() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            List<String> before = TreeSnapshot.of(world.directory().resolve("v1"), true);
            world.run();

            assertThat(TreeSnapshot.of(world.directory().resolve("v1"), true)).isEqualTo(before);
            assertThat(Backups.of(world).resolve(NAME + "/tree/V1.java")).doesNotExist();
        }
    }

    @Test
    void a_backup_within_what_it_backs_up_is_refused() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            assertThatThrownBy(world.spec("{from: 'v1', to: 'v1:backups'}")::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("lies within");
        }
    }

    @Test
    void choosing_nothing_is_a_failure_and_leaves_nothing() throws Exception {
        try (StepWorld world = home(temporary.resolve("w"))) {
            assertThatThrownBy(world.spec("{from: 'v1', to: 'backups', include: ['nothing']}")::run)
                    .isInstanceOf(StepFailure.class)
                    .hasMessageContaining("correct include and exclude");
            assertThat(Backups.of(world).resolve(NAME)).doesNotExist();
        }
    }

    static StepWorld home(Path directory) throws Exception {
        Path home = Files.createDirectories(directory.resolve("v1"));
        Files.createDirectories(home.resolve("data/empty"));
        Files.createDirectories(home.resolve("logs"));
        Files.writeString(home.resolve("V1.java"), "not backed up");
        Files.writeString(home.resolve(".env"), "PORT=8000\n");
        Files.writeString(home.resolve("logs/v1.log"), "started\n");
        Files.writeString(home.resolve("data/a.json"), "{}");
        Files.writeString(home.resolve("data/b.json"), "{ }");
        try (Stream<Path> tree = Files.walk(home)) {
            for (Path path : tree.toList()) {
                Files.setLastModifiedTime(path, FileTime.from(Instant.parse("2025-06-10T08:00:00.123456789Z")));
            }
        }
        return new StepWorld(directory, "backup.files").directory("v1", home)
                .directory("backups", Backups.of(directory))
                .counting(() -> Backups.lines(Backups.of(directory)))
                .spec("{from: 'v1', include: ['data/**', 'logs/**', '.env'], to: 'backups', verify: 'restore'}");
    }
}
