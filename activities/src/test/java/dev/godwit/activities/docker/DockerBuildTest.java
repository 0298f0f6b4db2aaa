package dev.godwit.activities.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerBuildTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "docker.build");
            TestDocker docker = TestDocker.in(world, "busybox:1");
            String name = docker.named("api");
            TestDocker.docker("tag", "busybox:1", name + ":6");
            source(world, "FROM busybox:1\nCOPY version /\n");
            return world.spec("{from: 'source', image: 'engine:" + name + ":6'}")
                    .counting(() -> List.of("version " + version(name + ":6")));
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("id");
        }

        @Override
        protected int interruptions() {
            return 8;
        }
    }

    @TempDir
    private Path temporary;

    private StepWorld world;
    private TestDocker docker;
    private String name;

    @BeforeEach
    void start_with_an_engine() throws Exception {
        world = new StepWorld(Files.createDirectory(temporary.resolve("world")), "docker.build");
        docker = TestDocker.in(world, "busybox:1");
        name = docker.named("api") + ":6";
        world.spec("{from: 'source', image: 'engine:%s', arguments: {LEVEL: 'seven'}}".formatted(name));
    }

    @AfterEach
    void tidy() {
        world.close();
    }

    @Test
    void arguments_reach_the_build_and_its_log_is_evidence() throws Exception {
        source(world, "FROM busybox:1\nARG LEVEL\nCOPY version /\nRUN echo the level is $LEVEL | tee /level\n");

        world.run();

        assertThat(TestDocker.docker("run", "--rm", name, "cat", "/level", "/version")).isEqualTo(
                "the level is seven\n6.0.0");
        try (Stream<Path> files = Files.walk(world.state().root())) {
            assertThat(files.filter(file -> file.endsWith("build.log"))).singleElement()
                    .satisfies(log -> assertThat(log).content().contains("the level is seven"));
        }
    }

    @Test
    void a_build_that_fails_is_reported_with_its_last_lines_and_leaves_the_name_where_it_was() throws Exception {
        TestDocker.docker("tag", "busybox:1", name);
        source(world, "FROM busybox:1\nRUN echo cannot find the compiler && exit 3\n");

        assertThatThrownBy(world::run).hasMessageContaining("returned a non-zero code: 3")
                .hasMessageContaining("cannot find the compiler");
        world.undo();

        assertThat(TestDocker.state(name, ".Id")).isEqualTo(TestDocker.state("busybox:1", ".Id"));
        assertThat(docker.lines()).containsExactly("image api:6");
    }

    @Test
    void a_dockerfile_that_is_missing_or_makes_no_sense_is_reported() throws Exception {
        source(world, "FROM busybox:1\nCOPPY version /\n");
        assertThatThrownBy(world::run).hasMessageContaining("COPPY");

        Files.delete(world.directory().resolve("source/Dockerfile"));
        assertThatThrownBy(world::run).hasMessageContaining("there is no Dockerfile in");
        assertThatThrownBy(world::preview).hasMessageContaining("there is no Dockerfile in");
    }

    @Test
    void undo_leaves_a_name_alone_that_someone_has_given_to_another_image() throws Exception {
        source(world, "FROM busybox:1\nCOPY version /\n");
        world.run();
        TestDocker.docker("tag", "busybox:1", name);

        world.undo();

        assertThat(TestDocker.state(name, ".Id")).isEqualTo(TestDocker.state("busybox:1", ".Id"));
    }

    @Test
    void undo_says_that_a_container_still_needs_the_image() throws Exception {
        source(world, "FROM busybox:1\nCOPY version /\n");
        world.run();
        TestDocker.docker("create", "--name", docker.named("user"), name, "true");

        assertThatThrownBy(world::undo).hasMessageContaining("a container still needs the image");

        TestDocker.docker("rm", docker.named("user"));
        world.undo();
        assertThat(docker.lines()).isEmpty();
    }

    @Test
    void a_finalized_run_keeps_the_image_and_forgets_the_one_before() throws Exception {
        TestDocker.docker("tag", "busybox:1", name);
        source(world, "FROM busybox:1\nCOPY version /\n");
        world.run();
        assertThat(docker.lines()).hasSize(2);

        world.forget();

        assertThat(docker.lines()).containsExactly("image api:6");
        assertThat(version(name)).isEqualTo("6.0.0");
    }

    private static void source(StepWorld world, String dockerfile) throws Exception {
        Path source = Files.createDirectories(world.directory().resolve("source"));
        Files.writeString(source.resolve("Dockerfile"), dockerfile);
        Files.writeString(source.resolve("version"), "6.0.0");
        world.directory("source", source);
    }

    private static String version(String image) {
        try {
            return TestDocker.docker("run", "--rm", image, "cat", "/version");
        } catch (IllegalStateException e) {
            return "none";
        }
    }
}
