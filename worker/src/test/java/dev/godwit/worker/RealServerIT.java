package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real Temporal, and nothing but its own command line to start runs and to talk to them. */
@Order(1)
@ExtendWith(SharedSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealServerIT {
    private static final String PLAN = "license-plate-v2";
    private static final String SLOW_PLAN = "license-plate-slow";
    private static final int SESSIONS = 40;
    private static final int MANY_SESSIONS = 800;

    private DevServer temporal;
    private Site site;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        temporal = DevServer.start(directory);
        site = new Site(directory, temporal);
        // The plan of the example, and the same with batches so small that there is time to disturb it.
        Path plans = Files.createDirectories(directory.resolve("plans"));
        String plan = Files.readString(LicensePlate.EXAMPLE.resolve("plan.yaml"));
        Files.writeString(plans.resolve(PLAN + ".yaml"), plan);
        Files.writeString(plans.resolve(SLOW_PLAN + ".yaml"),
                LicensePlate.slow(plan, 1, "3s").replaceFirst("name: " + PLAN, "name: " + SLOW_PLAN));
        site.startWorker("--plans", plans.toString());
    }

    @AfterAll
    void stop() {
        if (site != null) {
            site.close(); // And its Temporal.
        }
    }

    @Test
    void a_run_that_temporals_command_line_starts_by_the_name_of_a_plan_migrates(@TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, SESSIONS).startV1()) {
            begin(plate, PLAN, idOf(PLAN, plate));

            JsonNode result = resultOf(idOf(PLAN, plate));

            assertThat(result.at("/result/state").asText()).as(result.toString()).isEqualTo("completed");
            assertThat(LicensePlate.version(plate.v2("/health"))).isEqualTo("2.0");
            assertThat(Detections.asV1WroteThem(Detections.inDatabase(plate.v2Home())))
                    .isEqualTo(Detections.inFiles(plate.sessions()));
        }
    }

    @Test
    void under_another_workflow_id_it_ends_at_once_and_names_the_right_one(@TempDir Path directory) throws Exception {
        LicensePlate plate = new LicensePlate(site, directory, 5);
        List<String> before = plate.snapshot();
        begin(plate, PLAN, "tonight");

        JsonNode result = resultOf("tonight");

        assertThat(result.get("status").asText()).isEqualTo("FAILED");
        assertThat(result.toString()).contains("must have the workflow id '" + idOf(PLAN, plate) + "'");
        assertThat(plate.snapshot()).isEqualTo(before);
        assertThat(Files.exists(plate.v2Home())).isFalse();
    }

    /** Each line: what comes with the signal, who sent it and why as the report tells. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
            "- | `` | ``", "{\"by\": \"kim\", \"reason\": \"it is 3 a.m.\"} | kim | it is 3 a.m."})
    @Tag("A10")
    void the_signal_rollback_takes_a_run_back(String input, String by, String reason, @TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, MANY_SESSIONS).startV1()) {
            List<String> before = plate.snapshot();
            String id = idOf(SLOW_PLAN, plate);
            begin(plate, SLOW_PLAN, id);
            someAreCopied(plate);

            signal(id, "rollback", input);
            JsonNode result = resultOf(id);

            assertThat(result.at("/result/state").asText()).as(result.toString()).isEqualTo("rolled-back");
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
            assertThat(messages(id)).singleElement()
                    .asString()
                    .startsWith("rollback by '" + by + "' because '" + reason + "': accepted");
        }
    }

    @Test
    void the_signals_pause_and_resume_stop_a_copy_and_let_it_go_on_with_and_without_input(@TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, MANY_SESSIONS).startV1()) {
            String id = idOf(SLOW_PLAN, plate);
            begin(plate, SLOW_PLAN, id);
            someAreCopied(plate);

            signal(id, "pause", null);
            Until.seen("the run is paused", () -> stateOf(id).equals("paused"));
            long copied = LicensePlate.count(copied(plate));
            assertThat(copied).isLessThan(MANY_SESSIONS);
            signal(id, "pause", "[1]");
            signal(id, "resume", null);
            Until.seen("the copy goes on", () -> LicensePlate.count(copied(plate)) > copied);

            signal(id, "pause", "{\"by\": \"kim\", \"reason\": \"the disk is slow\"}");
            Until.seen("the run is paused again", () -> stateOf(id).equals("paused"));
            signal(id, "resume", "{\"by\": \"kim\"}");

            JsonNode result = resultOf(id);
            assertThat(result.at("/result/state").asText()).as(result.toString()).isEqualTo("completed");
            assertThat(Detections.asV1WroteThem(Detections.inDatabase(plate.v2Home())))
                    .isEqualTo(Detections.inFiles(plate.sessions()));
            assertThat(messages(id)).satisfiesExactly(
                    message -> assertThat(message).startsWith("pause by '' because '': accepted"),
                    message -> assertThat(message)
                            .startsWith("pause by '' because '': ignored: the message is not JSON"),
                    message -> assertThat(message).startsWith("resume by '' because '': accepted"),
                    message -> assertThat(message).startsWith("pause by 'kim' because 'the disk is slow': accepted"),
                    message -> assertThat(message).startsWith("resume by 'kim' because '': accepted"));
        }
    }

    @Test
    void two_targets_are_migrated_side_by_side_and_a_second_run_of_one_is_refused(@TempDir Path one,
            @TempDir Path other) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, one, MANY_SESSIONS).startV1();
                LicensePlate beside = new LicensePlate(site, other, SESSIONS).startV1()) {
            String id = idOf(SLOW_PLAN, plate);
            String runId = begin(plate, SLOW_PLAN, id);
            someAreCopied(plate);

            Answer refused = temporal.temporal(startArguments(plate, SLOW_PLAN, id, "--fail-existing"));
            assertThat(refused.exit()).as(refused.out()).isNotZero();
            assertThat(refused.err()).contains(id, runId);
            // Without that option it answers with the run that is under way, and starts nothing.
            Answer same = temporal.temporal(startArguments(plate, SLOW_PLAN, id));
            assertThat(same.json().get("runId").asText()).isEqualTo(runId);
            Answer ours = site.godwit(slowly(plate).startArguments("--target", plate.home().toString()));
            assertThat(ours.exit()).isEqualTo(1);
            assertThat(ours.err()).contains("under way: " + id);

            // However fast this machine is, the one must be there for as long as the other takes.
            signal(id, "pause", null);
            begin(beside, PLAN, idOf(PLAN, beside));
            assertThat(resultOf(idOf(PLAN, beside)).at("/result/state").asText()).isEqualTo("completed");
            assertThat(statusOf(id)).isEqualTo("WORKFLOW_EXECUTION_STATUS_RUNNING");
            signal(id, "rollback", null);
            assertThat(resultOf(id).at("/result/state").asText()).isEqualTo("rolled-back");
        }
    }

    /** The plan's name is that of the slow one, so that the id is the same. */
    private static LicensePlate slowly(LicensePlate plate) throws Exception {
        return plate.plan(text -> LicensePlate.slow(text, 1, "3s").replaceFirst("name: " + PLAN, "name: " + SLOW_PLAN));
    }

    /** Completed, and failed with a rollback at the end. */
    @ParameterizedTest
    @CsvSource({"LOG_LEVEL=INFO, 0", "FAULT=wrong-detections, 3"})
    void a_run_leaves_the_same_report_on_the_embedded_server_and_on_the_real_one(String setting, int exit,
            Site embedded, @TempDir Path one, @TempDir Path other) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, one, SESSIONS).setting(setting).startV1();
                LicensePlate twin = new LicensePlate(embedded, other, SESSIONS).setting(setting).startV1()) {
            Site.Command run = plate.begin();
            Answer expected = twin.migrate();
            Answer answer = run.await();

            assertThat(expected.exit()).as(expected.err()).isEqualTo(exit);
            assertThat(answer.exit()).as(answer.err()).isEqualTo(exit);
            assertThat(ComparableReport.of(answer.json(), plate)).isEqualTo(ComparableReport.of(expected.json(), twin));
        }
    }

    private static void someAreCopied(LicensePlate plate) throws Exception {
        Until.seen("some sessions are copied", () -> LicensePlate.count(copied(plate)) > 20);
    }

    private static Path copied(LicensePlate plate) {
        return plate.v2Home().resolve("data/license_plates_v2");
    }

    private static String idOf(String plan, LicensePlate plate) {
        return plan + "/" + plate.home();
    }

    /** Returns the run id. */
    private String begin(LicensePlate plate, String plan, String workflowId) throws Exception {
        Answer started = temporal.temporal(startArguments(plate, plan, workflowId));
        assertThat(started.exit()).as(started.err()).isZero();
        String runId = started.json().get("runId").asText();
        plate.remember(runId);
        return runId;
    }

    private static List<String> startArguments(LicensePlate plate, String plan, String workflowId, String... options) {
        ObjectNode input = new ObjectMapper().createObjectNode().put("plan", plan);
        ObjectNode parameters = input.putObject("parameters");
        plate.parameters().forEach((name, value) -> {
            if (value instanceof Integer number) {
                parameters.put(name, number);
            } else {
                parameters.put(name, value.toString());
            }
        });
        List<String> arguments = new ArrayList<>(List.of("workflow", "start", "--type", "Migration", "--task-queue",
                "godwit", "--workflow-id", workflowId, "--input", input.toString()));
        arguments.addAll(List.of(options));
        return arguments;
    }

    private void signal(String workflowId, String verb, String input) throws Exception {
        List<String> arguments = new ArrayList<>(
                List.of("workflow", "signal", "--workflow-id", workflowId, "--name", verb));
        if (input != null) {
            arguments.addAll(List.of("--input", input));
        }
        Answer sent = temporal.temporal(arguments);
        assertThat(sent.exit()).as(sent.err()).isZero();
    }

    /** When the run has ended. */
    private JsonNode resultOf(String workflowId) throws Exception {
        return temporal.temporal("workflow", "result", "--workflow-id", workflowId).json();
    }

    private String statusOf(String workflowId) throws Exception {
        return temporal.temporal("workflow", "describe", "--workflow-id", workflowId)
                .json()
                .at("/workflowExecutionInfo/status")
                .asText();
    }

    private String stateOf(String workflowId) throws Exception {
        return ask(workflowId, "status").path("state").asText();
    }

    private JsonNode ask(String workflowId, String query) throws Exception {
        return temporal.temporal("workflow", "query", "--workflow-id", workflowId, "--type", query)
                .json()
                .at("/queryResult/0");
    }

    private List<String> messages(String workflowId) throws Exception {
        List<String> messages = new ArrayList<>();
        for (JsonNode message : ask(workflowId, "report").get("messages")) {
            messages.add(message.get("verb").asText() + " by '" + message.get("by").asText() + "' because '"
                    + message.get("reason").asText() + "': " + message.get("outcome").asText());
        }
        return messages;
    }
}
