package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** V2 takes V1's place, in its home and on its port. */
@ExtendWith(SharedSite.class)
class DirectMigrationIT {
    @Test
    @Tag("A3")
    @Tag("A4")
    @Tag("A5")
    @Tag("A6")
    @Tag("A7")
    @Tag("A12")
    void v2_replaces_a_detecting_v1_on_its_port_without_losing_a_detection(Site site, @TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 40).startV1().detect()) {
            List<String> settings = Files.readAllLines(plate.home().resolve(".env"));
            Map<String, String> videos = dates(plate.home().resolve("data/videos"));

            Answer answer = plate.migrate("--param", "strategy=direct");

            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(plate.firstV1().isAlive()).isFalse();
            assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("2.0");
            assertThat(Files.exists(plate.v2Home())).isFalse();
            // V2 goes on where V1 stopped.
            assertThat(LicensePlate.get(plate.v1("/detection/status")).body()).contains("\"running\": true");
            LicensePlate.post(plate.v1("/detection/stop"));

            Map<String, JsonNode> v1 = Detections.inFiles(plate.sessions());
            assertThat(LicensePlate.count(plate.sessions())).isGreaterThan(40);
            assertThat(Detections.only(Detections.asV1WroteThem(
                    Detections.inFiles(plate.home().resolve("data/license_plates_v2"))), v1.keySet())).isEqualTo(v1);
            assertThat(Detections.only(Detections.asV1WroteThem(Detections.inDatabase(plate.home())), v1.keySet()))
                    .isEqualTo(v1);

            videos.forEach((name, date) -> assertThat(plate.home().resolve("data/videos").resolve(date).resolve(name))
                    .isRegularFile());
            assertThat(Files.readAllLines(plate.home().resolve(".env"))).startsWith(settings.toArray(String[]::new))
                    .contains("ENHANCED_RECOGNITION_ENABLED=true");
            // V1 was measured before it stopped.
            JsonNode figures = LicensePlate.json(plate.reports().resolve("performance_comparison.json"))
                    .get("performance_comparison");
            assertThat(figures.get("v1").get("rss_bytes").asLong()).isPositive();
            assertThat(figures.get("v2").get("rss_bytes").asLong()).isPositive();
        }
    }

    private static Map<String, String> dates(Path videos) throws Exception {
        Map<String, String> dates = new HashMap<>();
        try (Stream<Path> files = Files.list(videos)) {
            for (Path video : files.toList()) {
                dates.put(video.getFileName().toString(),
                        Files.getLastModifiedTime(video)
                                .toInstant()
                                .atZone(ZoneId.systemDefault())
                                .toLocalDate()
                                .toString());
            }
        }
        return dates;
    }
}
