package dev.godwit.activities.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.StepResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessStartTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "process.start").spec("{process: 'program'}");
            Programs.idle(world);
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("pid", "seconds");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void the_program_runs_in_its_directory_with_its_environment_and_no_other_and_its_secrets() throws Exception {
        try (StepWorld world = world().secret("API_TOKEN", "hush-hush")) {
            Programs programs = Programs.server(world, "{PORT: 8001, TOKEN: {secret: 'API_TOKEN'}}");

            StepResult result = world.run();

            String log = Files.readString(world.directory().resolve("server.log"));
            assertThat(log).contains("PORT=8001", "TOKEN=hush-hush", "PATH=", "directory " + world.directory())
                    .doesNotContain("MAVEN_");
            assertThat(programs.running()).singleElement()
                    .satisfies(process -> assertThat(process.pid()).isEqualTo(result.output().get("pid").asLong()))
                    .satisfies(process -> assertThat(List.of(process.info().arguments().orElseThrow()))
                            .noneMatch(argument -> argument.contains("hush")));
            assertThat(filesWith(world.state().root(), "hush-hush")).isEmpty();
        }
    }

    @Test
    void a_port_that_another_process_holds_is_refused_and_the_holder_named() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.server(world, "{}");
            try (ServerSocket holder = new ServerSocket(port(world), 1, InetAddress.getLoopbackAddress())) {
                assertThat(holder.isBound()).isTrue();
                assertThatThrownBy(world::run)
                        .hasMessageContaining("its port is held by pid " + ProcessHandle.current().pid() + " (")
                        .hasMessageNotContaining(" -"); // Arguments may hold a password.
            }
            assertThat(programs.running()).isEmpty();
        }
    }

    @Test
    void a_program_that_ends_while_it_starts_is_reported_with_its_last_words() throws Exception {
        try (StepWorld world = world()) {
            Programs.server(world, "{}");
            Files.writeString(world.directory().resolve("Server.java"), """
                    class Server {
                        public static void main(String[] arguments) {
                            throw new IllegalStateException("cannot find the camera");
                        }
                    }
                    """);

            assertThatThrownBy(world::run).hasMessageContaining("ended while it started, with exit code 1; see its log")
                    .hasMessageContaining("server.log")
                    .hasMessageContaining("IllegalStateException: cannot find the camera");
        }
    }

    @Test
    void the_last_words_of_a_program_hold_no_secret_not_even_the_rest_of_one() throws Exception {
        String secret = "hush".repeat(20);
        // The last 4,000 bytes begin in the middle of the secret.
        String script = "echo $KEY; head -c 3950 /dev/zero | tr '\\\\0' x; echo; echo key $KEY; exit 1";
        try (StepWorld world = world().secret("API_KEY", secret)) {
            world.directory("home", world.directory())
                    .resource("program", "{kind: 'process', command: ['sh', '-c', \"" + script + "\"],"
                            + " directory: 'home', environment: {KEY: {secret: 'API_KEY'}}}");

            assertThatThrownBy(world::run).hasMessageContaining("with exit code 1")
                    .hasMessageEndingWith("x\nkey [secret API_KEY]")
                    .hasMessageNotContaining("hush");
        }
    }

    @Test
    void a_program_that_does_not_exist_is_reported() throws Exception {
        try (StepWorld world = world()) {
            world.directory("home", world.directory())
                    .resource("program", "{kind: 'process', command: ['no-such-program'], directory: 'home'}");

            assertThatThrownBy(world::run)
                    .hasMessageContaining("'no-such-program' ended while it started, with exit code 127")
                    .hasMessageContaining("not found");
        }
    }

    @Test
    void a_program_that_is_killed_while_it_starts_is_reported_with_the_signal() throws Exception {
        try (StepWorld world = world()) {
            world.directory("home", world.directory())
                    .resource("program", "{kind: 'process', command: ['sh', '-c', 'echo out of memory; kill -9 $$'],"
                            + " directory: 'home'}");

            assertThatThrownBy(world::run).hasMessageContaining("ended while it started, killed by signal 9")
                    .hasMessageContaining("out of memory");
        }
    }

    @Test
    void a_process_that_runs_already_is_not_started_again() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.server(world, "{}");
            world.run();

            assertThatThrownBy(() -> world.round(2).run()).hasMessageContaining("program runs already as pid")
                    .hasMessageContaining("process.stop");
            assertThatThrownBy(() -> world.round(1).runId("another-run").run())
                    .hasMessageContaining("program runs already as pid");
            assertThat(programs.running()).hasSize(1);
        }
    }

    @Test
    void the_undo_of_a_start_that_was_refused_leaves_the_running_process_alone() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.server(world, "{}");
            world.run();
            assertThatThrownBy(() -> world.round(2).run()).hasMessageContaining("runs already");

            world.undo();

            assertThat(programs.running()).hasSize(1);
        }
    }

    @Test
    void an_undo_after_an_interruption_ends_children_that_outlive_the_process() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.idle(world).withStubbornChild(world, "1m");
            world.run();
            Attempt lost = programs.lostWhenOnlyTheChildLives(world);
            assertThatThrownBy(() -> world.host(UnaryOperator.identity()).undo(world.task(), lost))
                    .hasMessage("the worker is lost");
            assertThat(programs.running()).hasSize(1);

            programs.withStubbornChild(world, "100ms");
            world.undo();

            assertThat(programs.running()).isEmpty();
        }
    }

    @Test
    void the_process_outlives_a_worker_that_is_killed_and_the_next_worker_finds_it() throws Exception {
        try (StepWorld world = world()) {
            Programs programs = Programs.server(world, "{}");
            Process worker = new ProcessBuilder(Programs.java(), "-cp", System.getProperty("java.class.path"),
                    DoomedWorker.class.getName(), world.directory().toString(), Integer.toString(port(world)),
                    programs.mark(), world.runId()).inheritIO().start();
            assertThat(worker.waitFor()).isEqualTo(DoomedWorker.KILLED);

            StepResult result = world.run();

            assertThat(programs.running()).singleElement()
                    .satisfies(process -> assertThat(process.pid()).isEqualTo(result.output().get("pid").asLong()));
            world.undo();
            assertThat(programs.running()).isEmpty();
        }
    }

    private StepWorld world() throws Exception {
        return new StepWorld(Files.createDirectory(temporary.resolve("world")), "process.start")
                .spec("{process: 'program'}");
    }

    private static int port(StepWorld world) {
        String url = world.task().resources().get("service").get("url").textValue();
        return Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
    }

    private static List<Path> filesWith(Path directory, String text) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).filter(file -> {
                try {
                    return Files.readString(file).contains(text);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }).toList();
        }
    }
}
