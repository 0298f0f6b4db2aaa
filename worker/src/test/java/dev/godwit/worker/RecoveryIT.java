package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.TreeSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Data was damaged; the plan {@code recover.yaml} brings back the newest backup that is good. */
@ExtendWith(SharedSite.class)
class RecoveryIT {
    @Test
    @Tag("A2")
    @Tag("A10")
    @Tag("A11")
    void v1_is_recovered_from_the_newest_good_backup_and_what_was_there_is_kept(Site site, @TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 30).startV1()) {
            String older = backUp(plate);
            Files.writeString(plate.sessions().resolve("session_later.json"),
                    "{\"detections\": [{\"plate_text\": \"LATER\"}]}");
            String newer = backUp(plate);
            List<String> good = TreeSnapshot.of(plate.home().resolve("data"), true);
            String settings = Files.readString(plate.home().resolve(".env"));
            assertThat(newer).isGreaterThan(older);
            // One that was never finished, and one whose content has suffered since; both are newer.
            copy(plate.backups().resolve(newer), plate.backups().resolve("license-plate-v2-20991231T000000Z-11111111"));
            Files.delete(plate.backups().resolve("license-plate-v2-20991231T000000Z-11111111/complete"));
            Path bad = plate.backups().resolve("license-plate-v2-20991231T000001Z-22222222");
            copy(plate.backups().resolve(newer), bad);
            Files.writeString(bad.resolve("complete"), Files.readString(bad.resolve("complete"))
                    .replace(newer, bad.getFileName().toString())
                    .replaceFirst("\"made\"( ?: ?)\"20\\d\\d", "\"made\"$1\"2099"));
            Files.writeString(bad.resolve("tree/data/license_plates/session_later.json"), "{}");

            Files.writeString(plate.sessions().resolve("session_20250601_060000.json"), "{\"detections\": [");
            Files.delete(plate.sessions().resolve("session_20250601_060100.json"));
            Files.writeString(plate.home().resolve(".env"), "PORT=nonsense\n");
            List<String> damaged = TreeSnapshot.of(plate.home().resolve("data"), true);

            Answer answer = plate.recover();

            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.step("newest_backup").get("output").toString()).contains(newer);
            assertThat(TreeSnapshot.of(plate.home().resolve("data"), true)).isEqualTo(good);
            assertThat(plate.home().resolve(".env")).hasContent(settings);
            Path aside = setAside(directory);
            assertThat(TreeSnapshot.of(aside.resolve("data"), true)).isEqualTo(damaged);
            assertThat(aside.resolve(".env")).hasContent("PORT=nonsense");
            assertThat(plate.firstV1().isAlive()).isFalse();
            assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
            assertThat(LicensePlate.get(plate.v1("/results/latest")).body()).contains("LATER");
        }
    }

    /** A migration that fails right behind its backup, which it keeps; the backup's name. */
    private static String backUp(LicensePlate plate) throws Exception {
        Answer answer = plate.with("v2_source", plate.backups()).migrate();
        assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
        return answer.step("backup").get("output").get("name").asText();
    }

    private static Path setAside(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("v1.before-"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
