package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CodebeGen gets versions, in the database and in the storage: {@code examples/codebegen/plan.yaml}. */
class CodebegenIT {
    private static final boolean LONG = Boolean.getBoolean("godwit.long");
    private static final String[] SEED = {"--generations", LONG ? "50000" : "400", "--projects", LONG ? "400" : "12"};

    @TempDir
    private Path directory;

    @Test
    @Tag("E1")
    @Tag("E2")
    @Tag("E3")
    @Tag("E4")
    @Tag("E5")
    @Tag("E6")
    @Tag("E7")
    @Tag("E8")
    @Tag("E9")
    @Tag("E10")
    @Tag("E11")
    @Tag("E12")
    @Tag("E13")
    void a_dry_run_changes_nothing_a_run_gives_versions_and_a_rollback_brings_back_every_byte_and_row()
            throws Exception {
        try (CodebeGen codebegen = new CodebeGen(directory, SEED)) {
            codebegen.site.startWorker();
            List<String> files = codebegen.files();
            List<String> database = codebegen.database();
            String project = codebegen.json("/projects?limit=1").at("/0/id").asText();
            String generation = codebegen.json("/projects?limit=1").at("/0/current_generation_id").asText();
            byte[] download = codebegen.get("/generations/" + generation + "/download").body();

            Answer dry = codebegen.migrate("--dry-run");

            assertThat(dry.exit()).as(dry.err()).isZero();
            assertThat(dry.step("revision").get("preview").get("changes").toString())
                    .contains("ALTER TABLE generations ADD COLUMN version INTEGER", "row_number() OVER", "COMMIT");
            assertThat(dry.step("database_after").get("preview").get("unknown").asText())
                    .isEqualTo("known after indexes");
            assertThat(codebegen.files()).isEqualTo(files);
            assertThat(codebegen.database()).isEqualTo(database);
            assertThat(codebegen.messages()).isEmpty();

            Answer done = codebegen.migrate();

            assertThat(done.exit()).as(done.err()).isZero();
            versionsAreThere(codebegen);
            assertThat(codebegen.get("/generations/" + generation + "/download").body()).isEqualTo(download);
            assertThat(names(codebegen.get("/projects/" + project + "/generations/1/download").body()))
                    .contains("main.py", "tests/test_main.py");
            assertThat(codebegen.messages().lines()).first().asString().contains("goes down for maintenance");
            assertThat(codebegen.messages().lines()).last().asString().contains("is back");
            assertThat(done.step("generate").at("/output/requests").asInt()).isGreaterThanOrEqualTo(100);
            for (JsonNode phase : done.json().get("phases")) {
                assertThat(phase.path("estimate").asText()).as(phase.get("name").asText()).isNotEmpty();
                assertThat(phase.path("actual").asText()).as(phase.get("name").asText()).isNotEmpty();
            }
            nothingSecretIsShown(codebegen, done);

            Answer back = codebegen.rollback();

            assertThat(back.exit()).as(back.err()).isZero();
            assertThat(codebegen.files()).isEqualTo(files);
            assertThat(codebegen.database()).isEqualTo(database);
            assertThat(codebegen.json("/health").get("version").asText()).startsWith("1.");
            assertThat(codebegen.get("/generations/" + generation + "/download").body()).isEqualTo(download);
        }
    }

    private static void versionsAreThere(CodebeGen codebegen) throws Exception {
        List<String> places = codebegen.rows("SELECT storage_path FROM generations WHERE status = 'completed'");
        assertThat(places).allMatch(place -> Files.exists(codebegen.storage().resolve(place).resolve("manifest.json")));
        try (var flat = Files.list(codebegen.storage())) {
            assertThat(flat).containsExactly(codebegen.storage().resolve("projects"));
        }
        Map<String, String> active = new LinkedHashMap<>();
        for (String row : codebegen.rows("SELECT p.id || ' ' || g.storage_path FROM projects p"
                + " JOIN generations g ON g.id = p.active_generation_id AND g.is_active")) {
            active.put(row.split(" ")[0], row.split(" ")[1]);
        }
        assertThat(active).hasSize(Integer.parseInt(
                codebegen.rows("SELECT count(DISTINCT project_id) FROM generations WHERE status = 'completed'")
                        .getFirst()));
        active.forEach((project, place) -> assertThat(codebegen.storage().resolve("projects/" + project + "/active"))
                .isSymbolicLink()
                .satisfies(link -> assertThat(link.toRealPath()).isEqualTo(
                        codebegen.storage().resolve(place).toRealPath())));
        assertThat(codebegen.rows("SELECT count(*) FROM generations WHERE version IS NULL")).containsExactly("0");
    }

    private static void nothingSecretIsShown(CodebeGen codebegen, Answer done) throws IOException {
        try (var secrets = Files.list(codebegen.home().resolve("secrets"))) {
            for (Path secret : secrets.toList()) {
                assertThat(done.out() + done.err()).doesNotContain(Files.readString(secret));
            }
        }
    }

    private static List<String> names(byte[] archive) throws IOException {
        List<String> names = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                names.add(entry.getName());
            }
        }
        return names;
    }
}
