package dev.godwit.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import io.temporal.worker.WorkerFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class GodwitTest {
    private static final CountDownLatch ENOUGH = new CountDownLatch(1);
    private static FakeTemporal temporal;
    private static WorkerFactory worker;

    @TempDir
    private Path directory;

    private final String target = UUID.randomUUID().toString();

    @BeforeAll
    static void start() {
        temporal = FakeTemporal.start();
        worker = temporal.worker(FakeMigration.AnsweringRun.class, new FakeMigration.Copying(ENOUGH));
    }

    @AfterAll
    static void stop() {
        ENOUGH.countDown();
        worker.shutdownNow();
        temporal.close();
    }

    @ParameterizedTest
    @CsvSource({"completes, completed, 0", "fails, failed, 1", "rolls-back, rolled back, 3"})
    void start_follows_the_run_to_its_end_and_tells_the_shell_how_it_ended(String plan, String state, int exit) {
        Answer answer = godwit("start", plan, "--target", target);
        assertThat(answer.out).startsWith(plan + "/" + target + ": " + state);
        assertThat(answer.out).contains("evidence: /srv/evidence/1");
        assertThat(answer.err).contains("started " + plan + "/" + target)
                .contains("phase copy begins, estimated 2m")
                .contains("  documents completed after 2s, passed: .output.documents > 0");
        assertThat(answer.exit).isEqualTo(exit);
    }

    @Test
    void why_a_run_failed_is_said() {
        assertThat(godwit("start", "fails", "--target", target).out).contains("V2 is silent (external/http)");
    }

    @Test
    void faults_that_the_worker_finds_are_all_shown() {
        Answer answer = godwit("start", "invalid", "--target", target);
        assertThat(answer.exit).isEqualTo(2);
        assertThat(answer.err).contains("plan.yaml:3:5: 'backup.fils'").contains("plan.yaml:9:1:");
        assertThat(godwit("start", "invalid", "--target", target, "--output", "json").json().at("/error/faults"))
                .hasSize(2);
    }

    @Test
    void the_answer_for_programs_is_one_document_on_standard_output() {
        JsonNode report = godwit("start", "completes", "--target", target, "--output", "json").json();
        assertThat(report.get("state").asText()).isEqualTo("completed");
        assertThat(report.get("started_by").asText()).endsWith("@ops-1");
        String run = report.get("workflow_id").asText();
        assertThat(godwit("status", run, "--output=json").json().get("state").asText()).isEqualTo("completed");
        assertThat(godwit("watch", run, "--output=json").json()).isEqualTo(report);
        assertThat(godwit("report", run, "--format=json").json()).isEqualTo(report);
        assertThat(godwit("report", "nothing", "--output", "json").json().at("/error/exit_code").asInt()).isEqualTo(1);
        assertThat(godwit("report", "--output=json").json().at("/error/exit_code").asInt()).isEqualTo(2);
    }

    @Test
    void a_detached_start_answers_at_once_with_the_ids() {
        JsonNode started = godwit("start", "waits", "--target", target, "--detach", "--output", "json").json();
        assertThat(started.get("workflow_id").asText()).isEqualTo("waits/" + target);
        assertThat(started.get("run_id").asText()).isNotEmpty();
    }

    @Test
    void a_second_run_of_a_target_is_refused_with_the_id_and_state_of_the_first() {
        godwit("start", "waits", "--target", target, "--detach");
        Answer second = godwit("start", "waits", "--target", target);
        assertThat(second.exit).isEqualTo(1);
        assertThat(second.err).contains("waits/" + target).contains("running, phase copy");
    }

    @Test
    void a_dry_run_has_an_id_of_its_own_and_blocks_nobody() {
        godwit("start", "waits", "--target", target, "--detach");
        JsonNode report = godwit("start", "waits", "--target", target, "--dry-run", "--detach", "--output=json").json();
        assertThat(report.get("workflow_id").asText()).matches("waits/" + target + "/dry-run/[0-9a-f]{8}");
    }

    @Test
    void a_plan_file_travels_whole_with_typed_parameters_and_absolute_paths() throws Exception {
        Path file = plan("completes", "");
        Answer answer = godwit("start", file.toString(), "--param", "home=some/../place", "--param", "port=8001",
                "--output=json");
        String home = Path.of("place").toAbsolutePath().toString();
        assertThat(answer.json().get("workflow_id").asText()).isEqualTo("completes/" + home + "-8001");
        assertThat(answer.json().get("parameters"))
                .isEqualTo(Json.read("{\"home\":\"" + home + "\",\"port\":8001}", JsonNode.class));
        JsonNode request = Json.read(temporal.client()
                .fetchHistory("completes/" + home + "-8001")
                .getHistory()
                .getEvents(0)
                .getWorkflowExecutionStartedEventAttributes()
                .getInput()
                .getPayloads(0)
                .getData()
                .toStringUtf8(), JsonNode.class);
        assertThat(request.get("source").asText()).isEqualTo(Files.readString(file));
        assertThat(request.get("file").asText()).isEqualTo(file.toString());
    }

    @Test
    void faults_of_form_and_of_parameters_are_shown_without_temporal() throws Exception {
        Map<String, String> nowhere = Map.of("TEMPORAL_ADDRESS", "127.0.0.1:" + FakeTemporal.freePort());
        Answer form = godwit(nowhere, new ByteArrayOutputStream(), "start",
                plan("completes", "phasen: []\n").toString());
        assertThat(form.exit).isEqualTo(2);
        assertThat(form.err).contains("plan.yaml:").contains("phasen");
        Answer parameters = godwit(nowhere, new ByteArrayOutputStream(), "start", plan("completes", "").toString(),
                "--param", "port=http");
        assertThat(parameters.exit).isEqualTo(2);
        assertThat(parameters.err).contains("'home' is required").contains("'port' must be a whole number");
    }

    @Test
    void a_plan_that_is_not_there_is_named() {
        Answer answer = godwit("start", "plans/nothing.yaml");
        assertThat(answer.exit).isEqualTo(2);
        assertThat(answer.err).contains("there is no file 'plans/nothing.yaml'");
    }

    @Test
    void a_name_without_a_target_is_refused_with_the_reason() {
        Answer answer = godwit("start", "completes");
        assertThat(answer.exit).isEqualTo(2);
        assertThat(answer.err).contains("--target");
    }

    @Test
    void a_rollback_is_answered_by_the_run_and_start_sees_it() throws Exception {
        String run = "waits/" + target;
        godwit("start", "waits", "--target", target, "--detach");
        CompletableFuture<Answer> watching = CompletableFuture.supplyAsync(() -> godwit("watch", run));
        Answer rollback = godwit("rollback", run, "--only", "files,database", "--reason", "V2 is slow");
        assertThat(rollback.exit).isZero();
        assertThat(rollback.out).contains("rolling back, asked by " + System.getProperty("user.name") + "@ops-1")
                .contains("FILES, DATABASE");
        Answer watched = watching.get();
        assertThat(watched.exit).isEqualTo(3);
        assertThat(watched.out).contains("rolled back").contains("V2 is slow");
    }

    @Test
    void a_refused_rollback_says_why() {
        godwit("start", "waits", "--target", target, "--detach");
        Answer answer = godwit("rollback", "waits/" + target, "--reason", "no");
        assertThat(answer.exit).isEqualTo(1);
        assertThat(answer.err).contains("the run refuses: past the pivot");
    }

    @Test
    void a_rollback_of_a_run_that_has_ended_says_so() {
        godwit("start", "completes", "--target", target);
        Answer answer = godwit("rollback", "completes/" + target);
        assertThat(answer.exit).isEqualTo(1);
        assertThat(answer.err).contains("has ended (completed at ").contains("recover-from-a-backup.md");
    }

    @Test
    void a_rollback_keeps_either_a_phase_or_kinds_but_not_both() {
        assertThat(godwit("rollback", "x", "--to", "copy", "--only", "files").exit).isEqualTo(2);
        assertThat(godwit("rollback", "x", "--only", "fils").err).contains("fils").contains("FILES");
    }

    @Test
    void status_and_watch_show_progress_from_the_heartbeat() throws Exception {
        String run = "works/" + target;
        godwit("start", "works", "--target", target, "--detach");
        Answer status = godwit("status", run);
        while (!status.out.contains("progress")) {
            status = godwit("status", run);
        }
        assertThat(status.out).contains(run + ": running, phase copy, 1 of 2 steps")
                .contains("documents: 300 of 1200 documents (25 %), 100/s, done in about 9s")
                .contains("godwit rollback " + run);
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        CompletableFuture<Answer> watching = CompletableFuture
                .supplyAsync(() -> godwit(temporal.environment(), seen, "watch", run));
        while (!seen.toString(StandardCharsets.UTF_8).contains("  documents: 300 of 1200 documents")) {
            Thread.onSpinWait();
        }
        ENOUGH.countDown();
        assertThat(watching.get().exit).isZero();
    }

    @Test
    void a_report_is_printed_as_markdown_or_html() {
        godwit("start", "completes", "--target", target);
        assertThat(godwit("report", "completes/" + target).out).startsWith("# completes: completed");
        assertThat(godwit("report", "completes/" + target, "--format", "html").out).startsWith("<!DOCTYPE html>");
    }

    @Test
    void a_run_that_is_not_there_is_named_with_the_remedy() {
        Answer answer = godwit("status", "nothing");
        assertThat(answer.exit).isEqualTo(1);
        assertThat(answer.err).contains("there is no run 'nothing' at 127.0.0.1").contains("whole workflow id");
        assertThat(godwit("status").err).contains("cannot list runs");
    }

    @Test
    void a_terminated_run_ends_the_watch() {
        String run = "waits/" + target;
        godwit("start", "waits", "--target", target, "--detach");
        temporal.client().newUntypedWorkflowStub(run).terminate("enough");
        Answer answer = godwit("watch", run);
        assertThat(answer.exit).isEqualTo(1);
        assertThat(answer.out).contains("terminated, so nothing that it did was taken back");
    }

    @Test
    void an_unreachable_server_is_named_with_the_remedy() {
        String address = "127.0.0.1:" + FakeTemporal.freePort();
        Answer answer = godwit(Map.of("TEMPORAL_ADDRESS", address), new ByteArrayOutputStream(), "status", "x");
        assertThat(answer.exit).isEqualTo(5);
        assertThat(answer.err).contains(address).contains("godwit dev").contains("TEMPORAL_ADDRESS");
        assertThat(answer.err.lines()).hasSize(1);
    }

    @Test
    void help_shows_every_command() {
        Answer help = godwit("--help");
        assertThat(help.exit).isZero();
        assertThat(help.out.lines().map(String::strip).map(line -> line.split(" ")[0]).toList()).contains("start",
                "status", "watch", "report", "rollback", "check", "steps", "demo", "dev", "worker", "doctor");
    }

    @Test
    void a_misspelt_command_gets_a_suggestion() {
        Answer answer = godwit("statsu");
        assertThat(answer.exit).isEqualTo(2);
        assertThat(answer.err).contains("did you mean 'status'?");
        assertThat(godwit("strat").err).contains("did you mean 'start'?");
        assertThat(godwit("chekc").err).contains("did you mean 'check'?");
    }

    private Path plan(String name, String more) throws IOException {
        return Files.writeString(directory.resolve("plan.yaml"), """
                name: %s
                target: '${{ .params.home }}-${{ .values.port }}'
                parameters:
                  home: {type: path, required: true}
                  port: {type: integer, default: 8000}
                values:
                  port: '${{ .params.port }}'
                phases:
                  - name: copy
                    steps:
                      - {name: documents, uses: copy.documents}
                %s""".formatted(name, more));
    }

    private static Answer godwit(String... arguments) {
        return godwit(temporal.environment(), new ByteArrayOutputStream(), arguments);
    }

    static Answer godwit(Map<String, String> environment, ByteArrayOutputStream err, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int exit = Godwit.run(environment, new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8), arguments);
        return new Answer(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    record Answer(int exit, String out, String err) {
        /** Standard output, which must be one document. */
        JsonNode json() {
            return Json.read(out, JsonNode.class);
        }
    }
}
