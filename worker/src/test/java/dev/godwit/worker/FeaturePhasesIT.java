package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A feature that does not work costs its own phase, and no more. */
@ExtendWith(SharedSite.class)
class FeaturePhasesIT {
    @ParameterizedTest
    @CsvSource({"DUAL_STORAGE_ENABLED, undone, skipped, false", "TEXAS_PLATE_IMPROVEMENTS, completed, undone, true"})
    @Tag("A9")
    void only_the_phase_of_a_faulty_feature_is_undone(String flag, String dualStorage, String allFeatures,
            boolean dualStorageOn, Site site, @TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 20).setting("FAULT_FEATURE=" + flag).startV1()) {
            Answer answer = plate.migrate();

            assertThat(answer.exit()).as(answer.err()).isZero();
            assertThat(answer.phase("compatibility")).isEqualTo("completed");
            assertThat(answer.phase("dual_storage")).isEqualTo(dualStorage);
            assertThat(answer.phase("all_features")).isEqualTo(allFeatures);
            assertThat(answer.phase("validate")).isEqualTo("completed");

            JsonNode features = new ObjectMapper().readTree(LicensePlate.get(plate.v2("/v2/features")).body());
            assertThat(features.get("V1_COMPATIBILITY_MODE").asBoolean()).isTrue();
            assertThat(features.get("DUAL_STORAGE_ENABLED").asBoolean()).isEqualTo(dualStorageOn);
            assertThat(features.get("VIDEO_OVERLAYS_ENABLED").asBoolean()).isEqualTo(dualStorageOn);
            assertThat(features.get("TEXAS_PLATE_IMPROVEMENTS").asBoolean()).isFalse();
            assertThat(Files.readAllLines(plate.v2Home().resolve(".env")))
                    .contains("DUAL_STORAGE_ENABLED=" + dualStorageOn, "TEXAS_PLATE_IMPROVEMENTS=false");
        }
    }
}
