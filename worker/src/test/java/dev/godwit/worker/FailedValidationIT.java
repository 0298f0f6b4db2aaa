package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** V2 answers wrongly, which is found out at the end. */
@ExtendWith(SharedSite.class)
class FailedValidationIT {
    @ParameterizedTest
    @ValueSource(strings = {"parallel", "direct"})
    @Tag("A8")
    @Tag("A10")
    void everything_is_rolled_back_and_v1_answers(String strategy, Site site, @TempDir Path directory)
            throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 40).setting("FAULT=wrong-detections").startV1()) {
            List<String> before = plate.snapshot();

            Answer answer = plate.migrate("--param", "strategy=" + strategy);

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(plate.snapshot()).isEqualTo(before);
            assertThat(plate.leftOfV2()).as("V2's own logs apart").isEmpty();
            assertThat(LicensePlate.version(plate.v1("/health"))).isEqualTo("1.0");
            assertThat(LicensePlate.get(plate.v1("/results/latest")).body()).contains("plate_text");

            assertThat(answer.json().get("state").asText()).isEqualTo("rolled-back");
            assertThat(answer.json().get("failure").get("message").asText()).contains("validation_report",
                    "v2_endpoints.failed");
            assertThat(answer.step("v2_endpoints").get("output").get("failed").asInt()).isEqualTo(1);
            assertThat(answer.step("start_v2").get("undo").get("state").asText()).isEqualTo("undone");
            assertThat(answer.step("backup").has("undo")).as("the backup is kept").isFalse();
            assertThat(LicensePlate.count(plate.backups())).isEqualTo(1);
        }
    }

    @Test
    @Tag("A5")
    @Tag("A10")
    void a_second_migration_of_the_same_home_succeeds_and_finds_no_trace_of_the_first(Site site,
            @TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 40).setting("FAULT=wrong-detections").startV1()) {
            Path settings = plate.home().resolve(".env");
            Answer first = plate.migrate("--param", "strategy=direct");
            assertThat(first.exit()).as(first.err()).isEqualTo(3);
            Files.writeString(settings, Files.readString(settings).replace("FAULT=wrong-detections\n", ""));

            Answer second = plate.migrate("--param", "strategy=direct");

            assertThat(second.exit()).as(second.err()).isZero();
            assertThat(Detections.asV1WroteThem(Detections.inDatabase(plate.home())))
                    .isEqualTo(Detections.inFiles(plate.sessions()));
            Set<String> runs = new TreeSet<>();
            Detections.query(plate.home(), "select run from godwit_journal", row -> runs.add(row.getString(1)));
            assertThat(runs).containsExactly(second.json().get("run_id").asText());
            assertThat(LicensePlate.count(plate.backups())).isEqualTo(2);
        }
    }
}
