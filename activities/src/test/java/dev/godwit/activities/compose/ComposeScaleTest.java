package dev.godwit.activities.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComposeScaleTest {
    private static final String SPEC = "{compose: 'plates', services: {web: 2}}";

    @Nested
    class Contract extends ComposeContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "compose.scale").spec(SPEC);
            Project.in(world, Project.IDLE).up();
            return world;
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void as_many_as_asked_run_and_then_as_many_as_before() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE).up();

            assertThat(world.preview().changes()).containsExactly("would run 2 of web instead of 1");
            assertThat(world.run().output().at("/now/web").intValue()).isEqualTo(2);
            assertThat(project.containers()).containsExactly("cache running busybox:1", "web running busybox:1",
                    "web running busybox:1");

            world.undo();
            assertThat(project.containers()).containsExactly("cache running busybox:1", "web running busybox:1");
        }
    }

    @Test
    void a_service_that_the_project_does_not_have_is_named() throws Exception {
        try (StepWorld world = world()) {
            Project.in(world, Project.IDLE).up();

            assertThatThrownBy(() -> world.spec("{compose: 'plates', services: {webb: 2}}").run())
                    .hasMessageContaining("no service 'webb'; it has cache, web");
        }
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "compose.scale").spec(SPEC);
    }
}
