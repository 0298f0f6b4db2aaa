package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.TreeSnapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code godwit schedule}, on a real server. */
class ScheduleIT {
    private static final String AT_TWO = "0 2 * * *";
    private static Site site;
    private static DevServer server;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        server = DevServer.start(directory);
        site = new Site(directory, server);
        site.startWorker();
    }

    @AfterAll
    static void stop() {
        if (site != null) {
            site.close();
        }
    }

    @Test
    @Tag("A1")
    void a_schedule_starts_a_dry_run_that_changes_nothing_and_whose_report_is_found(@TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 20).startV1()) {
            create("idle", plate);
            List<String> before = everything(directory);

            Answer trigger = site.godwit("schedule", "trigger", "idle", "--output", "json");

            assertThat(trigger.exit()).as(trigger.err()).isZero();
            String run = trigger.json().get("workflow_id").asText();
            assertThat(run).startsWith(plate.workflowId() + "/dry-run/idle-2");
            assertThat(site.godwit("watch", run).exit()).isZero();
            assertThat(everything(directory)).isEqualTo(before);
            JsonNode found = site.godwit("status", "--schedule", "idle", "--output", "json").json();
            assertThat(found).hasSize(1);
            assertThat(found.get(0).get("workflow_id").asText()).isEqualTo(run);
            assertThat(found.get(0).get("state").asText()).isEqualTo("completed");
            Answer report = site.godwit("report", run, "--format", "json");
            assertThat(report.json().get("mode").asText()).isEqualTo("dry-run");
            assertThat(report.json().get("started_by").asText()).startsWith("schedule idle (");
            assertThat(report.step("sessions").at("/preview/changes").toString()).contains("write 20 documents");
            assertThat(site.godwit("status", "--schedule", "idle").err()).contains("godwit report ");
            // The index of the server has it too, a moment later.
            Until.seen("the server lists it", () -> server.temporal("workflow", "list", "--query",
                    "TemporalScheduledById = 'idle'").out().contains(run));
        }
    }

    @Test
    void a_dry_run_by_the_clock_does_not_disturb_the_run_that_works_on_the_same_target(@TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 300).slowly(1).startV1()) {
            create("meanwhile", plate);
            Site.Command run = plate.begin();
            Path copied = plate.v2Home().resolve("data/license_plates_v2");
            Until.seen("some sessions are copied", () -> LicensePlate.count(copied) > 5);

            Answer trigger = site.godwit("schedule", "trigger", "meanwhile", "--output", "json");

            assertThat(trigger.exit()).as(trigger.err()).isZero();
            site.godwit("watch", trigger.json().get("workflow_id").asText());
            assertThat(site.godwit("schedule", "show", "meanwhile").out()).contains("/dry-run/meanwhile-2");
            Answer answer = plate.await(run);
            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.step("sessions").get("attempts").asInt()).isEqualTo(1);
            assertThat(answer.step("sessions").at("/output/written").asInt()).isEqualTo(300);
            assertThat(LicensePlate.version(plate.v2("/health"))).isEqualTo("2.0");
        }
    }

    @Test
    void a_schedule_is_made_shown_paused_resumed_and_deleted(@TempDir Path directory) throws Exception {
        Path plan = Files.writeString(directory.resolve("plan.yaml"), """
                name: quiet
                target: here
                resources: {here: {kind: directory, path: /srv}}
                phases: [{name: all, steps: [{name: quiet, uses: wait.quiet, with: {directory: here}}]}]
                """);
        Answer made = site.godwit("schedule", "create", "nightly", plan.toString(), "--cron", AT_TWO, "--zone",
                "Asia/Tokyo");
        assertThat(made.exit()).as(made.err()).isZero();
        assertThat(made.out()).contains("nightly: dry-runs of quiet/here, 0 2 * * * (Asia/Tokyo); next ")
                .contains(" 02:00 Asia/Tokyo");
        JsonNode policies = server.temporal("schedule", "describe", "--schedule-id", "nightly")
                .json()
                .at("/schedule/policies");
        assertThat(policies.get("overlapPolicy").asText()).isEqualTo("SCHEDULE_OVERLAP_POLICY_SKIP");
        assertThat(policies.get("catchupWindow").asText()).isEqualTo("600s");

        Answer again = site.godwit("schedule", "create", "nightly", plan.toString(), "--cron", AT_TWO);
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.err()).contains("there is a schedule 'nightly' already");

        assertThat(site.godwit("schedule", "pause", "nightly", "--reason", "holidays").exit()).isZero();
        JsonNode paused = site.godwit("schedule", "show", "nightly", "--output", "json").json();
        assertThat(paused.get("paused").asBoolean()).isTrue();
        assertThat(paused.get("note").asText()).endsWith(": holidays");
        assertThat(paused.at("/timetable/cron").asText()).isEqualTo(AT_TWO);
        assertThat(paused.get("runs")).isEmpty();
        Until.seen("the list says so",
                () -> site.godwit("schedule", "list")
                        .out()
                        .matches("(?s).*nightly +0 2 .* paused \\(.*: holidays\\).*"));

        assertThat(site.godwit("schedule", "resume", "nightly").exit()).isZero();
        assertThat(site.godwit("schedule", "show", "nightly").out()).contains("  next      2")
                .doesNotContain("holidays");

        Answer misspelt = site.godwit("schedule", "delete", "nihgtly");
        assertThat(misspelt.exit()).isEqualTo(1);
        assertThat(misspelt.err()).contains("there is no schedule 'nihgtly'; did you mean 'nightly'?");
        assertThat(site.godwit("schedule", "delete", "nightly").exit()).isZero();
        assertThat(site.godwit("schedule", "show", "nightly").err()).contains("there is no schedule 'nightly'");
    }

    private static void create(String name, LicensePlate plate) throws Exception {
        List<String> start = plate.startArguments();
        List<String> create = new ArrayList<>(List.of("schedule", "create", name, "--cron", AT_TWO));
        create.addAll(start.subList(1, start.size()));
        Answer made = site.godwit(create);
        assertThat(made.exit()).as(made.err()).isZero();
        assertThat(made.json().get("of").asText()).isEqualTo(plate.workflowId());
    }

    /** V1's own logs apart. */
    private static List<String> everything(Path directory) throws Exception {
        return TreeSnapshot.of(directory, true).stream().filter(line -> !line.startsWith("v1/logs")).toList();
    }
}
