package dev.godwit.activities.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComposeUpTest {
    private static final String SPEC = "{compose: 'plates', within: '2m'}";
    private static final String BUILT = """
            services:
              web: {build: ., stop_signal: SIGKILL}
            """;

    @Nested
    class Contract extends ComposeContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "compose.up").spec(SPEC);
            Project.in(world, Project.IDLE);
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("project");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void services_run_and_a_secret_reaches_them_and_nothing_else() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE.replace("[\"sleep\", \"86400\"]\n    environment",
                    "[\"sh\", \"-c\", \"echo $$KEY; sleep 86400\"]\n    environment"));

            assertThat(world.run().output().at("/containers/web").intValue()).isOne();

            assertThat(project.containers()).containsExactly("cache running busybox:1", "web running busybox:1");
            assertThat(filesWith(world.state().root(), "hush-hush")).isEmpty();
        }
    }

    @Test
    void a_service_that_dies_during_its_start_is_reported_with_exit_code_and_last_words_but_no_secret()
            throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, """
                    services:
                      web:
                        image: busybox:1
                        command: ["sh", "-c", "echo no camera for $$KEY; exit 3"]
                        environment: {KEY: "${KEY:-none}"}
                    """);

            assertThatThrownBy(world::run).hasMessageContaining("the service web ended while it started")
                    .hasMessageContaining("exit code 3")
                    .hasMessageContaining("no camera for [secret PLATES_KEY]");

            world.undo();
            assertThat(project.containers()).isEmpty();
        }
    }

    @Test
    void a_job_may_end_by_itself() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, """
                    services:
                      job: {image: "busybox:1", command: ["true"]}
                    """);

            world.spec("{compose: 'plates', jobs: ['job']}").run();

            assertThat(project.containers()).containsExactly("job exited busybox:1");
        }
    }

    @Test
    void a_service_without_health_in_time_is_reported() throws Exception {
        try (StepWorld world = world()) {
            Project.in(world, """
                    services:
                      web:
                        image: busybox:1
                        stop_signal: SIGKILL
                        command: ["sh", "-c", "echo still warming up; sleep 86400"]
                        healthcheck: {test: ["CMD", "false"], interval: 1s, retries: 1}
                    """);

            assertThatThrownBy(() -> world.spec("{compose: 'plates', within: '3s'}").run())
                    .hasMessageContaining("not all services do their work after 3s")
                    .hasMessageContaining("still warming up");
        }
    }

    @Test
    void files_that_compose_refuses_are_reported_in_its_own_words() throws Exception {
        try (StepWorld world = world()) {
            Project.in(world, "services: {web: {imagee: busybox}}\n");

            assertThatThrownBy(world::run).hasMessageContaining("Compose refuses the files")
                    .hasMessageContaining("imagee");
        }
    }

    @Test
    void a_new_image_under_the_same_name_gives_way_to_the_old_one_in_the_undo() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, BUILT);
            build(world, "one");
            project.compose("up", "--detach", "--build");
            build(world, "two");

            world.spec("{compose: 'plates', build: true}").run();
            assertThat(version(project)).isEqualTo("two");
            Project.docker("image", "prune", "--force", "--filter", "label=project=" + project.name());

            world.undo();
            assertThat(version(project)).isEqualTo("one");
            assertThat(Project.docker("images", "--quiet", "godwit-kept/" + project.name())).isEmpty();
        }
    }

    @Test
    void a_service_that_runs_with_another_configuration_is_replaced_only_if_the_plan_allows_it() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE).up();
            project.describe(Project.IDLE.replace("\"86400\"]\n    environment", "\"86401\"]\n    environment"));
            List<String> before = project.containers();

            assertThat(world.preview().changes()).anyMatch(line -> line.startsWith("would replace web"))
                    .contains("cache runs as it should");
            assertThatThrownBy(world::run).hasMessageContaining("web runs with another configuration");

            world.spec("{compose: 'plates', replace: true}").run();
            assertThat(project.containers()).isEqualTo(before);
        }
    }

    @Test
    void an_undo_leaves_what_ran_before_and_what_others_have_added() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE);
            project.compose("up", "--detach", "cache");
            world.run();
            project.describe(Project.IDLE + "  theirs: {image: \"busybox:1\", command: [\"sleep\", \"86400\"],"
                    + " stop_signal: SIGKILL}\n");
            project.compose("up", "--detach", "theirs");

            world.undo();

            assertThat(project.containers()).containsExactly("cache running busybox:1", "theirs running busybox:1");
        }
    }

    @Test
    void the_preview_says_what_would_be_created() throws Exception {
        try (StepWorld world = world()) {
            Project.in(world, Project.IDLE);

            assertThat(world.preview().changes()).containsExactlyInAnyOrder("would create web", "would create cache");
        }
    }

    private static void build(StepWorld world, String version) throws IOException {
        Files.writeString(world.directory().resolve("Dockerfile"), "FROM busybox:1\nENV VERSION=" + version
                + "\nCMD [\"sleep\", \"86400\"]\n");
    }

    private static String version(Project project) throws Exception {
        String id = Project.docker("ps", "--quiet", "--filter", "label=com.docker.compose.project=" + project.name())
                .strip();
        return Project.docker("exec", id, "sh", "-c", "echo $VERSION").strip();
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "compose.up").spec(SPEC);
    }

    private static List<Path> filesWith(Path directory, String text) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).filter(file -> contains(file, text)).toList();
        }
    }

    private static boolean contains(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
