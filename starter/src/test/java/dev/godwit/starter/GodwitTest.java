package dev.godwit.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Json;
import dev.godwit.run.Verb;
import io.temporal.worker.WorkerFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        CompletableFuture<Answer> watching = CompletableFuture.supplyAsync(() -> godwit("watch", run),
                Thread::startVirtualThread);
        Answer rollback = godwit("rollback", run, "--only", "files,database", "--reason", "V2 is slow");
        assertThat(rollback.exit).isZero();
        assertThat(rollback.out).contains("rollback, asked by " + System.getProperty("user.name") + "@ops-1")
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
    void a_rollback_of_a_run_under_way_says_what_it_undoes_and_what_could_be_lost() {
        godwit("start", "waits", "--target", target, "--detach");
        Answer preview = godwit("rollback", "waits/" + target, "--preview", "--to", "copy");
        assertThat(preview.exit).isZero();
        assertThat(preview.out).isEqualTo("""
                would undo 2 steps
                  may lose  what others wrote to v2 since (undo of sessions)
                  undo      start_v2 (process.start, deployment, phase dual): left out, a later undo stops it again
                  undo      sessions (copy.documents, files, phase copy)
                  keep      backup copy
                """);
        assertThat(godwit("status", "waits/" + target).out).contains(": running");
        JsonNode rollback = godwit("rollback", "waits/" + target, "--output=json").json();
        assertThat(rollback.get("delivered").asText()).isEqualTo("update");
        assertThat(rollback.at("/rollback/undo/1/loses").asText()).isEqualTo("what others wrote to v2 since");
        assertThat(rollback.at("/rollback/undo/0/left_out").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"completes", "fails"})
    void a_run_that_has_ended_is_taken_back_by_another_under_the_same_id(String plan) {
        String run = plan + "/" + target;
        String runId = runId(godwit("start", plan, "--target", target));
        Answer rollback = godwit("rollback", run, "--only", "files", "--by", "ann", "--reason", "too slow");
        assertThat(rollback.exit).as(rollback.err).isZero();
        assertThat(rollback.err).contains("has ended (" + (plan.equals("fails") ? "failed" : "completed") + " at ");
        assertThat(rollback.out).contains(run + ": rolled back")
                .contains("took back " + runId)
                .contains("only=[FILES]", "too slow")
                .contains(", of " + target);
        assertThat(godwit("report", run, "--format=json").json().get("started_by").asText()).isEqualTo("ann");
        Answer again = godwit("rollback", run);
        assertThat(again.err).contains("has ended (rolled back at ");
        assertThat(again.out).contains("took back").doesNotContain(runId);
        Answer nothing = godwit("rollback", run);
        assertThat(nothing.exit).isEqualTo(1);
        assertThat(nothing.err).contains("has ended (rolled back at ", "nothing is left that could be taken back");
        assertThat(godwit("status", run).out).contains(": rolled back");
    }

    @Test
    void a_terminated_run_can_be_taken_back() {
        String run = "waits/" + target;
        String runId = runId(godwit("start", "waits", "--target", target, "--detach"));
        temporal.client().newUntypedWorkflowStub(run).terminate("enough");
        Answer rollback = godwit("rollback", run, "--output=json");
        assertThat(rollback.exit).isZero();
        assertThat(rollback.err).contains("has ended (terminated at ").doesNotContain("cannot");
        assertThat(rollback.json().at("/failure/message").asText()).startsWith("took back " + runId);
        assertThat(rollback.json().get("mode").asText()).isEqualTo("rollback");
    }

    @Test
    void a_preview_of_taking_back_a_run_that_has_ended_has_an_id_of_its_own() {
        String run = "completes/" + target;
        godwit("start", "completes", "--target", target);
        assertThat(godwit("rollback", run, "--preview").out).contains("may lose  what others wrote to v2 since")
                .contains("undo      sessions");
        Answer preview = godwit("rollback", run, "--preview", "--output=json");
        assertThat(preview.exit).isZero();
        assertThat(preview.json().at("/rollback/undo")).hasSize(2);
        String id = preview.json().get("workflow_id").asText();
        assertThat(id).matches(Pattern.quote(run) + "/preview/[0-9a-f]{8}");
        assertThat(godwit("status", run).out).contains(": completed");
        assertThat(godwit("rollback", id).err).contains("nothing to take back");
    }

    @Test
    void a_dry_run_cannot_be_taken_back() {
        String id = godwit("start", "completes", "--target", target, "--dry-run", "--output=json").json()
                .get("workflow_id")
                .asText();
        Answer rollback = godwit("rollback", id);
        assertThat(rollback.exit).isEqualTo(1);
        assertThat(rollback.err).contains("only looked");
    }

    @ParameterizedTest
    @CsvSource({"waits, pause, '', 0", "gated, approve, --gate=cutover, 0", "gated, reject, --gate=cutover, 3",
            "parks, retry, --step=sessions, 0", "parks, skip, '', 0", "gated, finalize, '', 0"})
    void a_verb_is_answered_by_the_run(String plan, String verb, String option, int end) {
        String run = plan + "/" + target;
        godwit("start", plan, "--target", target, "--detach");
        List<String> command = new ArrayList<>(List.of(verb, run, "--by", "ann", "--reason", "ok"));
        if (!option.isEmpty()) {
            command.add(option);
        }
        Answer answer = godwit(command.toArray(String[]::new));
        assertThat(answer.exit).as(answer.err).isZero();
        assertThat(answer.out).startsWith(verb + ", asked by ann"
                + (option.isEmpty() ? "" : ", " + option.substring(2).replace('=', ' ')))
                .contains("follow it: godwit watch " + run);
        if (!verb.equals("pause")) {
            assertThat(godwit("watch", run).exit).isEqualTo(end);
            Answer late = godwit(verb, run);
            assertThat(late.exit).isEqualTo(1);
            assertThat(late.err).contains("has ended (" + (end == 0 ? "completed" : "rolled back") + " at ")
                    .contains("nothing to " + verb);
        }
    }

    @Test
    void a_rate_travels_as_it_was_typed_and_nonsense_does_not() {
        String run = "waits/" + target;
        godwit("start", "waits", "--target", target, "--detach");
        assertThat(godwit("throttle", run, "--rate", "5000", "--step", "rows").out).contains(", step rows, rate 5000");
        assertThat(godwit("throttle", run, "--rate=none").out).contains(", rate null");
        for (String rate : List.of("-1", "fast", "1.5", "9999999999999999999")) {
            Answer answer = godwit("throttle", run, "--rate=" + rate);
            assertThat(answer.exit).isEqualTo(2);
            assertThat(answer.err).contains("a whole number of 0 or more, or 'none', and not '" + rate + "'");
        }
        assertThat(godwit("throttle", run).err).contains("--rate=N|none");
    }

    @Test
    void a_verb_says_who_by_default_and_answers_programs() {
        godwit("start", "waits", "--target", target, "--detach");
        JsonNode answer = godwit("pause", "waits/" + target, "--output=json").json();
        assertThat(answer.get("workflow_id").asText()).isEqualTo("waits/" + target);
        assertThat(answer.get("delivered").asText()).isEqualTo("update");
        assertThat(answer.get("answer").asText()).endsWith("@ops-1");
        assertThat(answer.has("rollback")).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Verb.class)
    void a_refused_verb_says_why(Verb verb) {
        godwit("start", "waits", "--target", target, "--detach");
        List<String> command = new ArrayList<>(
                List.of(verb.word(), "waits/" + target, "--reason", "no", "--output=json"));
        if (verb == Verb.THROTTLE) {
            command.add("--rate=0");
        }
        Answer answer = godwit(command.toArray(String[]::new));
        assertThat(answer.exit).isEqualTo(1);
        assertThat(answer.err).contains("the run refuses: past the pivot");
        assertThat(answer.json().at("/error/message").asText()).contains("past the pivot");
    }

    @Test
    void every_verb_has_a_command_that_says_what_it_does() {
        for (Verb verb : Verb.values()) {
            Answer help = godwit(verb.word(), "--help");
            assertThat(help.out).contains("Usage: godwit " + verb.word()).contains("RUN", "--by", "--reason");
            assertThat(help.out.lines().count()).isGreaterThan(8);
        }
        assertThat(godwit("rollback", "--help").out.split("--only", -1)).hasSize(3);
    }

    @Test
    void start_and_watch_end_where_a_person_is_needed_and_say_what_to_type() {
        String run = "gated/" + target;
        Answer start = godwit("start", "gated", "--target", target);
        assertThat(start.exit).isEqualTo(4);
        assertThat(start.out)
                .startsWith(run + ": waiting for approval\n  waits:    cutover waits for approval: V1 stops"
                        + " taking traffic (for ")
                .contains("""
                          type:     godwit approve RUN
                          type:     godwit reject RUN
                          type:     godwit pause RUN
                          type:     godwit rollback RUN
                          then:     godwit watch RUN
                        """.replace("RUN", run));
        assertThat(start.err).contains("cutover waits for approval: V1 stops taking traffic, until ");
        Answer watch = godwit("watch", run, "--output=json");
        assertThat(watch.exit).isEqualTo(4);
        assertThat(watch.json().get("state").asText()).isEqualTo("waiting-for-approval");
        godwit("approve", run);
        assertThat(godwit("watch", run).exit).isZero();
    }

    @Test
    void a_run_that_waits_for_a_moment_only_is_followed_on() {
        assertThat(godwit("start", "hesitates", "--target", target).exit).isZero();
    }

    @Test
    void watch_tells_a_pause_and_that_it_is_over() throws Exception {
        String run = "waits/" + target;
        godwit("start", "waits", "--target", target, "--detach");
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        CompletableFuture<Answer> watching = CompletableFuture
                .supplyAsync(() -> godwit(temporal.environment(), seen, "watch", run), Thread::startVirtualThread);
        Until.seen("documents begins", () -> seen.toString(StandardCharsets.UTF_8).contains("documents begins"));
        godwit("pause", run);
        Until.seen("  paused", () -> seen.toString(StandardCharsets.UTF_8).contains("  paused"));
        godwit("resume", run);
        Until.seen("  resumed", () -> seen.toString(StandardCharsets.UTF_8).contains("  resumed"));
        godwit("rollback", run);
        assertThat(watching.get().exit).isEqualTo(3);
    }

    @Test
    void status_tells_what_is_waited_for_and_what_to_type_and_the_shell_knows() {
        String run = "parks/" + target;
        godwit("start", "parks", "--target", target, "--detach");
        Answer status = godwit("status", run);
        assertThat(status.exit).isEqualTo(4);
        assertThat(status.out).contains(": waiting for decision, phase copy")
                .contains("  waits     sessions failed, what now? disk full (for ")
                .contains("23h59m left")
                .containsSubsequence("godwit retry " + run, "godwit skip " + run, "godwit rollback " + run);
        assertThat(godwit("status", run, "--output=json").json().at("/waiting/0/kind").asText()).isEqualTo("step");
        godwit("skip", run);
        assertThat(godwit("watch", run).exit).isZero();
        assertThat(godwit("status", run).exit).isZero();
    }

    @Test
    void a_schedule_asked_of_a_server_without_schedules_names_the_remedy() {
        Answer answer = godwit("schedule", "create", "nightly", "completes", "--target", target, "--cron", "0 2 * * *");
        assertThat(answer.exit).isEqualTo(1);
        assertThat(answer.err).contains("has no schedules").contains("godwit dev");
        for (String command : List.of("show", "pause", "resume", "trigger", "delete")) {
            assertThat(godwit("schedule", command, "nightly").err).contains("has no schedules");
        }
        assertThat(godwit("schedule", "list").err).contains("has no schedules");
        assertThat(godwit("status", "--schedule", "nightly").err).contains("has no schedules");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"0 2 * *;it has 4 fields, not five", "61 2 * * *;'61' is no minute (0-59)",
            "0 2 * * mo;'mo' is no day of week", "0 22-6 * * *;'22-6' ends before it begins",
            "*/0 * * * *;is no number above 0", "@nightly;is none of @hourly, @daily", "a-b-c * * * *;is no minute"})
    void times_that_are_none_are_refused_with_the_part_that_is_wrong(String cron, String why) {
        Answer answer = godwit("schedule", "create", "nightly", "completes", "--target", target, "--cron", cron);
        assertThat(answer.exit).isEqualTo(2);
        assertThat(answer.err).contains(why).contains("'0 2 * * *'");
    }

    @Test
    void a_schedule_needs_a_name_a_zone_and_a_plan_that_exist() {
        assertThat(godwit("schedule", "create", "Every Night", "x", "--cron", "@daily").err).contains("is no name");
        assertThat(godwit("schedule", "create", "nightly", "x", "--cron", "@daily", "--zone", "Europe/Berlyn").err)
                .contains("did you mean 'Europe/Berlin'?");
        assertThat(godwit("schedule", "create", "nightly", "x.yaml", "--cron", "@daily").err).contains("no file");
        assertThat(godwit("schedule").err).contains("godwit schedule --help");
    }

    @Test
    void a_rollback_keeps_either_a_phase_or_kinds_but_not_both() {
        assertThat(godwit("rollback", "x", "--to", "copy", "--only", "files").exit).isEqualTo(2);
        assertThat(godwit("rollback", "x", "--only", "fils").err).contains("'fils' is no kind; did you mean 'files'?");
    }

    @Test
    void status_and_watch_show_progress_from_the_heartbeat() throws Exception {
        String run = "works/" + target;
        godwit("start", "works", "--target", target, "--detach");
        Until.seen("progress", () -> godwit("status", run).out.contains("progress"));
        Answer status = godwit("status", run);
        assertThat(status.out).contains(run + ": running, phase copy, 1 of 2 steps")
                .contains("documents: 300 of 1200 documents (25 %), 100/s, done in about 9s")
                .contains("godwit rollback " + run);
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        CompletableFuture<Answer> watching = CompletableFuture
                .supplyAsync(() -> godwit(temporal.environment(), seen, "watch", run), Thread::startVirtualThread);
        Until.seen("  documents: 300 of 1200 documents",
                () -> seen.toString(StandardCharsets.UTF_8).contains("  documents: 300 of 1200 documents"));
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
        assertThat(answer.out).contains("terminated, so nothing that it did was taken back; 'godwit rollback " + run);
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
                "status", "watch", "report", "rollback", "pause", "resume", "approve", "reject", "retry", "skip",
                "finalize", "schedule", "check", "steps", "demo", "dev", "worker", "doctor");
    }

    @Test
    void a_misspelt_command_gets_a_suggestion() {
        Answer answer = godwit("statsu");
        assertThat(answer.exit).isEqualTo(2);
        assertThat(answer.err).contains("did you mean 'status'?");
        assertThat(godwit("strat").err).contains("did you mean 'start'?");
        assertThat(godwit("chekc").err).contains("did you mean 'check'?");
    }

    private static String runId(Answer start) {
        Matcher runId = Pattern.compile("\\(run id ([0-9a-f-]+)\\)").matcher(start.err);
        assertThat(runId.find()).isTrue();
        return runId.group(1);
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
