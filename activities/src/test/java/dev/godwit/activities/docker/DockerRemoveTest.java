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

class DockerRemoveTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            StepWorld world = new StepWorld(directory, "docker.remove");
            TestDocker docker = TestDocker.in(world, "busybox:1");
            docker.start("api", "--init", "busybox:1", "sleep", "1000");
            return world.spec("{container: 'engine:" + docker.named("api") + "', health: {command: ['true']}}");
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("set_aside");
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
    private String image;

    @BeforeEach
    void start_with_an_engine() throws Exception {
        world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "docker.remove");
        docker = TestDocker.in(world, "busybox:1");
        name = docker.named("api");
        image = docker.named("image") + ":5";
        TestDocker.docker("create", "--name", docker.named("base"), "busybox:1", "true");
        TestDocker.docker("commit", docker.named("base"), image);
        TestDocker.docker("rm", docker.named("base"));
        docker.start("api", "--init", image, "sleep", "1000");
        world.spec("{container: 'engine:%s', image: true, health: {command: ['true']}}".formatted(name));
    }

    @AfterEach
    void tidy() {
        world.close();
    }

    @Test
    void until_the_run_is_finalized_the_container_is_only_set_aside_and_then_it_goes_with_its_image() {
        String aside = world.run().output().get("set_aside").asText();
        assertThat(TestDocker.exists(name)).isFalse();
        assertThat(TestDocker.exists(aside)).isTrue();
        assertThat(docker.lines()).contains("image image:5");

        world.forget();
        world.forget();

        assertThat(docker.lines()).isEmpty();
    }

    @Test
    void an_image_that_another_container_needs_stays() {
        docker.start("other", "--init", image, "sleep", "1000");
        world.run();

        world.forget();

        assertThat(TestDocker.runs(docker.named("other"))).isTrue();
        assertThat(docker.lines()).contains("image image:5");
    }

    @Test
    void the_name_of_its_image_stays_if_it_leads_to_another_one_by_then() {
        TestDocker.docker("tag", image, docker.named("old"));
        world.run();
        TestDocker.docker("tag", "busybox:1", image);

        world.forget();

        assertThat(docker.lines()).containsExactly("image image:5", "image old:latest");
    }

    @Test
    void nothing_goes_after_an_undo() {
        world.run();
        world.undo();

        world.forget();

        assertThat(TestDocker.runs(name)).isTrue();
    }

    @Test
    void undo_refuses_to_take_the_name_from_another_container() {
        world.run();
        docker.start("api", "--init", "busybox:1", "sleep", "1000");

        assertThatThrownBy(world::undo).hasMessageContaining("another container has the name " + name);

        TestDocker.docker("rm", "-f", name);
        world.undo();
        assertThat(TestDocker.runs(name)).isTrue();
        assertThat(TestDocker.state(name, ".Config.Image")).isEqualTo(image);
    }
}
