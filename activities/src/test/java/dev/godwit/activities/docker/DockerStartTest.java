package dev.godwit.activities.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerStartTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            StepWorld world = new StepWorld(directory, "docker.start");
            TestDocker docker = TestDocker.in(world, "busybox:1");
            TestDocker.docker("create", "--init", "--name", docker.named("api"), "busybox:1", "sleep", "1000");
            return world.spec("{container: 'engine:" + docker.named("api") + "', health: {command: ['true']}}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("id");
        }

        @Override
        protected int interruptions() {
            return 10;
        }
    }

    @TempDir
    private Path temporary;

    private StepWorld world;
    private TestDocker docker;
    private String name;

    @BeforeEach
    void start_with_an_engine() throws Exception {
        world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "docker.start");
        docker = TestDocker.in(world, "busybox:1");
        name = docker.named("api");
        world.spec("{container: 'engine:%s', health: {command: ['true']}}".formatted(name));
    }

    @AfterEach
    void tidy() {
        world.close();
    }

    @Test
    void what_ran_already_runs_on_also_after_the_undo() {
        docker.start("api", "--init", "busybox:1", "sleep", "1000");

        assertThat(world.run().output().get("was_running").asBoolean()).isTrue();
        world.undo();

        assertThat(TestDocker.runs(name)).isTrue();
    }

    @Test
    void a_container_that_is_not_there_or_ends_at_once_is_reported() {
        assertThatThrownBy(world::run).hasMessageContaining("there is no container " + name);
        TestDocker.docker("create", "--name", name, "busybox:1", "sh", "-c", "echo no licence; exit 9");

        world.spec("{container: 'engine:%s'}".formatted(name));
        assertThatThrownBy(world::run).hasMessageContaining("exit code 9").hasMessageContaining("no licence");
    }
}
