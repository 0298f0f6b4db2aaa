package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The worker ends by SIGKILL at the worst of times, and another takes over. */
class KilledWorkerIT {
    private static final int SESSIONS = 1_200;
    private static final int BATCH = 10;
    private static final long SOME_ROWS_IN_BYTES = 1_000_000;

    @Test
    @Tag("A4")
    @Tag("A5")
    @ExtendWith(SharedSite.class)
    void killed_in_the_middle_of_the_copy_and_of_the_load_it_completes_as_if_undisturbed(Site undisturbed,
            @TempDir Path siteDirectory, @TempDir Path one, @TempDir Path other) throws Exception {
        try (Site site = new Site(siteDirectory);
                LicensePlate plate = new LicensePlate(site, one, SESSIONS).slowly(BATCH).startV1();
                LicensePlate reference = new LicensePlate(undisturbed, other, SESSIONS).startV1()) {
            Site.Command referenceRun = reference.begin();
            site.startWorker();
            Site.Command run = plate.begin();

            Path copied = plate.v2Home().resolve("data/license_plates_v2");
            Until.seen("a part is copied", () -> LicensePlate.count(copied) > SESSIONS / 4);
            site.killWorkers();
            Map<Path, Object> written = files(copied);
            int writtenBeforeTheKill = written.size();
            assertThat(writtenBeforeTheKill).isLessThan(SESSIONS);
            site.startWorker();

            Path database = plate.v2Home().resolve("data/detections.db");
            Until.seen("a part is loaded", () -> size(database) > SOME_ROWS_IN_BYTES);
            site.killWorkers();
            long loaded = size(database);
            site.startWorker();

            Answer answer = plate.await(run);
            Answer expected = reference.await(referenceRun);
            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(expected.exit()).as(expected.err()).isZero();
            assertThat(answer.step("sessions").get("attempts").asInt()).isGreaterThan(1);
            assertThat(answer.step("rows").get("attempts").asInt()).isGreaterThan(1);
            assertThat(size(database)).isGreaterThan(loaded);
            // What is written again is another file; at most one batch is.
            written.keySet().removeIf(file -> Files.notExists(file) || !identity(file).equals(written.get(file)));
            assertThat(written).hasSizeGreaterThanOrEqualTo(writtenBeforeTheKill - BATCH);
            assertThat(answer.step("sessions").get("output")).isEqualTo(expected.step("sessions").get("output"));
            assertThat(answer.step("rows").get("output")).isEqualTo(expected.step("rows").get("output"));
            assertThat(documents(plate)).isEqualTo(documents(reference));
            assertThat(rows(plate)).isEqualTo(rows(reference));
            assertThat(Detections.asV1WroteThem(Detections.inDatabase(plate.v2Home())))
                    .isEqualTo(Detections.inFiles(plate.sessions()));
        }
    }

    /** The embedded server would lose a run whose activity ends while its cancellation is on the way. */
    @Test
    @Tag("A10")
    void killed_in_the_middle_of_the_load_and_of_the_rollback_everything_is_as_it_was(@TempDir Path siteDirectory,
            @TempDir Path directory) throws Exception {
        try (Site site = new Site(siteDirectory, DevServer.start(siteDirectory));
                LicensePlate plate = new LicensePlate(site, directory, SESSIONS).slowly(BATCH).startV1()) {
            List<String> before = plate.snapshot();
            site.startWorker();
            Site.Command run = plate.begin();
            Path database = plate.v2Home().resolve("data/detections.db");
            Until.seen("a part is loaded", () -> size(database) > SOME_ROWS_IN_BYTES);
            site.killWorkers();

            // Nobody is there to answer; it is taken to heart all the same.
            Answer rollback = site.godwit("rollback", plate.workflowId());
            assertThat(rollback.exit()).as(rollback.err()).isZero();
            site.startWorker();
            Path copied = plate.v2Home().resolve("data/license_plates_v2");
            Until.seen("a part is taken back", () -> LicensePlate.count(copied) < SESSIONS / 2);
            site.killWorkers();
            assertThat(LicensePlate.count(copied)).isPositive();
            site.startWorker();

            Answer answer = plate.await(run);
            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
            assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
        }
    }

    /** What tells a file from another one of its name. */
    private static Map<Path, Object> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .collect(Collectors.toMap(file -> file, KilledWorkerIT::identity));
        }
    }

    private static Object identity(Path file) {
        try {
            return Files.readAttributes(file, "unix:ino,ctime");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Temporal tries no activity again that was cancelled before its worker was lost. */
    @Test
    void killed_right_before_a_pause_reaches_it_the_run_pauses_and_goes_on(@TempDir Path siteDirectory,
            @TempDir Path directory) throws Exception {
        try (Site site = new Site(siteDirectory, DevServer.start(siteDirectory));
                LicensePlate plate = new LicensePlate(site, directory, SESSIONS).slowly(1, "15s").startV1()) {
            site.startWorker();
            Site.Command run = plate.begin();
            Path copied = plate.v2Home().resolve("data/license_plates_v2");
            Until.seen("a part is copied", () -> LicensePlate.count(copied) > SESSIONS / 10);
            site.killWorkers();
            Answer pause = site.godwit("pause", plate.workflowId());
            assertThat(pause.exit()).as(pause.err()).isZero();
            assertThat(LicensePlate.count(copied)).isLessThan(SESSIONS);
            site.startWorker();

            // Who follows a run ends when it waits for a person.
            Answer paused = plate.await(run);
            assertThat(paused.exit()).as(paused.err()).isEqualTo(4);
            Answer resume = site.godwit("resume", plate.workflowId());
            assertThat(resume.exit()).as(resume.err()).isZero();
            Answer answer = site.godwit("watch", plate.workflowId(), "--output", "json");
            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(Detections.asV1WroteThem(Detections.inDatabase(plate.v2Home())))
                    .isEqualTo(Detections.inFiles(plate.sessions()));
        }
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    /** By name; the moment of the migration apart. */
    private static Map<String, JsonNode> documents(LicensePlate plate) throws IOException {
        Map<String, JsonNode> documents = new TreeMap<>();
        try (Stream<Path> files = Files.list(plate.v2Home().resolve("data/license_plates_v2"))) {
            for (Path file : files.toList()) {
                JsonNode document = LicensePlate.json(file);
                ((ObjectNode) document.get("session_info")).remove("migration_timestamp");
                documents.put(file.getFileName().toString(), document);
            }
        }
        return documents;
    }

    private static List<String> rows(LicensePlate plate) throws Exception {
        List<String> rows = new ArrayList<>();
        Detections.query(plate.v2Home(), "select source, position, plate_text, confidence, timestamp, document"
                + " from detections order by 1, 2", row -> {
                    List<String> columns = new ArrayList<>();
                    for (int i = 1; i <= 6; i++) {
                        columns.add(row.getString(i));
                    }
                    rows.add(String.join("|", columns));
                });
        return rows;
    }
}
