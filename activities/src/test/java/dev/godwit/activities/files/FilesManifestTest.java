package dev.godwit.activities.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row E5: a manifest for each generation. */
class FilesManifestTest extends StepContract {
    private static final String ROWS = "in: 'storage', rows: {from: 'database', query: '" + Generations.QUERY
            + "'}, file: '\"\\\\(.id)/manifest.json\"'";
    private static final String FIELDS = ROWS
            + ", json: '{id, version, files: $files, run: $run.started}', missing: 'report'";

    @TempDir
    private Path temporary;

    @Override
    protected StepWorld world(Path directory) throws Exception {
        StepWorld world = Generations.inSqlite(directory, "files.manifest")
                .spec("{" + FIELDS + ", existing: 'replace'}");
        Files.writeString(directory.resolve("storage/g3/manifest.json"), "{\"written\": \"by hand\"}");
        return world;
    }

    @Test
    void a_manifest_says_what_the_row_and_the_directory_hold() throws Exception {
        try (StepWorld world = Generations.inPostgres(temporary.resolve("w"), "files.manifest")
                .spec("{" + FIELDS + "}")) {
            assertThat(world.preview().changes())
                    .contains("write 3 files in storage; 2 rows have no directory for one");
            assertThat(world.run().output().toString()).isEqualTo("{\"files\":3,\"missing\":2}");

            JsonNode manifest = Json.read(
                    Files.readString(world.directory().resolve("storage/g1/manifest.json")), JsonNode.class);
            assertThat(manifest.get("version").asInt()).isEqualTo(1);
            assertThat(manifest.get("run").asText()).isEqualTo("2026-03-01T12:00:00Z");
            assertThat(manifest.get("files").findValuesAsText("path")).containsExactly("read me.txt", "src/main.py");
            assertThat(manifest.get("files").get(0).get("sha256").asText())
                    .isEqualTo(Hashes.sha256(world.directory().resolve("storage/g1/read me.txt")));
        }
    }

    @Test
    void a_row_without_a_directory_stops_the_step_before_anything_is_written() throws Exception {
        try (StepWorld world = Generations.inSqlite(temporary.resolve("w"), "files.manifest")
                .spec("{" + ROWS + ", json: '.'}")) {
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("2 rows have no directory for their file in storage: g2, g4");
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }

    @Test
    void a_manifest_of_others_is_refused() throws Exception {
        try (StepWorld world = world(temporary.resolve("w")).spec("{" + FIELDS + "}")) {
            List<String> before = world.snapshot();

            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("g3/manifest.json exists already");
            assertThat(world.snapshot()).isEqualTo(before);
        }
    }
}
