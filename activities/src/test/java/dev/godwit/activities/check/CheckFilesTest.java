package dev.godwit.activities.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row A1. */
class CheckFilesTest extends StepContract {
    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        Files.createDirectories(directory.resolve("data/videos"));
        Files.writeString(directory.resolve("data/a.json"), "{}");
        Files.writeString(directory.resolve("data/b.json"), "{}");
        return new StepWorld(directory, "check.files").directory("home", directory)
                .spec("{in: 'home', directories: ['data', 'data/videos'], counts: {json: '**/*.json', top: '*'}}");
    }

    @Test
    void counts_by_pattern() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            assertThat(world.run().output()).hasToString("{\"missing\":[],\"counts\":{\"json\":2,\"top\":0}}");
        }
    }

    @Test
    void all_that_is_missing_is_named() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.spec("{in: 'home', directories: ['data/a.json', 'logs'], files: ['.env']}");

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("lacks data/a.json, logs, .env");
        }
    }

    @Test
    void what_is_missing_can_be_reported_instead() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"))) {
            world.spec("{in: 'home', files: ['.env'], missing: 'report'}");

            assertThat(world.run().output().path("missing")).hasToString("[\".env\"]");
        }
    }
}
