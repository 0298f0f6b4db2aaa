package dev.godwit.activities.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.run.Progress;
import dev.godwit.run.UndoResult;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RunCommandTest {
    /** Adds a line to a file outside of the directory that counts, so that running twice shows. */
    private static final String ADD = "{directory: 'home', shell: 'echo added >> ../ledger', preview: {shell: 'echo one line more'},"
            + " verify: {shell: 'grep -q added ../ledger'}, undo: {shell: 'rm -f ../ledger'}, idempotent: false}";

    @TempDir
    private Path temporary;

    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            Path ledger = directory.resolveSibling("ledger");
            Files.deleteIfExists(ledger);
            return new StepWorld(directory, "run.command").directory("home", directory)
                    .spec(ADD)
                    .counting(() -> Files.exists(ledger) ? Files.readAllLines(ledger) : List.of());
        }

        @Override
        protected int interruptions() {
            return 25;
        }
    }

    @Test
    void it_runs_without_a_shell_in_its_directory_with_its_environment_and_its_secrets_are_redacted()
            throws Exception {
        try (StepWorld world = world("{directory: 'home', command: ['env'], environment:"
                + " {PORT: 8001, TOKEN: {secret: 'API_TOKEN'}}}").secret("API_TOKEN", "hush-hush")) {
            assertThat(world.run().output().at("/exit_code").asInt(-1)).isZero();

            assertThat(evidence(world, "run.log")).contains("PORT=8001", "TOKEN=[secret API_TOKEN]", "PATH=",
                    "PWD=" + world.directory(), "GODWIT_STAGE=run", "GODWIT_STEP=step").doesNotContain("MAVEN_");
            assertThat(filesWith(world.state().root(), "hush-hush")).isEmpty();

            StepWorld plain = world.round(2).spec("{directory: 'home', command: ['echo', '$HOME', '*', 'a  b', 7]}");
            assertThat(plain.run().output().get("last_line").asText()).isEqualTo("$HOME * a  b 7");
        }
    }

    @Test
    void a_secret_on_the_command_line_is_refused() throws Exception {
        try (StepWorld world = world("{directory: 'home', command: ['login', {secret: 'API_TOKEN'}]}")) {
            assertThat(failure(world).getMessage()).contains("command holds the secret API_TOKEN", "environment");

            world.secret("API_TOKEN", "hush-hush")
                    .spec("{directory: 'home', command: ['login', '--token=hush-hush'], environment:"
                            + " {TOKEN: {secret: 'API_TOKEN'}}}");
            assertThat(failure(world).code()).isEqualTo("secret-in-arguments");
            assertThat(failure(world).getMessage()).contains("API_TOKEN").doesNotContain("hush");
        }
    }

    @Test
    void a_command_that_fails_is_named_with_its_code_and_last_words_and_only_an_idempotent_one_is_tried_again()
            throws Exception {
        try (StepWorld world = world("{directory: 'home', shell: 'echo $TOKEN is wrong; echo x >> ../runs; exit 3',"
                + " environment: {TOKEN: {secret: 'T'}}}").secret("T", "hush-hush").attempts(5)) {
            StepFailure failure = failure(world);
            assertThat(failure).hasMessageContaining("ended with 3, and [0] count as done")
                    .hasMessageEndingWith("[secret T] is wrong");
            assertThat(failure.retryable()).isFalse();
            assertThat(evidence(world, "run.log")).isEqualTo("[secret T] is wrong\n");

            // The worker was lost before anybody heard of it.
            assertThat(failure(world)).hasMessage(failure.getMessage());
            assertThat(Files.readAllLines(temporary.resolve("runs"))).hasSize(1);

            // On-call says retry.
            world.attempts(10);
            assertThat(failure(world).code()).isEqualTo("command-failed");
            assertThat(Files.readAllLines(temporary.resolve("runs"))).hasSize(2);
            assertThat(evidence(world, "run.2.log")).isEqualTo("[secret T] is wrong\n");

            world.round(2).spec("{directory: 'home', command: ['false'], idempotent: true}");
            assertThat(failure(world).retryable()).isTrue();
            world.round(3).spec("{directory: 'home', command: ['false'], success-codes: [0, 1]}");
            assertThat(world.run().output().get("exit_code").asInt()).isEqualTo(1);
            world.round(4).spec("{directory: 'home', command: ['no-such-program']}");
            assertThat(failure(world)).hasMessageContaining("ended with 127").hasMessageContaining("not found");
        }
    }

    @Test
    void a_worker_that_dies_leaves_the_command_running_and_the_next_one_waits_for_it() throws Exception {
        try (StepWorld world = world(
                "{directory: 'home', shell: 'echo x >> ../runs; while [ ! -e ../go ]; do sleep 0.05;"
                        + " done; echo went'}")) {
            Path runs = temporary.resolve("runs");
            assertThatThrownBy(() -> attempt(world, stopping(() -> Files.exists(runs), false)))
                    .isInstanceOf(StepStopped.class);
            assertThatThrownBy(() -> attempt(world, stopping(() -> true, false))).isInstanceOf(StepStopped.class);
            Files.createFile(temporary.resolve("go"));

            assertThat(world.run().output().get("last_line").asText()).isEqualTo("went");
            assertThat(Files.readAllLines(runs)).hasSize(1);
        }
    }

    @Test
    void cancelled_it_is_killed_with_all_that_it_started_and_asks_or_runs_again() throws Exception {
        String mark = "mark-" + UUID.randomUUID();
        String sleeper = "echo x >> ../runs; [ -e ../go ] && exit 0; setsid tail -f /dev/null " + mark + " & tail -f"
                + " /dev/null " + mark;
        try (StepWorld world = world("{directory: 'home', shell: '" + sleeper + "'}")) {
            cancelled(world, mark);
            StepFailure failure = failure(world);
            assertThat(failure.code()).isEqualTo("command-interrupted");
            assertThat(failure.retryable()).isFalse();
            assertThat(failure(world)).hasMessage(failure.getMessage());
            assertThat(Files.readAllLines(temporary.resolve("runs"))).hasSize(1);

            Files.createFile(temporary.resolve("go"));
            world.attempts(2);
            assertThat(world.run().output().get("runs").asInt()).isEqualTo(2);
            Files.delete(temporary.resolve("go"));

            world.round(2).spec("{directory: 'home', shell: '" + sleeper + "', idempotent: true}");
            cancelled(world, mark);
            Files.createFile(temporary.resolve("go"));
            assertThat(world.run().output().get("runs").asInt()).isEqualTo(2);
            Files.delete(temporary.resolve("go"));

            world.round(3)
                    .spec("{directory: 'home', shell: '" + sleeper + "', verify: {shell: 'echo no; test -e ../done'}}");
            cancelled(world, mark);
            assertThat(failure(world)).hasMessageContaining("died in the middle, and 'sh -c echo no; test -e ../done'"
                    + " says that the work is not done: it ended with 1; it wrote at the end:\nno");
            world.round(4);
            cancelled(world, mark);
            Files.createFile(temporary.resolve("done"));
            assertThat(world.run().output().get("verified").asBoolean()).isTrue();
            assertThat(world.run().output().has("exit_code")).isFalse();
        }
    }

    @Test
    void an_undo_names_what_it_sets_aside() throws Exception {
        try (StepWorld world = world("{directory: 'home', command: ['true'], undo: {shell: 'cp ../theirs"
                + " $GODWIT_SET_ASIDE/3-rows.csv; [ -e ../again ] || { touch ../again; exit 1; }'}}").attempts(2)) {
            Files.writeString(temporary.resolve("theirs"), "1,2,3");
            world.run();

            assertThatThrownBy(world::undo).hasMessageContaining("ended with 1");
            UndoResult result = world.undo();

            assertThat(result.setAside()).singleElement()
                    .satisfies(thing -> assertThat(thing.what()).isEqualTo("3-rows.csv"))
                    .satisfies(thing -> assertThat(Path.of(thing.where())).hasContent("1,2,3"));
        }
    }

    @Test
    void one_that_takes_too_long_is_killed_and_an_undo_ends_one_that_runs() throws Exception {
        String mark = "mark-" + UUID.randomUUID();
        String command = "command: ['tail', '-f', '/dev/null', '" + mark + "']";
        try (StepWorld world = world("{directory: 'home', timeout: '300ms', " + command + "}")) {
            assertThat(failure(world).code()).isEqualTo("command-timeout");
            assertThat(running(mark)).isEmpty();
            assertThat(failure(world).code()).isEqualTo("command-timeout");
            Path second = world.state().evidence(world.runId()).resolve("steps/step.1/run.2.log");
            assertThat(second).doesNotExist();
            world.attempts(2);
            assertThat(failure(world).code()).isEqualTo("command-timeout");
            assertThat(second).exists();

            world.round(2).spec("{directory: 'home', " + command + ", undo: {shell: 'echo undone > ../undone'}}");
            assertThatThrownBy(() -> attempt(world, stopping(() -> !running(mark).isEmpty(), false)))
                    .isInstanceOf(StepStopped.class);
            assertThat(running(mark)).isNotEmpty();
            world.undo();
            assertThat(running(mark)).isEmpty();
            assertThat(temporary.resolve("undone")).hasContent("undone");
        }
    }

    @Test
    void a_preview_is_marked_and_shows_what_its_command_says() throws Exception {
        try (StepWorld world = world(
                "{directory: 'home', command: ['true'], preview: {shell: 'echo $TOKEN; echo; seq 100'},"
                        + " environment: {TOKEN: {secret: 'T'}}}")
                .secret("T", "hush-hush")) {
            assertThat(world.preview().changes()).startsWith("would run 'true' in " + world.directory(),
                    "it has no undo, so a rollback leaves what it did",
                    "its preview is not enforced to be read-only; 'sh -c echo $TOKEN; echo; seq 100' says:",
                    "  [secret T]",
                    "  1").endsWith("  23", "  and more");

            world.madeBy("home", "unpack");
            assertThat(world.preview().unknown()).contains("known after unpack");
            world.round(2).spec("{directory: 'home', command: ['true'], preview: {command: ['false']}}");
        }
    }

    @Test
    void neither_or_both_of_command_and_shell_are_a_fault() throws Exception {
        try (StepWorld world = world("{directory: 'home'}")) {
            assertThat(failure(world)).hasMessageContaining("either command or shell must say what to run");
            world.spec("{directory: 'home', command: ['a'], shell: 'b'}");
            assertThat(failure(world)).hasMessageContaining("either command or shell must say what to run");
        }
    }

    private void cancelled(StepWorld world, String mark) {
        assertThatThrownBy(() -> attempt(world, stopping(() -> running(mark).size() >= 2, true)))
                .isInstanceOf(StepStopped.class);
        assertThat(running(mark)).isEmpty();
    }

    private static void attempt(StepWorld world, Attempt attempt) {
        world.host(UnaryOperator.identity()).run(world.task(), attempt);
    }

    private static Attempt stopping(BooleanSupplier when, boolean cancelled) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {}

            @Override
            public boolean cancelled() {
                return cancelled;
            }

            @Override
            public Optional<String> stopRequested() {
                return when.getAsBoolean() ? Optional.of("enough") : Optional.empty();
            }
        };
    }

    private static List<ProcessHandle> running(String mark) {
        return ProcessHandle.allProcesses()
                .filter(handle -> handle.info()
                        .arguments()
                        .map(arguments -> List.of(arguments).contains(mark))
                        .orElse(false))
                .toList();
    }

    private StepWorld world(String spec) throws IOException {
        Path home = Files.createDirectories(temporary.resolve("home"));
        return new StepWorld(home, "run.command").directory("home", home).spec(spec);
    }

    private static StepFailure failure(StepWorld world) {
        return catchThrowableOfType(StepFailure.class, world::run);
    }

    private static String evidence(StepWorld world, String name) throws IOException {
        return Files
                .readString(world.state().evidence(world.task().identity().runId()).resolve("steps/step.1/" + name));
    }

    private static List<Path> filesWith(Path directory, String text) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).filter(file -> {
                try {
                    return Files.readString(file).contains(text);
                } catch (IOException e) {
                    return false;
                }
            }).toList();
        }
    }
}
