package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.activities.host.SiteState;
import dev.godwit.activities.host.StepHost;
import dev.godwit.json.Json;
import dev.godwit.run.Progress;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepIdentity;
import dev.godwit.workflow.SiteActivities;
import dev.godwit.workflow.SiteActivities.Begun;
import io.temporal.failure.ApplicationFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a site knows of a run whose workflow is gone. */
class SiteRecordsTest {
    private static final Attempt QUIET = new Attempt() {
        @Override
        public void heartbeat(Progress progress) {}

        @Override
        public Optional<String> stopRequested() {
            return Optional.empty();
        }
    };

    @TempDir
    private Path directory;

    private SiteState state;
    private StepHost host;
    private SiteRecords records;

    @BeforeEach
    void site() throws Exception {
        state = new SiteState(directory.resolve("state"));
        host = new StepHost(DiscoveredCatalog.load(), state, name -> Optional.empty(), "worker");
        records = new SiteRecords(state, host);
        Files.createDirectory(directory.resolve("home"));
        Files.createDirectory(directory.resolve("home/sessions"));
        Files.writeString(directory.resolve("home/sessions/s1.json"), "{\"plate\": \"A\"}");
    }

    @Test
    void the_ledger_holds_what_was_begun_and_not_taken_back() {
        StepTask note = note("note", "home:note.txt", 10);
        StepTask broken = note("broken", "home:missing/../..", 20);
        StepTask another = note("another", "home:another.txt", 30);
        host.run(note, QUIET);
        assertThatThrownBy(() -> host.run(broken, QUIET)).hasMessageContaining("files.write");
        host.run(another, QUIET);

        assertThat(records.ledger("run-1")).containsExactly(new Begun(note, true), new Begun(broken, false),
                new Begun(another, true));

        host.undo(another, QUIET);
        assertThat(directory.resolve("home/another.txt")).doesNotExist();
        assertThat(records.ledger("run-1")).containsExactly(new Begun(note, true), new Begun(broken, false));
        assertThat(records.ledger("run-2")).isEmpty();
    }

    @Test
    void a_corrupt_ledger_is_a_failure_that_names_the_file_and_is_not_retried() throws Exception {
        StepTask note = note("note", "home:note.txt", 10);
        host.run(note, QUIET);
        Files.writeString(state.ledgerEntry(note.identity()), "{");

        assertThatThrownBy(() -> records.ledger("run-1")).isInstanceOfSatisfying(ApplicationFailure.class, failure -> {
            assertThat(failure.getType()).isEqualTo("integrity/ledger-corrupt");
            assertThat(failure.getOriginalMessage()).contains("note.1.json");
            assertThat(failure.isNonRetryable()).isTrue();
        });
    }

    @Test
    void a_forgotten_run_leaves_its_evidence_and_cannot_be_taken_back() throws Exception {
        StepTask load = task("load", "load.documents", "{\"from\": \"home:sessions\", \"to\": \"db:plates\","
                + " \"rows\": \".\", \"columns\": {\"plate\": \"text\"}}", 10);
        host.run(load, QUIET);
        assertThat(Files.readString(directory.resolve("home/plates.db"), StandardCharsets.ISO_8859_1))
                .contains("godwit_journal");

        records.forget("run-1", QUIET);
        records.forget("run-1", QUIET);

        assertThat(directory.resolve("state/journal/run-1")).doesNotExist();
        assertThat(tables(directory.resolve("home/plates.db"))).isEqualTo("plates");
        assertThat(state.ledgerEntry(load.identity())).exists();
        assertThatThrownBy(() -> records.ledger("run-1")).isInstanceOfSatisfying(ApplicationFailure.class, failure -> {
            assertThat(failure.getType()).isEqualTo(SiteActivities.FINALIZED);
            assertThat(failure.getOriginalMessage()).startsWith("the run run-1 was finalized at 2")
                    .contains("cannot be taken back");
        });
    }

    @Test
    void a_run_that_could_be_forgotten_only_in_part_cannot_be_taken_back_either() throws Exception {
        StepTask load = task("load", "load.documents", "{\"from\": \"home:sessions\", \"to\": \"db:plates\","
                + " \"rows\": \".\", \"columns\": {\"plate\": \"text\"}}", 10);
        host.run(load, QUIET);
        Files.writeString(directory.resolve("home/plates.db"), "no database any more");

        assertThatThrownBy(() -> records.forget("run-1", QUIET)).isInstanceOfSatisfying(ApplicationFailure.class,
                failure -> assertThat(failure.getType()).isEqualTo("user/not-a-database"));

        assertThatThrownBy(() -> records.ledger("run-1")).hasMessageContaining("was finalized");
        Files.delete(directory.resolve("home/plates.db"));
        records.forget("run-1", QUIET);
        assertThat(directory.resolve("state/journal/run-1")).doesNotExist();
    }

    private static String tables(Path database) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                var statement = connection.createStatement();
                var rows = statement
                        .executeQuery("SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'")) {
            return rows.next() ? rows.getString(1) : "";
        }
    }

    private StepTask note(String step, String to, int second) {
        return task(step, "files.write", "{\"to\": \"" + to + "\", \"text\": \"x\"}", second);
    }

    private StepTask task(String step, String uses, String spec, int second) {
        JsonNode home = Json.read("{\"kind\": \"directory\", \"path\": \"" + directory.resolve("home") + "\"}",
                JsonNode.class);
        JsonNode database = Json.read("{\"kind\": \"sqlite\", \"directory\": \"home\", \"file\": \"plates.db\"}",
                JsonNode.class);
        return new StepTask(new StepIdentity("run-1", "plan", "target", "phase", step, 1), uses,
                Json.read(spec, JsonNode.class), Map.of("home", home, "db", database), Instant.EPOCH, 1,
                Duration.ofSeconds(1), Instant.EPOCH.plusSeconds(second), Map.of());
    }
}
