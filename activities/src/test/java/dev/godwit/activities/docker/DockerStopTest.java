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

class DockerStopTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            StepWorld world = new StepWorld(directory, "docker.stop");
            TestDocker docker = TestDocker.in(world, "busybox:1");
            docker.start("api", "--init", "--restart", "always", "busybox:1", "sleep", "1000");
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
        world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "docker.stop");
        docker = TestDocker.in(world, "busybox:1");
        name = docker.named("api");
        world.spec("{container: 'engine:%s', grace: '1s', health: {command: ['true']}}".formatted(name));
    }

    @AfterEach
    void tidy() {
        world.close();
    }

    @Test
    void a_container_that_does_not_end_by_itself_is_killed_after_the_grace_period() {
        docker.start("api", "busybox:1", "sh", "-c", "trap '' TERM; sleep 1000");

        world.run();

        assertThat(TestDocker.state(name, ".State.ExitCode")).isEqualTo("137");
    }

    @Test
    void what_did_not_run_is_not_started_by_the_undo() {
        docker.start("api", "--init", "busybox:1", "sleep", "1000");
        TestDocker.docker("stop", name);

        assertThat(world.run().output().get("was_running").asBoolean()).isFalse();
        world.undo();

        assertThat(TestDocker.runs(name)).isFalse();
    }

    @Test
    void a_container_that_would_vanish_or_is_not_there_is_refused() {
        assertThatThrownBy(world::run).hasMessageContaining("there is no container " + name);
        docker.start("api", "--rm", "--init", "busybox:1", "sleep", "1000");

        assertThatThrownBy(world::run).hasMessageContaining("removed when it ends");

        assertThat(TestDocker.runs(name)).isTrue();
    }

    @Test
    void an_undo_leaves_another_container_of_the_same_name_alone_and_says_that_the_old_one_is_gone() {
        docker.start("api", "--init", "busybox:1", "sleep", "1000");
        world.run();
        TestDocker.docker("rm", name);
        String foreign = TestDocker.docker("create", "--name", name, "busybox:1", "sleep", "1000");

        assertThatThrownBy(world::undo).hasMessageContaining("has been removed by someone else");

        assertThat(TestDocker.state(name, ".Id")).isEqualTo(foreign);
        assertThat(TestDocker.runs(name)).isFalse();
    }

    @Test
    void a_container_that_does_not_come_back_is_reported_with_its_last_words() {
        docker.start("api", "--init", "busybox:1", "sh", "-c",
                "[ ! -e /once ] || { echo the lock is held; exit 5; }; touch /once; sleep 1000");
        world.run();

        assertThatThrownBy(world::undo).hasMessageContaining("exit code 5").hasMessageContaining("the lock is held");
    }
}
