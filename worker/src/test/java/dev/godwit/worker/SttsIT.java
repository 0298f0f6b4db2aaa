package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The speech server, from one legacy program to routers and a library. */
@ExtendWith(SharedSite.class)
@Isolated("the old server and the new one are measured")
class SttsIT {
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

            Answer answer = stts.migrate();

            assertThat(answer.exit()).as(answer.err()).isZero();
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

    @Test
    @Tag("D3")
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

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
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
}
