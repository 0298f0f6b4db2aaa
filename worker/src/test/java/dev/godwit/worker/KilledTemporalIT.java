package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Temporal ends by SIGKILL in the middle of a run, with the worker and alone, and comes back with its database. */
class KilledTemporalIT {
    private static final int SESSIONS = 800;
    private static final int BATCH = 5;

    private DevServer temporal;
    private Site site;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        temporal = DevServer.start(directory);
        site = new Site(directory, temporal);
        site.startWorker();
    }

    @Test
    void killed_in_the_middle_of_the_copy_and_of_the_load_the_run_completes(@TempDir Path home) throws Exception {
        try (Site closed = site;
                LicensePlate plate = new LicensePlate(closed, home, SESSIONS).slowly(BATCH).startV1()) {
            Site.Command run = plate.begin();

            Until.seen("a part is copied", () -> copied(plate) > SESSIONS / 4);
            killTemporalAndWorker();
            assertThat(copied(plate)).isLessThan(SESSIONS);
            restartTemporalAndWorker();

            Path database = plate.v2Home().resolve("data/detections.db");
            Until.seen("rows are loaded", () -> Files.exists(database));
            temporal.kill();
            temporal.start();

            Answer answer = run.await();
            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.step("sessions").get("output").get("documents").asInt()).isEqualTo(SESSIONS);
            assertThat(Detections.asV1WroteThem(Detections.inDatabase(plate.v2Home())))
                    .isEqualTo(Detections.inFiles(plate.sessions()));
            assertThat(LicensePlate.version(plate.v2("/health"))).isEqualTo("2.0");
        }
    }

    @Test
    void killed_in_the_middle_of_the_rollback_everything_is_as_it_was(@TempDir Path home) throws Exception {
        try (Site closed = site;
                LicensePlate plate = new LicensePlate(closed, home, SESSIONS).slowly(BATCH).startV1()) {
            List<String> before = plate.snapshot();
            Site.Command run = plate.begin();
            Path database = plate.v2Home().resolve("data/detections.db");
            Until.seen("rows are loaded", () -> Files.exists(database));
            Answer rollback = site.godwit("rollback", plate.workflowId());
            assertThat(rollback.exit()).as(rollback.err()).isZero();

            Until.seen("a part is taken back", () -> copied(plate) < SESSIONS * 3 / 4);
            killTemporalAndWorker();
            long left = copied(plate);
            assertThat(left).isPositive();
            restartTemporalAndWorker();
            Until.seen("more is taken back", () -> copied(plate) < left);
            temporal.kill();
            temporal.start();

            Answer answer = run.await();
            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
            assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
        }
    }

    private static long copied(LicensePlate plate) throws IOException {
        return LicensePlate.count(plate.v2Home().resolve("data/license_plates_v2"));
    }

    private void killTemporalAndWorker() throws Exception {
        temporal.kill();
        site.killWorkers();
    }

    private void restartTemporalAndWorker() throws Exception {
        temporal.start();
        site.startWorker();
    }
}
