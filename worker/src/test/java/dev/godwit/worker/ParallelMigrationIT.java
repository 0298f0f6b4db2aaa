package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A V1 that goes on detecting is migrated side by side; each test looks at one side of the result. */
@ExtendWith(SharedSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ParallelMigrationIT {
    private static final int SESSIONS = 60;
    private static final List<String> V1_ENDPOINTS = List.of("/health", "/stream", "/results/latest",
            "/detection/status");

    private LicensePlate plate;
    private List<String> before;
    private Answer answer;
    private final List<String> unanswered = new ArrayList<>();

    @BeforeAll
    void migrate(Site site, @TempDir Path directory) throws Exception {
        plate = new LicensePlate(site, directory, SESSIONS).startV1();
        before = plate.snapshot();
        plate.detect();
        Thread asking = Thread.ofPlatform().start(this::askV1Always);
        try {
            answer = plate.migrate("--param", "strategy=parallel");
        } finally {
            asking.interrupt();
            asking.join();
        }
        // Both are quiet while they are looked at.
        LicensePlate.post(plate.v1("/detection/stop"));
        LicensePlate.post(plate.v2("/detection/stop"));
    }

    @AfterAll
    void stop() throws Exception {
        plate.close();
    }

    private void askV1Always() {
        while (!Thread.currentThread().isInterrupted()) {
            for (String endpoint : V1_ENDPOINTS) {
                URI uri = plate.v1(endpoint);
                try {
                    int status = LicensePlate.get(uri).statusCode();
                    if (status != 200) {
                        unanswered.add(uri + ": " + status);
                    }
                    Thread.sleep(20); // It is asked often; how often does not matter.
                } catch (InterruptedException e) {
                    return;
                } catch (Exception e) {
                    unanswered.add(uri + ": " + e);
                }
            }
        }
    }

    @Test
    void the_run_completes() {
        assertThat(answer.exit()).as(answer.err()).isZero();
        assertThat(answer.json().get("state").asText()).isEqualTo("completed");
        assertThat(answer.json().get("parameters").get("strategy").asText()).isEqualTo("parallel");
    }

    @Test
    @Tag("A1")
    @Tag("A2")
    @Tag("A3")
    @Tag("A4")
    @Tag("A5")
    @Tag("A6")
    @Tag("A7")
    @Tag("A8")
    @Tag("A9")
    @Tag("A12")
    void the_report_answers_every_requirement_by_completed_steps() {
        Set<String> answered = new TreeSet<>();
        for (JsonNode phase : answer.json().get("phases")) {
            if (phase.get("state").asText().equals("skipped")) {
                continue; // What strategy direct does.
            }
            for (JsonNode step : phase.get("steps")) {
                assertThat(step.get("state").asText()).as(step.get("name").asText())
                        .isIn("completed", "skipped",
                                "stopped");
                if (!step.get("state").asText().equals("skipped")) {
                    step.get("covers").forEach(row -> answered.add(row.asText()));
                }
            }
        }
        assertThat(answered).containsExactly("A1", "A12", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9");
    }

    @Test
    @Tag("A13")
    void every_line_of_the_checklist_is_proved_by_evidence_or_shown_open() {
        JsonNode checklist = answer.json().get("checklist");
        assertThat(checklist).hasSize(20);
        for (JsonNode line : checklist) {
            boolean verification = line.get("section").asText().equals("Verification");
            boolean answered = !line.get("steps").isEmpty();
            assertThat(line.get("answer").asText()).as(line.toString()).isEqualTo(answered ? "proved" : "open");
            assertThat(answered || !verification).as(line.toString()).isTrue();
        }
    }

    @Test
    @Tag("A1")
    void the_assessment_counts_what_is_there() {
        JsonNode sessions = answer.step("v1_sessions").get("output");
        assertThat(sessions.get("documents").asInt()).isGreaterThanOrEqualTo(SESSIONS);
        assertThat(sessions.get("corrupt").asInt()).isZero();
        assertThat(sessions.get("sample").get("items").asInt()).isPositive();
        assertThat(answer.step("v1_directories").get("output").get("counts").get("videos").asInt()).isEqualTo(6);
    }

    @Test
    @Tag("A2")
    void the_backup_holds_v1_with_an_inventory() throws Exception {
        Path backup = plate.backups().resolve(answer.step("backup").get("output").get("name").asText());
        JsonNode inventory = LicensePlate.json(backup.resolve("inventory.json"));
        assertThat(inventory.findValues("sha256")).hasSizeGreaterThan(SESSIONS);
        try (Stream<Path> files = Files.walk(backup.resolve("tree"))) {
            assertThat(files.filter(Files::isRegularFile).count())
                    .isEqualTo(answer.step("backup").get("output").get("files").asLong());
        }
        assertThat(backup.resolve("tree/.env")).hasSameBinaryContentAs(plate.home().resolve(".env"));
    }

    @Test
    @Tag("A3")
    void v1_keeps_answering_from_beginning_to_end() throws Exception {
        assertThat(unanswered).isEmpty();
        JsonNode probe = answer.step("v1_stays_up").get("output");
        assertThat(probe.get("failed").asInt()).isZero();
        assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
        assertThat(LicensePlate.version(plate.v2("/health"))).isEqualTo("2.0");
        assertThat(plate.v2Home().resolve("data_v1_readonly")).isSymbolicLink();
    }

    @Test
    @Tag("A3")
    void v1s_tree_is_untouched_but_for_what_v1_writes() throws Exception {
        List<String> after = new ArrayList<>(plate.snapshot());
        after.removeIf(line -> line.startsWith("data/license_plates/session_20") && !before.contains(line));
        List<String> was = new ArrayList<>(before);
        // The directory that V1 writes into has another time.
        was.removeIf(line -> line.startsWith("data/license_plates rwx"));
        after.removeIf(line -> line.startsWith("data/license_plates rwx"));
        assertThat(after).isEqualTo(was);
    }

    @Test
    @Tag("A4")
    @Tag("A8")
    void every_detection_of_v1_is_in_v2s_documents_by_value() throws Exception {
        Map<String, JsonNode> v1 = Detections.inFiles(plate.sessions());
        Map<String, JsonNode> v2 = Detections.inFiles(plate.v2Home().resolve("data/license_plates_v2"));
        assertThat(Detections.only(Detections.asV1WroteThem(v2), v1.keySet())).isEqualTo(v1);
    }

    @Test
    @Tag("A4")
    void a_migrated_document_has_what_v2_adds_and_all_that_v1_had() throws Exception {
        Path directory = plate.v2Home().resolve("data/license_plates_v2");
        JsonNode first = LicensePlate.json(directory.resolve("session_20250601_060000.json"));
        assertThat(first.get("session_info").get("session_id").asText()).isEqualTo("session_20250601_060000");
        assertThat(first.get("session_info").get("version").asText()).isEqualTo("2.0");
        assertThat(first.get("session_info").get("migrated_from").asText()).isEqualTo("1.0");
        assertThat(first.get("session_info").get("migration_timestamp").asText())
                .isEqualTo(Instant.parse(answer.json().get("started").asText())
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString());
        assertThat(first.get("configuration").get("model").asText()).isEqualTo("yolo11n");
        JsonNode detection = first.get("detections").get(0);
        assertThat(detection.get("enhanced").asBoolean(true)).isFalse();
        assertThat(detection.get("migration_source").asText()).isEqualTo("v1");
        assertThat(detection.get("ocr_confidence")).isEqualTo(detection.get("confidence"));
        assertThat(detection.get("detection_confidence")).isEqualTo(detection.get("confidence"));
        assertThat(detection.get("video_path").isNull()).isTrue();
        JsonNode withoutId = LicensePlate.json(directory.resolve("session_20250601_060600.json"));
        assertThat(withoutId.get("session_info").get("session_id").asText())
                .isEqualTo("migrated_session_20250601_060600");
    }

    @Test
    @Tag("A5")
    @Tag("A8")
    void every_detection_of_v1_is_in_the_database_once_and_by_value() throws Exception {
        Map<String, JsonNode> v1 = Detections.inFiles(plate.sessions());
        Map<String, JsonNode> rows = Detections.inDatabase(plate.v2Home());
        assertThat(Detections.only(Detections.asV1WroteThem(rows), v1.keySet())).isEqualTo(v1);
    }

    @Test
    @Tag("A4")
    @Tag("A5")
    void what_v1_wrote_while_it_was_copied_was_caught_up() {
        long first = answer.step("sessions").get("output").get("documents").asLong();
        JsonNode late = answer.step("late_sessions").get("output");
        assertThat(first).isGreaterThan(SESSIONS);
        assertThat(late.get("written").asLong()).isPositive();
        assertThat(late.get("unchanged").asLong()).isEqualTo(first);
    }

    @Test
    @Tag("A6")
    void videos_are_hard_links_in_directories_by_their_date() throws Exception {
        List<Path> videos;
        try (Stream<Path> files = Files.list(plate.home().resolve("data/videos"))) {
            videos = files.toList();
        }
        assertThat(videos).hasSize(6);
        Set<LocalDate> dates = new HashSet<>();
        for (Path video : videos) {
            LocalDate date = Files.getLastModifiedTime(video).toInstant().atZone(ZoneId.systemDefault()).toLocalDate();
            dates.add(date);
            Path linked = plate.v2Home().resolve("data/videos").resolve(date.toString()).resolve(video.getFileName());
            assertThat(Files.readAttributes(linked, "unix:ino", LinkOption.NOFOLLOW_LINKS))
                    .isEqualTo(Files.readAttributes(video, "unix:ino", LinkOption.NOFOLLOW_LINKS));
        }
        assertThat(dates).hasSizeGreaterThan(1);
    }

    @Test
    @Tag("A7")
    void v2s_settings_are_v1s_in_their_order_followed_by_v2s_once() throws Exception {
        List<String> v1 = Files.readAllLines(plate.home().resolve(".env"));
        List<String> v2 = Files.readAllLines(plate.v2Home().resolve(".env"));
        assertThat(v2.subList(0, v1.size())).isEqualTo(v1);
        List<String> added = v2.subList(v1.size(), v2.size());
        assertThat(added).contains("DUAL_STORAGE_ENABLED=true", "VIDEO_OVERLAYS_ENABLED=true", "VIDEO_FPS=15",
                "FRAME_PROCESSING_TIMEOUT=0.5", "LOG_LEVEL=INFO", "TEXAS_PLATE_IMPROVEMENTS=true");
        List<String> names = v2.stream().filter(line -> line.contains("=")).map(line -> line.split("=")[0]).toList();
        assertThat(names).doesNotHaveDuplicates();
    }

    @Test
    @Tag("A8")
    void the_validation_report_counts_what_passed() throws Exception {
        JsonNode report = LicensePlate.json(plate.reports().resolve("migration_validation_report.json"))
                .get("migration_validation_report");
        JsonNode summary = report.get("summary");
        assertThat(summary.get("total").asInt()).isEqualTo(10);
        assertThat(summary.get("passed").asInt()).isEqualTo(10);
        assertThat(summary.get("failed").asInt()).isZero();
        assertThat(report.get("documents").get("compared").asInt())
                .isEqualTo(Detections.inFiles(plate.sessions()).size());
    }

    @Test
    @Tag("A9")
    void features_came_in_three_phases_and_all_are_on() throws Exception {
        assertThat(answer.phase("compatibility")).isEqualTo("completed");
        assertThat(answer.phase("dual_storage")).isEqualTo("completed");
        assertThat(answer.phase("all_features")).isEqualTo("completed");
        JsonNode features = new ObjectMapper()
                .readTree(LicensePlate.get(plate.v2("/v2/features")).body());
        assertThat(features).isNotEmpty().allSatisfy(flag -> assertThat(flag.asBoolean()).isTrue());
    }

    @Test
    @Tag("A12")
    void the_performance_report_has_both_versions_figures() throws Exception {
        JsonNode report = LicensePlate.json(plate.reports().resolve("performance_comparison.json"))
                .get("performance_comparison");
        for (String version : List.of("v1", "v2")) {
            JsonNode figures = report.get(version);
            assertThat(figures.get("times")).hasSize(2).allSatisfy(time -> {
                assertThat(time.get("p50").asDouble()).isPositive();
                assertThat(time.get("failed").asInt()).isZero();
            });
            assertThat(figures.get("rss_bytes").asLong()).isPositive();
            assertThat(figures.get("disk_bytes").asLong()).isPositive();
            assertThat(figures.get("cpu_percent").asDouble()).isGreaterThanOrEqualTo(0);
        }
    }
}
