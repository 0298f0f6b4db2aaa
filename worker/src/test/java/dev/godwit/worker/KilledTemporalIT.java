package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real Temporal ends by SIGKILL in the middle of a run, alone or with the worker, and comes back with its database. */
class KilledTemporalIT {
    private static final int SESSIONS = 800;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void killed_in_the_middle_of_the_copy_the_run_completes_when_it_is_back(boolean workerToo, @TempDir Path directory,
            @TempDir Path home) throws Exception {
        DevServer temporal = DevServer.start(directory);
        try (Site site = new Site(directory, temporal);
                LicensePlate plate = new LicensePlate(site, home, SESSIONS).slowly(5).startV1()) {
            site.startWorker();
            Site.Command run = plate.begin();
            Path copied = plate.v2Home().resolve("data/license_plates_v2");
            Until.within(60, "a part is copied", () -> LicensePlate.count(copied) > SESSIONS / 4);

            kill(temporal, site, workerToo);
            assertThat(LicensePlate.count(copied)).isLessThan(SESSIONS);
            restart(temporal, site, workerToo);

            Answer answer = run.await();
            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.step("sessions").get("output").get("documents").asInt()).isEqualTo(SESSIONS);
            assertThat(Detections.asV1WroteThem(Detections.inDatabase(plate.v2Home())))
                    .isEqualTo(Detections.inFiles(plate.sessions()));
            assertThat(LicensePlate.version(plate.v2("/health"))).isEqualTo("2.0");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void killed_in_the_middle_of_the_rollback_everything_is_as_it_was_when_it_is_back(boolean workerToo,
            @TempDir Path directory, @TempDir Path home) throws Exception {
        DevServer temporal = DevServer.start(directory);
        try (Site site = new Site(directory, temporal);
                LicensePlate plate = new LicensePlate(site, home, SESSIONS).slowly(5).startV1()) {
            List<String> before = plate.snapshot();
            site.startWorker();
            Site.Command run = plate.begin();
            Path database = plate.v2Home().resolve("data/detections.db");
            Until.within(60, "rows are loaded", () -> Files.exists(database));
            Answer rollback = site.godwit("rollback", plate.workflowId());
            assertThat(rollback.exit()).as(rollback.err()).isZero();
            Path copied = plate.v2Home().resolve("data/license_plates_v2");
            Until.within(60, "a part is taken back", () -> LicensePlate.count(copied) < SESSIONS * 3 / 4);

            kill(temporal, site, workerToo);
            assertThat(LicensePlate.count(copied)).isPositive();
            restart(temporal, site, workerToo);

            Answer answer = run.await();
            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
            assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
        }
    }

    private static void kill(DevServer temporal, Site site, boolean workerToo) throws Exception {
        temporal.kill();
        if (workerToo) {
            site.killWorkers();
        }
    }

    private static void restart(DevServer temporal, Site site, boolean workerToo) throws Exception {
        temporal.start();
        if (workerToo) {
            site.startWorker();
        }
    }
}
