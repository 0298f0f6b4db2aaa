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
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** CodebeGen gets versions, in the database and in the storage: {@code examples/codebegen/plan.yaml}. */
@Order(1)
class CodebegenIT {
    private static final boolean LONG = Boolean.getBoolean("godwit.long");
    private static final String[] SEED = {"--generations", "400", "--projects", "12"};
    private static final long CHANCE = Long.getLong("godwit.seed", System.nanoTime());
    private static final int KILLS = 20;
    /** A step that takes longer is told on its own, and waits are asked again; an event a file would be many more. */
    private static final int SLACK = 20;
    private static final double GROWTH = 1.2;

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
        Path own = Files.createDirectories(directory.resolve("site"));
        DevServer temporal = DevServer.start(own);
        try (CodebeGen codebegen = new CodebeGen(directory, temporal, SEED);
                SecretWatch watch = new SecretWatch(codebegen.secrets(), own.resolve("state"))) {
            codebegen.site.startWorker();
            List<String> files = codebegen.files();
            List<String> database = codebegen.database();
            List<String> running = codebegen.running();
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
            assertThat(codebegen.running()).isEqualTo(running);
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

            Answer back = codebegen.rollback();

            assertThat(back.exit()).as(back.err()).isZero();
            assertThat(codebegen.files()).isEqualTo(files);
            assertThat(codebegen.database()).isEqualTo(database);
            assertThat(codebegen.running()).isEqualTo(running);
            versionOneWorks(codebegen);
            assertThat(codebegen.get("/generations/" + generation + "/download").body()).isEqualTo(download);
            secretsAreFoundNowhere(codebegen, temporal, own, List.of(dry, done, back));
            assertThat(watch.seen()).as("command lines and temporary files with a secret").isEmpty();
            assertThat(watch.looks()).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource
    @Tag("E8")
    void what_fails_at_the_end_of_a_phase_takes_everything_back(String phase) throws Exception {
        try (CodebeGen codebegen = new CodebeGen(directory, SEED)) {
            codebegen.site.startWorker();
            List<String> files = codebegen.files();
            List<String> database = codebegen.database();
            List<String> running = codebegen.running();

            Answer answer = codebegen.with("fail_after", phase).migrate();

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(answer.phase(phase)).isNotIn("completed", "pending");
            assertThat(codebegen.files()).isEqualTo(files);
            assertThat(codebegen.database()).isEqualTo(database);
            assertThat(codebegen.running()).isEqualTo(running);
            versionOneWorks(codebegen);
        }
    }

    /** In the short form one after the new version has gone live. */
    static List<String> what_fails_at_the_end_of_a_phase_takes_everything_back() {
        return LONG
                ? List.of("prepare", "backup", "database", "files", "deploy", "verify", "load", "watch")
                : List.of("load");
    }

    @Test
    @Tag("E10")
    void references_to_generations_that_are_gone_stop_the_run_before_anything_changes() throws Exception {
        try (CodebeGen codebegen = new CodebeGen(directory, "--generations", "100", "--projects", "8", "--orphans",
                "3")) {
            codebegen.site.startWorker();
            List<String> files = codebegen.files();
            List<String> database = codebegen.database();
            String process = codebegen.processOfApi();

            Answer dry = codebegen.migrate("--dry-run");
            Answer answer = codebegen.migrate();

            for (Answer each : List.of(dry, answer)) {
                assertThat(each.exit()).as(each.err()).isEqualTo(1);
                assertThat(each.step("orphans").toString()).contains("orphaned references", "3 rows");
            }
            assertThat(answer.step("down").get("state").asText()).isEqualTo("pending");
            assertThat(codebegen.files()).isEqualTo(files);
            assertThat(codebegen.database()).isEqualTo(database);
            assertThat(codebegen.processOfApi()).as("the process that answers").isEqualTo(process);
            assertThat(codebegen.messages()).doesNotContain("goes down");
        }
    }

    @Test
    @Tag("E8")
    void a_part_is_taken_back_alone_and_the_rest_goes_on_working_or_it_is_refused_with_the_reason() throws Exception {
        try (CodebeGen codebegen = new CodebeGen(directory, SEED)) {
            codebegen.site.startWorker();
            List<String> filesBefore = codebegen.files();
            List<String> databaseBefore = codebegen.database();
            List<String> runningBefore = codebegen.running();
            for (List<String> parts : LONG
                    ? List.of(List.of("files", "database"), List.of("database", "files"))
                    : List.of(List.of("files", "database"))) {
                Answer done = codebegen.migrate();
                assertThat(done.exit()).as(done.err()).isZero();
                List<String> running = codebegen.running();

                Answer refused = codebegen.rollback("--only", "deployment");

                assertThat(refused.exit()).as(refused.err()).isEqualTo(1);
                assertThat(refused.out()).contains("cannot be taken back alone", "looks for generations in the storage",
                        "--only deployment,files");
                assertThat(codebegen.running()).isEqualTo(running);

                List<String> files = codebegen.files();
                List<String> database = codebegen.database();
                for (String part : parts) {
                    Answer back = codebegen.rollback("--only", part);

                    assertThat(back.exit()).as(back.err()).isZero();
                    files = part.equals("files") ? filesBefore : files;
                    // The rows say where the files are, so that this goes with the files.
                    database = part.equals("files") ? withoutPaths(database) : databaseBefore;
                    assertThat(codebegen.files()).as("files after --only " + part).isEqualTo(files);
                    assertThat(codebegen.database()).as("database after --only " + part).isEqualTo(database);
                    assertThat(codebegen.running()).isEqualTo(running);
                    versionTwoWorks(codebegen, !database.equals(databaseBefore));
                }

                Answer rest = codebegen.rollback();

                assertThat(rest.exit()).as(rest.err()).isZero();
                assertThat(codebegen.files()).isEqualTo(filesBefore);
                assertThat(codebegen.database()).isEqualTo(databaseBefore);
                assertThat(codebegen.running()).isEqualTo(runningBefore);
                versionOneWorks(codebegen);
            }
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true")
    void killed_at_many_random_moments_runs_and_rollbacks_end_as_if_undisturbed() throws Exception {
        Random random = new Random(CHANCE);
        try (CodebeGen codebegen = new CodebeGen(directory, SEED)) {
            codebegen.site.startWorker();
            List<String> filesBefore = codebegen.files();
            List<String> databaseBefore = codebegen.database();
            Answer undisturbed = codebegen.migrate();
            assertThat(undisturbed.exit()).as(undisturbed.err()).isZero();
            List<String> files = codebegen.filesWithoutTimes();
            List<String> database = codebegen.database();
            Answer back = codebegen.rollback();
            assertThat(back.exit()).as(back.err()).isZero();

            int kills = 0;
            for (int run = 1; kills < KILLS; run++) {
                String seed = "seed " + CHANCE + ", run " + run;
                Site.Command migration = codebegen.begin();
                kills += codebegen.killAmid(migration, random);
                Answer answer = migration.await(10);
                assertThat(answer.exit()).as(seed + ": " + answer.err()).isZero();
                assertThat(codebegen.filesWithoutTimes()).as(seed).isEqualTo(files);
                assertThat(codebegen.database()).as(seed).isEqualTo(database);
                versionsAreThere(codebegen);

                Site.Command rollback = codebegen.beginRollback();
                kills += codebegen.killAmid(rollback, random);
                Answer end = rollback.await(10);
                assertThat(end.exit()).as(seed + ": " + end.err()).isZero();
                assertThat(codebegen.files()).as(seed).isEqualTo(filesBefore);
                assertThat(codebegen.database()).as(seed).isEqualTo(databaseBefore);
                versionOneWorks(codebegen);
                System.out.printf("%s: %d kills so far%n", seed, kills);
            }
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true")
    @Tag("E5")
    void fifty_thousand_generations_need_no_more_history_and_memory_and_survive_a_kill_and_go_back() throws Exception {
        Needs forFew = reorganized(Files.createDirectory(directory.resolve("few")), 5_000);
        Needs forMany = reorganized(Files.createDirectory(directory.resolve("many")), 50_000);

        System.out.printf("5,000 generations: %s%n50,000 generations: %s%n", forFew, forMany);
        assertThat(forMany.work()).isLessThan(forFew.work() + SLACK);
        assertThat((double) forMany.liveHeap()).isLessThan(forFew.liveHeap() * GROWTH);
    }

    /** Migrates under a small heap, and takes it back; kills the worker in the middle of either. */
    private static Needs reorganized(Path directory, int generations) throws Exception {
        try (CodebeGen codebegen = new CodebeGen(directory, "--generations", String.valueOf(generations), "--projects",
                String.valueOf(generations / 125))) {
            List<String> files = codebegen.files();
            List<String> database = codebegen.database();
            int places = codebegen.flat();

            long began = System.nanoTime();
            long liveHeap = codebegen.killedOnce(codebegen.begin(), places * 6 / 10, true);
            versionsAreThere(codebegen);
            Needs needs = Needs.of(codebegen.site, codebegen.id(), liveHeap);
            long migrated = System.nanoTime();
            liveHeap = codebegen.killedOnce(codebegen.beginRollback(), places * 4 / 10, false);

            System.out.printf("%d generations: %d s there, %d s back with at most %d bytes alive%n", generations,
                    TimeUnit.NANOSECONDS.toSeconds(migrated - began),
                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - migrated), liveHeap);
            assertThat(codebegen.files()).isEqualTo(files);
            assertThat(codebegen.database()).isEqualTo(database);
            versionOneWorks(codebegen);
            return needs;
        }
    }

    private static List<String> withoutPaths(List<String> database) {
        return database.stream().map(row -> row.replaceFirst(",projects/[^,)]*", ",")).toList();
    }

    private static void versionOneWorks(CodebeGen codebegen) throws Exception {
        assertThat(codebegen.reports()).isEmpty();
        assertThat(codebegen.json("/health").get("version").asText()).startsWith("1.");
        assertThat(codebegen.get(oldDownload(codebegen)).statusCode()).isEqualTo(200);
    }

    /** @param versions whether the database still knows them */
    private static void versionTwoWorks(CodebeGen codebegen, boolean versions) throws Exception {
        assertThat(codebegen.json("/health").get("version").asText()).startsWith("2.");
        assertThat(codebegen.json("/health").get("versions").asBoolean()).isEqualTo(versions);
        String project = codebegen.json("/projects?limit=1").at("/0/id").asText();
        for (String path : List.of("", "/active", "/compare/1/2", "/1/download")) {
            assertThat(codebegen.get("/projects/" + project + "/generations" + path).statusCode()).as(path)
                    .isEqualTo(versions ? 200 : 501);
        }
        assertThat(codebegen.get(oldDownload(codebegen)).statusCode()).isEqualTo(200);
    }

    private static String oldDownload(CodebeGen codebegen) throws Exception {
        return "/generations/" + codebegen.json("/projects?limit=1").at("/0/current_generation_id").asText()
                + "/download";
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

    private static void secretsAreFoundNowhere(CodebeGen codebegen, DevServer temporal, Path own,
            List<Answer> answers) throws Exception {
        SecretSearch search = new SecretSearch(codebegen.secrets());
        search.nothingInHistories(temporal, 4);
        for (Answer answer : answers) {
            search.nothingIn("an answer", answer.out() + answer.err());
        }
        search.nothingIn(own);
        for (String directory : List.of("backups", "reports", "logs", "storage")) {
            search.nothingInFilesOf(codebegen.home().resolve(directory));
        }
        search.nothingIn("the messages", codebegen.messages());
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
