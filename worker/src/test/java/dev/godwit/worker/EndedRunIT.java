package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code godwit rollback} of runs that can no longer be told anything, on a real server. */
class EndedRunIT {
    @Test
    @Tag("A10")
    void a_terminated_run_is_taken_back_from_the_ledger_that_it_left(@TempDir Path temporal, @TempDir Path directory)
            throws Exception {
        DevServer server = DevServer.start(temporal);
        try (Site site = new Site(temporal, server);
                LicensePlate plate = new LicensePlate(site, directory, 1_000).slowly(1).startV1()) {
            site.startWorker();
            List<String> before = plate.snapshot();
            Site.Command run = plate.begin();
            Path copied = plate.v2Home().resolve("data/license_plates_v2");
            Until.within(120, "some sessions are copied", () -> LicensePlate.count(copied) > 5);

            assertThat(server.temporal("workflow", "terminate", "--workflow-id", plate.workflowId()).exit()).isZero();

            Answer ended = plate.await(run);
            assertThat(ended.exit()).isEqualTo(1);
            assertThat(ended.err()).contains("sessions begins");
            Answer preview = site.godwit("rollback", plate.workflowId(), "--preview", "--output", "json");
            assertThat(preview.exit()).as(preview.err()).isZero();
            assertThat(steps(preview.json().at("/rollback/undo"))).contains("sessions", "install_v2");
            assertThat(LicensePlate.count(copied)).isPositive();

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

    private static List<String> steps(JsonNode undo) {
        List<String> steps = new ArrayList<>();
        undo.forEach(each -> steps.add(each.get("step").asText()));
        return steps;
    }
}
