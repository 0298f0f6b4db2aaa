package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left to do after someone has terminated a workflow, which gets no chance to take anything back itself. */
class TerminatedIT {
    private static final int SESSIONS = 600;

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
        try (LicensePlate plate = new LicensePlate(site, directory, SESSIONS).slowly(1).startV1()) {
            List<String> before = plate.snapshot();
            begunCopying(plate);

            terminate(plate.workflowId());

            Answer preview = site.godwit("rollback", plate.workflowId(), "--preview");
            assertThat(preview.exit()).as(preview.err()).isZero();
            assertThat(preview.out()).contains("sessions (copy.documents");
            assertThat(LicensePlate.count(copied(plate))).isPositive();

            Answer rollback = site.godwit("rollback", plate.workflowId(), "--by", "kim");
            assertThat(rollback.exit()).as(rollback.err()).isZero();
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
            assertThat(site.godwit("status", plate.workflowId()).out()).contains("rolled back");

            Answer again = site.godwit("rollback", plate.workflowId());
            assertThat(again.exit()).isEqualTo(1);
            assertThat(again.err()).contains("rolled back");
        }
    }

    @Test
    @Tag("A10")
    void a_run_whose_phase_is_terminated_takes_back_what_that_phase_did_too(@TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, SESSIONS).slowly(1).startV1()) {
            List<String> before = plate.snapshot();
            Site.Command run = begunCopying(plate);
            String phase = site.godwit("status", plate.workflowId(), "--output", "json")
                    .json()
                    .at("/running/0/workflow_id")
                    .asText();

            terminate(phase);

            Answer answer = plate.await(run);
            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
        }
    }

    private static Site.Command begunCopying(LicensePlate plate) throws Exception {
        Site.Command run = plate.begin();
        Until.within(60, "some sessions are copied", () -> LicensePlate.count(copied(plate)) > 10);
        return run;
    }

    private static Path copied(LicensePlate plate) {
        return plate.v2Home().resolve("data/license_plates_v2");
    }

    private static void terminate(String workflowId) throws Exception {
        Answer terminated = server.temporal("workflow", "terminate", "--workflow-id", workflowId, "--reason", "a test");
        assertThat(terminated.exit()).as(terminated.err()).isZero();
    }
}
