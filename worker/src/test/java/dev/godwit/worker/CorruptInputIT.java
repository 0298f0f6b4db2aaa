package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Data as it is found in the wild, through a whole run. */
@ExtendWith(SharedSite.class)
class CorruptInputIT {
    private static final int SESSIONS = 20;
    private static final String ELSEWHERE = "京A·88888 ÄÖ.json";

    @Test
    @Tag("A1")
    void every_file_that_is_no_session_is_named_before_anything_is_changed(Site site, @TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, SESSIONS)) {
            corrupt(plate);
            List<String> before = plate.snapshot();

            Answer answer = plate.migrate();

            assertThat(answer.exit()).as("it failed, and there was nothing to roll back: " + answer.err()).isEqualTo(1);
            JsonNode failure = answer.json().get("failure");
            assertThat(failure.get("type").asText()).isEqualTo("integrity/document-corrupt");
            assertThat(failure.get("message").asText()).contains("check.documents", "truncated.json:2:",
                    "it ends in the middle", "array.json:1:1 (it is an array where an object is expected)",
                    "directory.json (it is a directory)", "twice.json:1:", "duplicate key 'detections'",
                    "corrupt: report").doesNotContain(ELSEWHERE);
            assertThat(answer.err()).contains("truncated.json");
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.v2Home()).doesNotExist();
            assertThat(plate.backups()).isEmptyDirectory();
        }
    }

    @Test
    @Tag("A1")
    @Tag("A4")
    @Tag("A5")
    void with_quarantine_the_run_completes_and_names_what_it_left_out(Site site, @TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, SESSIONS).with("corrupt", "quarantine")) {
            corrupt(plate);
            plate.startV1();

            Answer answer = plate.migrate();

            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.step("sessions").get("output").get("quarantined").asInt()).isEqualTo(4);
            JsonNode named = answer.step("v1_sessions").get("output").get("corrupt_files");
            assertThat(named.findValuesAsText("file")).containsExactlyInAnyOrder("truncated.json", "array.json",
                    "directory.json", "twice.json");
            Path quarantine = plate.backups().resolve("quarantine");
            for (String file : List.of("truncated.json", "array.json", "twice.json")) {
                assertThat(quarantine.resolve(file)).hasSameBinaryContentAs(plate.sessions().resolve(file));
                assertThat(quarantine.resolve(file + ".reason.json")).isRegularFile();
            }
            assertThat(quarantine.resolve("directory.json.reason.json")).isRegularFile();

            Map<String, JsonNode> sound = new TreeMap<>(Detections.inFiles(soundSessions(plate, directory)));
            assertThat(sound.get(ELSEWHERE + " 0").get("plate_text").asText()).isEqualTo("京A·88888 🚗");
            assertThat(Detections.asV1WroteThem(
                    Detections.inFiles(plate.v2Home().resolve("data/license_plates_v2")))).isEqualTo(sound);
            assertThat(Detections.asV1WroteThem(Detections.inDatabase(plate.v2Home()))).isEqualTo(sound);
        }
    }

    @Test
    @Tag("A4")
    @Tag("A10")
    void a_session_that_is_corrupt_only_after_the_assessment_is_named_and_nothing_is_left(Site site,
            @TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, SESSIONS).startV1()) {
            Site.Command run = plate.begin();
            Until.seen("the first pass is over", () -> Files.exists(plate.v2Home().resolve(".env")));
            Files.writeString(plate.sessions().resolve("zz_late.json"), "{\"detections\": [");
            List<String> before = plate.snapshot();

            Answer answer = plate.await(run);

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(answer.json().get("failure").get("message").asText()).contains("copy.documents", "zz_late.json",
                    "corrupt: quarantine");
            assertThat(answer.step("late_sessions").get("state").asText()).isEqualTo("failed");
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).isEmpty();
        }
    }

    @Test
    @Tag("A1")
    void a_missing_data_directory_is_named(Site site, @TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, SESSIONS)) {
            DurableFiles.deleteTree(plate.sessions());
            List<String> before = plate.snapshot();

            Answer answer = plate.migrate();

            assertThat(answer.exit()).as(answer.err()).isEqualTo(1);
            assertThat(answer.json().get("failure").get("message").asText()).contains("check.files",
                    "data/license_plates");
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.v2Home()).doesNotExist();
        }
    }

    @Test
    @Tag("A4")
    @Tag("A5")
    void an_empty_data_directory_is_migrated_as_one(Site site, @TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 0).startV1()) {
            Answer answer = plate.migrate();

            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.step("sessions").get("output").get("documents").asInt()).isZero();
            assertThat(plate.v2Home().resolve("data/license_plates_v2")).isEmptyDirectory();
            assertThat(Detections.inDatabase(plate.v2Home())).isEmpty();
        }
    }

    private static void corrupt(LicensePlate plate) throws IOException {
        Path sessions = plate.sessions();
        Files.writeString(sessions.resolve("truncated.json"), "{\n\"detections\": [{\"plate_text\": \"TX");
        Files.writeString(sessions.resolve("array.json"), "[{\"plate_text\": \"TX1\"}]");
        Files.writeString(sessions.resolve("twice.json"), "{\"detections\": [], \"detections\": [{}]}");
        Files.createDirectory(sessions.resolve("directory.json"));
        Files.writeString(sessions.resolve(ELSEWHERE),
                "{\"detections\": [{\"plate_text\": \"京A·88888 🚗\", \"confidence\": 0.50, \"timestamp\": 1.5}]}");
    }

    /** The sessions without the corrupt ones, copied to a directory of their own. */
    private static Path soundSessions(LicensePlate plate, Path directory) throws IOException {
        Path sound = Files.createDirectory(directory.resolve("sound"));
        try (Stream<Path> files = Files.list(plate.sessions())) {
            for (Path file : files.filter(file -> file.getFileName().toString().matches("session_.*|京.*")).toList()) {
                Files.copy(file, sound.resolve(file.getFileName()));
            }
        }
        return sound;
    }
}
