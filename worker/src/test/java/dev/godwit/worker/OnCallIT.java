package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What people can do while a run is under way. */
@ExtendWith(SharedSite.class)
class OnCallIT {
    private static final int SESSIONS = 1_500;

    @Test
    @Tag("A10")
    void a_run_is_rolled_back_in_the_middle_of_its_copy_while_others_go_on(Site site, @TempDir Path one,
            @TempDir Path other) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, one, SESSIONS).slowly(1).startV1();
                LicensePlate beside = new LicensePlate(site, other, 20).startV1()) {
            List<String> before = plate.snapshot();
            Site.Command run = plate.begin();
            Site.Command runBeside = beside.begin();
            Path copied = plate.v2Home().resolve("data/license_plates_v2");
            Until.seen("some sessions are copied", () -> LicensePlate.count(copied) > 20);

            Answer second = plate.migrate();
            assertThat(second.exit()).isEqualTo(1);
            assertThat(second.err()).contains("under way: " + plate.workflowId(), "godwit watch", "godwit rollback");

            Answer dryRun = site.godwit(plate.startArguments("--dry-run", "--detach"));
            assertThat(dryRun.exit()).as(dryRun.err()).isZero();
            assertThat(dryRun.json().get("workflow_id").asText()).startsWith(plate.workflowId() + "/dry-run/");

            Answer rollback = site.godwit("rollback", plate.workflowId(), "--by", "kim", "--reason", "it is 3 a.m.");
            assertThat(rollback.exit()).as(rollback.err()).isZero();
            Answer answer = plate.await(run);

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(answer.step("sessions").get("state").asText()).isEqualTo("stopped");
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
            assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
            JsonNode message = answer.json().get("messages").get(0);
            assertThat(message.get("verb").asText()).isEqualTo("rollback");
            assertThat(message.get("by").asText()).isEqualTo("kim");
            assertThat(message.get("reason").asText()).isEqualTo("it is 3 a.m.");

            Answer answerBeside = beside.await(runBeside);
            assertThat(answerBeside.exit()).as(answerBeside.err()).isZero();
            assertThat(LicensePlate.version(beside.v2("/health"))).isEqualTo("2.0");
        }
    }
}
