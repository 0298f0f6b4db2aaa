package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What someone has terminated gets no chance to take anything back itself; on a real server. */
class EndedRunIT {
    @TempDir
    private static Path place;
    private static DevServer server;
    private static Site site;

    @BeforeAll
    static void start() throws Exception {
        server = DevServer.start(place);
        site = new Site(place, server);
        site.startWorker();
    }

    @AfterAll
    static void stop() {
        if (site != null) {
            site.close();
        }
    }

    @Test
    @Tag("A10")
    void a_terminated_run_is_taken_back_from_the_ledger_that_it_left(@TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 1_000).slowly(1).startV1()) {
            List<String> before = plate.snapshot();
            Site.Command run = begunCopying(plate);

            terminate(plate.workflowId());

            Answer ended = plate.await(run);
            assertThat(ended.exit()).isEqualTo(1);
            assertThat(ended.err()).contains("sessions begins");
            Answer preview = site.godwit("rollback", plate.workflowId(), "--preview", "--output", "json");
            assertThat(preview.exit()).as(preview.err()).isZero();
            assertThat(steps(preview.json().at("/rollback/undo"))).contains("sessions", "install_v2");
            assertThat(LicensePlate.count(copied(plate))).isPositive();

            Answer rollback = site.godwit("rollback", plate.workflowId(), "--by", "kim", "--reason", "terminated",
                    "--output", "json");

            assertThat(rollback.exit()).as(rollback.err()).isZero();
            assertThat(rollback.err()).contains("has ended (terminated at ");
            assertThat(rollback.json().get("state").asText()).isEqualTo("rolled-back");
            assertThat(rollback.json().at("/messages/0/by").asText()).isEqualTo("kim");
            assertThat(rollback.json().at("/messages/0/reason").asText()).isEqualTo("terminated");
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
            assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
            Answer again = site.godwit("rollback", plate.workflowId());
            assertThat(again.exit()).isEqualTo(1);
            assertThat(again.err()).contains("has ended (rolled back at ", "nothing is left that could be taken back");
        }
    }

    @Test
    @Tag("A10")
    void a_run_whose_phase_is_terminated_takes_back_what_that_phase_did_too(@TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 1_000).slowly(1).startV1()) {
            List<String> before = plate.snapshot();
            Site.Command run = begunCopying(plate);
            JsonNode status = site.godwit("status", plate.workflowId(), "--output", "json").json();

            terminate(status.at("/running/0/workflow_id").asText());

            Answer answer = plate.await(run);
            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
        }
    }

    private static Site.Command begunCopying(LicensePlate plate) throws Exception {
        Site.Command run = plate.begin();
        Until.seen("some sessions are copied", () -> LicensePlate.count(copied(plate)) > 5);
        return run;
    }

    private static Path copied(LicensePlate plate) {
        return plate.v2Home().resolve("data/license_plates_v2");
    }

    private static void terminate(String workflowId) throws Exception {
        Answer terminated = server.temporal("workflow", "terminate", "--workflow-id", workflowId, "--reason", "a test");
        assertThat(terminated.exit()).as(terminated.err()).isZero();
    }

    private static List<String> steps(JsonNode undo) {
        List<String> steps = new ArrayList<>();
        undo.forEach(each -> steps.add(each.get("step").asText()));
        return steps;
    }
}
