package dev.godwit.activities.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComposeDownTest {
    private static final String SPEC = "{compose: 'plates'}";

    @Nested
    class Contract extends ComposeContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "compose.down").spec(SPEC);
            Project.in(world, Project.IDLE).up();
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
    void all_containers_go_and_come_back_with_as_many_replicas_after_the_files_were_changed_and_restored()
            throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE).up();
            project.compose("up", "--detach", "--scale", "web=2");
            byte[] files = Files.readAllBytes(Project.file(world));

            assertThat(world.run().output().at("/containers/web").intValue()).isEqualTo(2);
            assertThat(project.containers()).isEmpty();

            project.describe("services: {other: {image: 'busybox:1'}}\n");
            Files.write(Project.file(world), files);
            world.undo();
            assertThat(project.containers()).containsExactly("cache running busybox:1", "web running busybox:1",
                    "web running busybox:1");
        }
    }

    @Test
    void a_project_that_is_down_is_no_failure_and_stays_down() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE);

            assertThat(world.preview().changes()).anyMatch(line -> line.contains("nothing to take down"));
            world.run();
            world.undo();

            assertThat(project.containers()).isEmpty();
        }
    }

    @Test
    void a_project_is_found_by_the_name_that_its_files_give_it() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, Project.IDLE).up();
            world.resource("plates", "{kind: 'compose', directory: 'home'}");
            Path settings = world.directory().resolve(".env");
            Files.writeString(settings, "COMPOSE_PROJECT_NAME=" + project.name() + "\n");

            world.run();
            assertThat(project.containers()).isEmpty();
            world.undo();
            assertThat(project.containers()).hasSize(2);

            Files.delete(settings);
            project.describe("name: " + project.name() + "\n" + Project.IDLE);
            assertThat(world.preview().changes()).containsExactly("would remove cache (1 running)",
                    "would remove web (1 running)");
        }
    }

    @Test
    void an_image_that_somebody_has_removed_stops_the_undo_and_is_named() throws Exception {
        try (StepWorld world = world()) {
            Project project = Project.in(world, "services: {web: {build: ., stop_signal: SIGKILL}}\n");
            Files.writeString(world.directory().resolve("Dockerfile"), "FROM busybox:1\nENV OLD=yes\n"
                    + "CMD [\"sleep\", \"86400\"]\n");
            project.compose("up", "--detach", "--build");
            world.run();
            Project.docker("rmi", "--force", project.image());

            assertThatThrownBy(world::undo).hasMessageContaining("with which web ran was removed");
        }
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "compose.down").spec(SPEC);
    }
}
