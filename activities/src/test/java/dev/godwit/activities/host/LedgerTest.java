package dev.godwit.activities.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerTest {
    @TempDir
    private Path directory;

    private SiteState state;
    private Ledger ledger;

    @BeforeEach
    void site() {
        state = new SiteState(directory);
        ledger = new Ledger(state);
    }

    @Test
    void steps_are_read_in_the_order_in_which_they_were_begun() throws Exception {
        StepTask third = begin("a", 1, 30);
        StepTask first = begin("c", 1, 10);
        StepTask second = begin("b", 1, 20);
        StepTask fourth = begin("c", 2, 40);
        begin("elsewhere", 1, 5, "run-2");

        assertThat(ledger.begun("run-1")).containsExactly(first, second, third, fourth);
    }

    @Test
    void a_run_that_did_nothing_here_has_no_steps() throws Exception {
        assertThat(ledger.begun("run-1")).isEmpty();
    }

    @Test
    void a_step_that_was_taken_back_stays_as_evidence() throws Exception {
        StepTask task = begin("a", 1, 10);
        begin("a", 2, 20);

        ledger.undone(task.identity());
        ledger.undone(task.identity());

        assertThat(ledger.begun("run-1")).hasSize(2);
        assertThat(ledger.isUndone(task.identity())).isTrue();
        assertThat(ledger.isUndone(identity("a", 2, "run-1"))).isFalse();
    }

    @Test
    void what_was_never_begun_is_not_noted_as_taken_back() throws Exception {
        ledger.undone(identity("a", 1, "run-1"));

        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "{", "[]", "{\"uses\": \"files.copy\"}", "\u0000"})
    void an_entry_that_cannot_be_read_is_named(String content) throws Exception {
        begin("a", 1, 10);
        Path file = state.ledgerEntry(identity("b", 1, "run-1"));
        Files.writeString(file, content);

        assertThatThrownBy(() -> ledger.begun("run-1")).isInstanceOf(StepFailure.class)
                .hasMessageContaining(file.toString())
                .extracting("code")
                .isEqualTo("ledger-corrupt");
    }

    @Test
    void an_entry_that_is_no_text_is_named() throws Exception {
        StepTask task = begin("a", 1, 10);
        Files.write(state.ledgerEntry(task.identity()), new byte[]{(byte) 0xff, (byte) 0xfe, 0});

        assertThatThrownBy(() -> ledger.begun("run-1")).hasMessageContaining("a.1.json cannot be read");
    }

    @Test
    void what_a_crash_left_while_an_entry_was_written_does_not_count() throws Exception {
        StepTask task = begin("a", 1, 10);
        Files.writeString(state.ledger("run-1").resolve(".b.1.json.tmp"), "{");

        assertThat(ledger.begun("run-1")).containsExactly(task);
    }

    @Test
    void a_run_is_finalized_once() throws Exception {
        assertThat(ledger.finalized("run-1")).isEmpty();

        ledger.finalizing("run-1");
        Instant when = ledger.finalized("run-1").orElseThrow();
        ledger.finalizing("run-1");

        assertThat(ledger.finalized("run-1")).contains(when);
    }

    private StepTask begin(String step, int round, int second) throws Exception {
        return begin(step, round, second, "run-1");
    }

    private StepTask begin(String step, int round, int second, String runId) throws Exception {
        StepTask task = new StepTask(identity(step, round, runId), "files.copy",
                JsonNodeFactory.instance.objectNode().put("from", "v1"), Map.of(), Instant.EPOCH, 3,
                Duration.ofSeconds(1), Instant.EPOCH.plusSeconds(second), Map.of());
        ledger.begin(task);
        return task;
    }

    private static StepIdentity identity(String step, int round, String runId) {
        return new StepIdentity(runId, "plan", "target", "phase", step, round);
    }
}
