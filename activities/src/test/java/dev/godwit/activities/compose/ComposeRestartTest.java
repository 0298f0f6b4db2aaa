package dev.godwit.activities.compose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class ComposeRestartTest {
    private static final String SPEC = "{compose: 'plates', services: ['web']}";

    @Nested
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true", disabledReason = ComposeContract.LONG)
    class Contract extends ComposeContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "compose.restart").spec(SPEC);
            Project.in(world, Project.IDLE).up();
            return world;
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void the_same_container_runs_anew_once_however_often_the_step_is_retried() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE).up();
            String before = project.started("web");

            world.run();
            String after = project.started("web");
            assertThat(after).isNotEqualTo(before);

            world.run();
            assertThat(project.started("web")).isEqualTo(after);
        }
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "compose.restart").spec(SPEC);
    }
}
