package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.TreeSnapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code start --dry-run} on an installation that is in use. */
@ExtendWith(SharedSite.class)
class DryRunIT {
    @ParameterizedTest
    @ValueSource(strings = {"parallel", "direct"})
    @Tag("A1")
    void a_dry_run_changes_nothing_and_says_what_each_step_would_do(String strategy, Site site,
            @TempDir Path directory) throws Exception {
        try (LicensePlate plate = new LicensePlate(site, directory, 40).startV1()) {
            Path data = strategy.equals("direct") ? plate.home() : plate.v2Home();
            Files.createDirectories(data.resolve("data"));
            // Opening a database in WAL mode leaves files beside it, so somebody has it open.
            try (Connection inUse = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("data/detections.db"));
                    Statement statement = inUse.createStatement()) {
                statement.execute("pragma journal_mode = wal");
                statement.execute("create table detections (source text not null, position integer not null,"
                        + " plate_text text, confidence real, timestamp real, document text,"
                        + " primary key (source, position))");
                assertThat(data.resolve("data/detections.db-wal")).exists();
                List<String> before = everything(directory);

                Answer answer = plate.migrate("--dry-run", "--param", "strategy=" + strategy);

                assertThat(answer.exit()).as(answer.err()).isZero();
                assertThat(everything(directory)).isEqualTo(before);
                assertThat(answer.json().get("mode").asText()).isEqualTo("dry-run");
                assertThat(changes(answer, "sessions")).contains("write 40 documents");
                assertThat(changes(answer, "backup")).containsPattern("\\d+ files");
                assertThat(changes(answer, strategy.equals("direct") ? "videos_moved" : "videos_linked"))
                        .contains("6");
                assertThat(answer.step("rows").get("preview").get("unknown").asText())
                        .isEqualTo("known after sessions");
                assertThat(changes(answer, "start_v2")).contains("V2.java");
                assertThat(answer.step("v2_endpoints").get("preview").get("unknown").asText()).contains("known after");
                everyStepSaysSomething(answer);
            }
        }
    }

    private static String changes(Answer answer, String step) {
        return answer.step(step).get("preview").get("changes").toString();
    }

    /** What it would do, what it found, or what it must wait for. */
    private static void everyStepSaysSomething(Answer answer) {
        for (JsonNode phase : answer.json().get("phases")) {
            if (phase.get("state").asText().equals("skipped")) {
                continue;
            }
            for (JsonNode step : phase.get("steps")) {
                String state = step.get("state").asText();
                assertThat(state).as(step.toString()).isIn("previewed", "skipped");
                if (state.equals("previewed")) {
                    JsonNode preview = step.get("preview");
                    assertThat(!preview.path("changes").isEmpty() || preview.has("output") || preview.has("unknown"))
                            .as(step.toString())
                            .isTrue();
                }
            }
        }
    }

    /** V1's own logs apart. */
    private static List<String> everything(Path directory) throws Exception {
        return TreeSnapshot.of(directory, true).stream().filter(line -> !line.startsWith("v1/logs")).toList();
    }
}
