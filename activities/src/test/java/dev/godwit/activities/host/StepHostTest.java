package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.run.Progress;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepResult.Wait;
import dev.godwit.run.StepTask;
import dev.godwit.step.Default;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepStopped;
import dev.godwit.step.StepType;
import dev.godwit.step.StepWaiting;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StepHostTest {
    @TempDir
    private Path temporary;

    private Body body = context -> new Output("done");
    private Supplier<Output> found = () -> new Output("found");

    @FunctionalInterface
    interface Body {
        Output run(RunContext context) throws Exception;
    }

    record Spec(@Default("spoken") String word) {}

    record Output(String word) {}

    @Uses(value = "test.step", kind = StepKind.FILES)
    static final class TestStep implements StepType<Spec, Output> {
        private final StepHostTest test;

        TestStep(StepHostTest test) {
            this.test = test;
        }

        @Override
        public Preview<Output> preview(Spec spec, PreviewContext context) {
            test.found.get();
            return Preview.of(new Output(spec.word()));
        }

        @Override
        public Output run(Spec spec, RunContext context) throws Exception {
            return test.body.run(context);
        }

        @Override
        public void undo(Spec spec, RunContext context) {
            context.reportSetAside("a file", Path.of("/aside"));
        }
    }

    @Test
    void a_run_leaves_its_output_and_ledger_entry_as_evidence() throws Exception {
        body = context -> {
            assertThat(state().ledgerEntry(context.identity())).exists();
            context.evidence().json("proof", Map.of("rows", 3));
            return new Output("done");
        };
        StepResult result = host().run(task("{}"), StepWorld.QUIET);

        assertThat(result.evidence()).containsExactly("steps/copy.1/output.json", "steps/copy.1/proof.json");
        Path evidence = state().evidence("run-1");
        assertThat(Files.readString(evidence.resolve("steps/copy.1/output.json"))).contains("\"word\" : \"done\"");
        assertThat(Json.read(Files.readString(evidence.resolve("ledger/copy.1.json")), StepTask.class))
                .isEqualTo(task("{}"));
        assertThat(result.worker()).isEqualTo("worker-1");
    }

    @Test
    void a_retryable_failure_is_final_once_the_attempts_are_used_up_and_lost_workers_do_not_count() {
        body = context -> {
            throw new Interruption.Death(1);
        };
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> host().run(task("{}"), StepWorld.QUIET)).isInstanceOf(Interruption.Death.class);
        }
        body = context -> {
            throw StepFailure.external("refused", "test.step: refused");
        };
        assertThat(failure()).returns(true, StepFailure::retryable)
                .returns(Optional.of(Duration.ofSeconds(1)), StepFailure::delay);
        assertThat(failure()).returns(false, StepFailure::retryable).returns(Optional.empty(), StepFailure::delay);

        body = context -> new Output("attempt " + context.attempt());
        assertThat(host().run(task("{}"), StepWorld.QUIET).attempts()).isEqualTo(8);
    }

    @Test
    void failures_count_from_the_start_once_a_part_of_the_work_is_done_for_good() {
        body = context -> {
            context.advanced();
            throw StepFailure.external("refused", "test.step: refused");
        };
        for (int i = 0; i < 5; i++) {
            assertThat(failure()).returns(true, StepFailure::retryable)
                    .returns(Optional.of(Duration.ofSeconds(1)), StepFailure::delay);
        }
        body = context -> {
            throw StepFailure.external("refused", "test.step: refused");
        };
        assertThat(failure().retryable()).as("the second since it got further").isFalse();
    }

    @Test
    void what_was_done_for_good_counts_also_if_its_worker_was_lost_then() {
        body = context -> {
            throw StepFailure.external("refused", "test.step: refused");
        };
        assertThat(failure().retryable()).isTrue();
        body = context -> {
            context.advanced();
            throw new Interruption.Death(1);
        };
        assertThatThrownBy(() -> host().run(task("{}"), StepWorld.QUIET)).isInstanceOf(Interruption.Death.class);
        body = context -> {
            throw StepFailure.external("refused", "test.step: refused");
        };
        assertThat(failure().retryable()).as("the first since it got further").isTrue();
        assertThat(failure().retryable()).isFalse();
    }

    @Test
    void a_preview_that_fails_is_not_tried_for_ever() {
        found = () -> {
            throw StepFailure.external("refused", "test.step: refused");
        };
        assertThat(previewFailure(1)).returns(true, StepFailure::retryable);
        assertThat(previewFailure(2)).returns(false, StepFailure::retryable);
    }

    @Test
    void a_step_that_waits_has_not_ended_and_waiting_is_neither_a_failure_nor_an_attempt() {
        List<Instant> asked = new ArrayList<>();
        body = context -> {
            throw StepFailure.external("refused", "test.step: refused");
        };
        assertThat(failure().retryable()).isTrue();
        body = context -> {
            asked.add(context.asked());
            throw new StepWaiting(Duration.ofDays(3), "until the weekend is over");
        };
        for (int i = 0; i < 3; i++) {
            StepResult waiting = host().run(task("{}"), at(Instant.EPOCH.plusSeconds(i)));

            assertThat(waiting.waits()).contains(new Wait(Duration.ofDays(3), "until the weekend is over"));
            assertThat(waiting.output()).isEmpty();
            assertThat(waiting.evidence()).isEmpty();
            assertThat(waiting.attempts()).isEqualTo(2);
        }
        assertThat(asked).containsExactly(Instant.EPOCH, Instant.EPOCH.plusSeconds(1), Instant.EPOCH.plusSeconds(2));
        body = context -> {
            throw StepFailure.external("refused", "test.step: refused");
        };
        assertThat(failure().retryable()).as("the first failure since it waited").isTrue();
        assertThat(failure().retryable()).isFalse();
        body = context -> new Output("done");
        assertThat(host().run(task("{}"), StepWorld.QUIET).waits()).isEmpty();
    }

    static Stream<Arguments> exceptions() {
        return Stream.of(Arguments.of(new NoSuchFileException("/x"), "user/file-missing", "/x does not exist"),
                Arguments.of(new AccessDeniedException("/x"), "user/file-unreadable", "/x (permission denied)"),
                Arguments.of(new FileSystemException("/x", null, "No space left on device"), "external/disk-full",
                        "the disk is full (/x)"),
                Arguments.of(new UncheckedIOException(new IOException("No space left on device")), "external/disk-full",
                        "the disk is full"),
                Arguments.of(new IOException("reset"), "external/io-failed", "reset"),
                Arguments.of(new IllegalStateException("oops"), "internal/unexpected", "oops"),
                Arguments.of(StepFailure.user("bad", "no name"), "user/bad", "test.step: no name"));
    }

    @ParameterizedTest
    @MethodSource("exceptions")
    void exceptions_become_failures_that_people_understand(Exception thrown, String type, String message) {
        body = context -> {
            throw thrown;
        };
        StepFailure failure = failure();

        assertThat(failure.type()).isEqualTo(type);
        assertThat(failure).hasMessageStartingWith("test.step: ").hasMessageContaining(message);
    }

    @Test
    void an_interrupt_stops_and_counts_as_no_failure() {
        body = context -> {
            throw new InterruptedException();
        };
        assertThatThrownBy(() -> host().run(task("{}"), StepWorld.QUIET)).isInstanceOf(StepStopped.class);
        assertThat(state().journal(task("{}").identity()).resolve("failures.run.json")).doesNotExist();
    }

    @Test
    void a_spec_is_read_with_its_defaults_and_a_wrong_one_is_named() {
        assertThat(host().preview(task("{}"), StepWorld.QUIET).output().orElseThrow().path("word").asText())
                .isEqualTo("spoken");
        assertThatThrownBy(() -> host().preview(task("{\"wrod\": 1}"), StepWorld.QUIET))
                .isInstanceOf(StepFailure.class)
                .hasMessageContaining("wrod");
    }

    @Test
    void an_output_that_is_too_large_is_refused() {
        body = context -> new Output("x".repeat(20_000));

        assertThat(failure().code()).isEqualTo("output-too-large");
    }

    @Test
    void an_unknown_resource_and_one_of_another_kind_are_named() {
        body = context -> {
            context.reading(DirectoryKind.class, Location.parse("nowhere:x"));
            return new Output("");
        };
        assertThat(failure()).hasMessageContaining("no resource 'nowhere'").hasMessageContaining("home");
    }

    @Test
    void an_undo_reports_what_any_of_its_attempts_set_aside_once() {
        host().undo(task("{}"), StepWorld.QUIET);

        assertThat(host().undo(task("{}"), StepWorld.QUIET).setAside()).hasSize(1);
    }

    @Test
    void the_scratch_directory_goes_whatever_happens() {
        List<Path> scratch = new ArrayList<>();
        body = context -> {
            scratch.add(Files.writeString(context.scratch().resolve("file"), "x").getParent());
            throw new IOException("failed");
        };
        failure();

        assertThat(scratch.get(0)).doesNotExist();
    }

    @Test
    void a_batch_of_changes_that_the_disk_has_no_room_for_leaves_nothing() throws Exception {
        Path home = Files.createDirectory(temporary.resolve("home"));
        List<String> before = TreeSnapshot.of(home, true);
        body = context -> {
            FileChanges.open(context)
                    .batch()
                    .put(home.resolve("sub/small"), new byte[10])
                    .put(home.resolve("sub/large"), out -> {
                        out.write(new byte[100_000]);
                        throw new IOException("No space left on device");
                    }, FileAttributes.DEFAULT, FileChanges.Existing.REFUSE)
                    .commit("done");
            return new Output("");
        };

        assertThat(failure()).hasMessageContaining("the disk is full (" + home.resolve("sub/large") + ")");
        assertThat(TreeSnapshot.of(home, true)).isEqualTo(before);
    }

    @Test
    void heartbeats_are_throttled() {
        List<Progress> beats = new ArrayList<>();
        body = context -> {
            for (int i = 0; i < 100_000; i++) {
                context.progress(i, 100_000, "files");
                context.checkpoint();
            }
            return new Output("");
        };
        long began = System.nanoTime();
        host().run(task("{}"), listening(beats));
        assertThat(beats.size()).isBetween(1, 2 + (int) ((System.nanoTime() - began) / 250_000_000));
    }

    @Test
    void what_an_earlier_attempt_did_does_not_count_as_speed_of_this_one() {
        List<Progress> beats = new ArrayList<>();
        body = context -> {
            context.checkpoint();
            while (beats.size() < 3) {
                context.progress(1_000_000, 2_000_000, "rows");
            }
            return new Output("");
        };
        host().run(task("{}"), listening(beats));

        assertThat(beats.getLast().done()).isEqualTo(1_000_000);
        assertThat(beats.getLast().perSecond()).isZero();
    }

    private static Attempt listening(List<Progress> beats) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {
                beats.add(progress);
            }

            @Override
            public Optional<String> stopRequested() {
                return Optional.empty();
            }
        };
    }

    @Test
    void forgetting_a_runs_journal_leaves_its_evidence() throws Exception {
        host().run(task("{}"), StepWorld.QUIET);
        state().forgetJournal("run-1");

        assertThat(state().journal(task("{}").identity())).doesNotExist();
        assertThat(state().evidence("run-1")).exists();
    }

    @Test
    void secrets_come_from_files_or_the_environment_and_a_missing_one_is_named() throws Exception {
        Files.writeString(temporary.resolve("DB_PASSWORD"), "from a file\n");
        SecretSource secrets = SecretSource.of(
                Map.of(SecretSource.DIRECTORY_VARIABLE, temporary.toString(), "API_KEY", "from the environment"));

        assertThat(secrets.find("DB_PASSWORD")).contains("from a file");
        assertThat(secrets.find("API_KEY")).contains("from the environment");
        assertThat(secrets.find("../" + temporary.getFileName() + "/DB_PASSWORD")).isEmpty();
    }

    @Test
    void two_step_types_of_one_name_are_a_clear_fault() {
        assertThatThrownBy(() -> DiscoveredCatalog.of(List.of(new TestStep(this), new TestStep(this)), List.of()))
                .hasMessageContaining("two step types are called test.step");
    }

    private StepFailure failure() {
        return catchThrowableOfType(StepFailure.class, () -> host().run(task("{}"), StepWorld.QUIET));
    }

    private StepFailure previewFailure(int attempt) {
        return catchThrowableOfType(StepFailure.class, () -> host().preview(task("{}"), numbered(attempt)));
    }

    private static Attempt numbered(int number) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {}

            @Override
            public int number() {
                return number;
            }

            @Override
            public Optional<String> stopRequested() {
                return Optional.empty();
            }
        };
    }

    private static Attempt at(Instant time) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {}

            @Override
            public Instant asked() {
                return time;
            }

            @Override
            public Optional<String> stopRequested() {
                return Optional.empty();
            }
        };
    }

    private SiteState state() {
        return new SiteState(temporary.resolve("state"));
    }

    private StepHost host() {
        return new StepHost(DiscoveredCatalog.of(List.of(new TestStep(this)), List.of(new DirectoryKind())), state(),
                name -> Optional.empty(), "worker-1");
    }

    private StepTask task(String spec) {
        JsonNode home = Json.read("{\"kind\": \"directory\", \"path\": \"/x\"}", JsonNode.class);
        return new StepTask(new StepIdentity("run-1", "plan", "target", "phase", "copy", 1), "test.step",
                Json.read(spec, JsonNode.class), Map.of("home", home), Instant.EPOCH, 2, Duration.ofSeconds(1),
                Instant.EPOCH, Map.of());
    }
}
