package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The speech server, from one legacy program to routers and a library. */
@ExtendWith(SharedSite.class)
@Isolated("the old server and the new one are measured")
class SttsIT {
    private static final int MIGRATIONS = 20;

    @Test
    @Tag("D1")
    @Tag("D2")
    @Tag("D3")
    @Tag("D6")
    @Tag("D7")
    @Tag("D8")
    @Tag("D10")
    void the_new_server_gets_its_features_one_by_one_and_the_configuration_keeps_its_comments(Site site,
            @TempDir Path directory) throws Exception {
        try (SpeechServer stts = new SpeechServer(site, directory)) {
            List<String> before = Files.readAllLines(stts.config());
            aDryRunChangesNothing(stts);

            Answer answer = stts.migrate();

            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.covered()).contains("D1", "D2", "D3", "D5", "D6", "D7", "D8", "D9", "D10");
            assertThat(answer.phase("native")).isEqualTo("skipped");
            assertThat(stts.v2("/health").get("features").toString())
                    .isEqualTo("[\"adapters\",\"middleware\",\"library\"]");
            assertThat(Files.readAllLines(stts.config())).startsWith(before.toArray(String[]::new))
                    .contains("  library_integration: true");
            long records = Files.readAllLines(stts.home().resolve("analytics/records.jsonl")).size();
            assertThat(records).as("those of the measurement, too").isGreaterThan(200);
            assertThat(answer.step("same_usage").get("output").get("compared").asLong()).isEqualTo(records);
            assertThat(LicensePlate.json(stts.home().resolve("usage/1.json")).toString())
                    .isEqualTo(
                            "{\"voice_id\":\"ada\",\"usage_count\":1,\"timestamp\":1.77000000025E9,\"success\":false}");
            assertThat(Files.readString(stts.home().resolve("logs/server_v2.log"))).contains("] INFO [-] ");
            assertThat(LicensePlate.json(stts.reports().resolve("migration_tests.json")).get("success_rate").asInt())
                    .isEqualTo(100);
            assertThat(answer.step("as_good_as_before").get("output").get("verdict").asText()).isEqualTo("passed");
            assertThat(answer.step("clients_are_served").get("output").get("failed").asInt()).isZero();
            assertThat(stts.architecture()).isEqualTo("routers");
        }
    }

    private static void aDryRunChangesNothing(SpeechServer stts) throws Exception {
        List<String> before = stts.snapshot();

        Answer answer = stts.migrate("--dry-run");

        assertThat(answer.exit()).as(answer.err()).isZero();
        assertThat(answer.json().get("mode").asText()).isEqualTo("dry-run");
        assertThat(answer.step("router_settings").get("preview").toString()).contains("+routers:");
        assertThat(stts.snapshot()).isEqualTo(before);
        assertThat(stts.architecture()).isEqualTo("legacy");
    }

    @Test
    @Tag("D3")
    @Tag("D4")
    void a_feature_that_does_not_work_is_switched_off_alone(Site site, @TempDir Path directory) throws Exception {
        try (SpeechServer stts = new SpeechServer(site, directory)) {
            Answer answer = stts.migrate("--param", "faults=broken=middleware", "--param", "native=yes");

            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.phase("middleware")).isEqualTo("undone");
            assertThat(answer.phase("native")).isEqualTo("completed");
            assertThat(stts.v2("/health").get("features").toString())
                    .isEqualTo("[\"adapters\",\"library\",\"native\"]");
            assertThat(Files.readString(stts.config())).doesNotContain("middleware");
        }
    }

    @Test
    @Tag("D5")
    @Tag("D11")
    void all_that_is_wrong_with_the_configuration_stops_the_run_before_anything_changes(Site site,
            @TempDir Path directory) throws Exception {
        try (SpeechServer stts = new SpeechServer(site, directory)) {
            Files.writeString(stts.config(), Files.readString(stts.config())
                    .replace("  engines: 8", "  engins: 8\n  temperature: 1")
                    .replace("'INFO'", "chatty"));
            List<String> before = stts.snapshot();

            Answer answer = stts.migrate();

            assertThat(answer.exit()).as(answer.err()).isEqualTo(1);
            assertThat(answer.json().get("failure").get("message").asText()).contains("has 3 faults: ",
                    "line 5: .server.log_level must be one of DEBUG, INFO, WARNING, ERROR",
                    "line 12: .gen.engins is not known; did you mean 'engines'?",
                    "line 13: .gen.temperature is deprecated; use .gen.default_temperature");
            assertThat(stts.snapshot()).isEqualTo(before);
            assertThat(answer.step("seen_configuration").get("failure").get("message").asText())
                    .contains(".gen.temperature is deprecated");
            assertThat(answer.step("seen_server").at("/output/passed").asInt()).as("there is none yet").isZero();
        }
    }

    @Test
    @Tag("D8")
    @Tag("D9")
    void a_failed_test_at_the_end_takes_everything_back_and_the_legacy_server_answers(Site site,
            @TempDir Path directory) throws Exception {
        try (SpeechServer stts = new SpeechServer(site, directory)) {
            List<String> before = stts.snapshot();

            Answer answer = stts.migrate("--param", "faults=broken=statistics");

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(answer.json().get("state").asText()).isEqualTo("rolled-back");
            assertThat(stts.snapshot()).isEqualTo(before);
            assertThat(answer.step("start").get("undo").get("state").asText()).isEqualTo("undone");
            assertThat(LicensePlate.json(stts.reports().resolve("migration_tests.json")).get("success_rate").asDouble())
                    .isEqualTo(87.5);
            assertThat(stts.architecture()).isEqualTo("legacy");
        }
    }

    @Test
    @Tag("D9")
    void on_request_everything_is_taken_back_and_the_legacy_server_does_what_it_did(Site site, @TempDir Path directory)
            throws Exception {
        try (SpeechServer stts = new SpeechServer(site, directory)) {
            List<String> before = stts.snapshot();
            List<String> answers = stts.answers();
            assertThat(stts.migrate().exit()).isZero();
            assertThat(stts.architecture()).isEqualTo("routers");

            Answer back = site.godwit("rollback", stts.workflowId(), "--by", "kim", "--reason", "as practised",
                    "--output", "json");

            assertThat(back.exit()).as(back.err()).isZero();
            assertThat(back.json().get("state").asText()).isEqualTo("rolled-back");
            assertThat(back.json().at("/messages/0/reason").asText()).isEqualTo("as practised");
            assertThat(stts.architecture()).isEqualTo("legacy");
            assertThat(stts.answers()).isEqualTo(answers);
            assertThat(stts.snapshot()).isEqualTo(before);
        }
    }

    @Test
    @Tag("D11")
    void what_there_is_to_be_seen_when_it_fails_stands_in_the_report(Site site, @TempDir Path directory)
            throws Exception {
        try (SpeechServer stts = new SpeechServer(site, directory)) {
            Answer answer = stts.migrate("--param", "faults=broken=statistics");

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(answer.phase("diagnosis")).isEqualTo("completed");
            assertThat(answer.step("seen_legacy").at("/output/failed").asInt()).isZero();
            assertThat(answer.step("seen_server").at("/output/results").toString())
                    .as("it still ran, and nothing was taken back yet")
                    .contains("/tts/statistics", "500");
            assertThat(answer.step("seen_server").at("/output/passed").asInt()).isEqualTo(3);
            assertThat(answer.step("seen_configuration").get("state").asText()).isEqualTo("completed");
            assertThat(answer.step("seen_files").at("/output/counts/voices").asInt()).isPositive();
            Answer report = site.godwit("report", stts.workflowId());
            assertThat(report.out()).contains("diagnosis", "seen_server", "/tts/statistics");
        }
    }

    /** The figures of the requirement need a machine that does little else; in the short form nobody can miss them. */
    static List<String> faults() {
        return Boolean.getBoolean("godwit.long")
                ? List.of("slower=30", "failing=6", "throughput=25")
                : List.of("slower=100", "failing=30", "throughput=60");
    }

    @ParameterizedTest
    @MethodSource("faults")
    @Tag("D9")
    @Tag("D10")
    void a_new_server_that_does_worse_than_the_legacy_one_is_noticed_and_taken_back(String fault, Site site,
            @TempDir Path directory) throws Exception {
        try (SpeechServer stts = new SpeechServer(site, directory)) {
            List<String> before = stts.snapshot();

            Answer answer = stts.migrate("--param", "faults=" + fault);

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(answer.json().get("failure").get("message").asText()).contains("as_good_as_before");
            assertThat(stts.snapshot()).isEqualTo(before);
            assertThat(stts.architecture()).isEqualTo("legacy");
        }
    }

    /** How many of them pass by chance is what their confidence says; none may be sent back that is as good. */
    @Test
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true", disabledReason = "it takes long; say -Dgodwit.long=true")
    @Tag("D10")
    void a_new_server_that_does_as_well_passes_twenty_times_out_of_twenty(Site site, @TempDir Path directory)
            throws Exception {
        List<String> verdicts = new ArrayList<>();
        for (int number = 1; number <= MIGRATIONS; number++) {
            try (SpeechServer stts = new SpeechServer(site,
                    Files.createDirectory(directory.resolve(String.valueOf(number))))) {
                Answer answer = stts.migrate();
                JsonNode found = answer.step("as_good_as_before").path("output");
                verdicts.add(found.path("verdict").asText() + ", exit code " + answer.exit() + ": "
                        + found.path("results").findValuesAsText("why"));
                System.out.println(number + ": " + verdicts.getLast());
            }
        }
        assertThat(verdicts).hasSize(MIGRATIONS).allMatch(verdict -> verdict.startsWith("passed, exit code 0: "));
    }

    /** Those whose failure takes everything back; of the others a failed feature is switched off alone. */
    static List<String> phases() {
        return Boolean.getBoolean("godwit.long")
                ? List.of("assess", "backup", "routers", "staging", "validate", "compare", "cutover", "analytics")
                : List.of("cutover");
    }

    @ParameterizedTest
    @MethodSource("phases")
    @Tag("D9")
    void whatever_phase_fails_the_legacy_server_serves_as_before(String phase, Site site, @TempDir Path directory)
            throws Exception {
        try (SpeechServer stts = new SpeechServer(site, directory)) {
            List<String> before = stts.snapshot();
            Path failing = Files.writeString(directory.resolve("failing.yaml"), FailingPlan.atTheEndOf(phase,
                    Files.readString(SpeechServer.EXAMPLE.resolve("plan.yaml")), "home"));

            Answer answer = stts.migrate(failing);

            // In the first two nothing was changed, so there was nothing to roll back.
            assertThat(answer.exit()).as(answer.err()).isEqualTo(List.of("assess", "backup").contains(phase) ? 1 : 3);
            assertThat(answer.step(FailingPlan.STEP).get("state").asText()).isEqualTo("failed");
            assertThat(stts.snapshot()).isEqualTo(before);
            assertThat(stts.architecture()).isEqualTo("legacy");
        }
    }
}
