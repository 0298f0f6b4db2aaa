package dev.godwit.activities.compose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class ComposeStopTest {
    private static final String SPEC = "{compose: 'plates', services: ['web']}";

    @Nested
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true", disabledReason = ComposeContract.LONG)
    class Contract extends ComposeContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "compose.stop").spec(SPEC);
            Project.in(world, Project.IDLE).up();
            return world;
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void the_service_stops_and_the_others_run() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE).up();

            assertThat(world.run().output().at("/running/web").intValue()).isOne();
            assertThat(project.containers()).containsExactly("cache running busybox:1", "web exited busybox:1");

            world.undo();
            assertThat(project.containers()).containsExactly("cache running busybox:1", "web running busybox:1");
        }
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "compose.stop").spec(SPEC);
    }
}
