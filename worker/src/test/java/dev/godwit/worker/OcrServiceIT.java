package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The OCR service, from one container to replicas with a queue, a cache and monitoring. */
class OcrServiceIT {
    private static final boolean LONG = Boolean.getBoolean("godwit.long");
    private static final int KILLS_IN_A_RUN = LONG ? 4 : 2;
    private static final int RUNS = 5;
    private static final long SEED = Long.getLong("godwit.seed", System.nanoTime());
    /** docs/explanation/the-ocr-guide-side-by-side.md says why. */
    private static final List<String> DIFFERENCES = List.of("Files guide/.env and godwit/.env differ",
            "Files guide/Dockerfile.scalable and godwit/Dockerfile.scalable differ",
            "Files guide/requirements.txt and godwit/requirements.txt differ", "Only in godwit: monitoring",
            "Only in guide: backup");

    @Test
    @Tag("B1")
    @Tag("B2")
    @Tag("B3")
    @Tag("B4")
    @Tag("B5")
    @Tag("B6")
    @Tag("B7")
    @Tag("B8")
    @Tag("B9")
    @Tag("B10")
    @Tag("B11")
    @Tag("B12")
    @Tag("B13")
    void the_service_moves_its_key_is_found_nowhere_and_the_recovery_plan_brings_the_single_one_back(
            @TempDir Path directory) throws Exception {
        Path own = Files.createDirectory(directory.resolve("site"));
        try (OcrService ocr = new OcrService(Files.createDirectory(directory.resolve("ocr"))).with("scale_to", 3);
                DevServer temporal = DevServer.start(own);
                Site site = new Site(own, temporal.with(ocr.environment()));
                ProcessArguments arguments = ProcessArguments.watch(ocr.secret("GEMINI_API_KEY"))) {
            site.startWorker();
            List<String> files = ocr.files();
            List<String> containers = ocr.containers();
            List<String> images = ocr.images();

            Answer dryRun = site.begin(ocr.start("plan.yaml", "--dry-run")).await(10);

            assertThat(dryRun.exit()).as(dryRun.err()).isZero();
            assertThat(ocr.files()).isEqualTo(files);
            assertThat(ocr.containers()).isEqualTo(containers);
            assertThat(ocr.images()).isEqualTo(images);

            Answer answer = migrateAmidKills(site, ocr, SEED);

            assertThat(answer.exit()).as("seed " + SEED + ": " + answer.err()).isZero();
            assertThat(ocr.version()).startsWith("2.");
            assertThat(ocr.services()).containsExactly("grafana running", "nginx running", "ocr-service running",
                    "ocr-service running", "ocr-service running", "prometheus running", "recognition running",
                    "redis running");
            assertThat(answer.step("users").get("output").get("requests").asInt()).isPositive();
            assertThat(ocr.prometheus("/api/v1/rules").findValuesAsText("name")).contains("HighMemoryUsage",
                    "LowCacheHitRate");
            assertThat(ocr.grafana("/api/dashboards/uid/ocr-service").at("/dashboard/title").asText())
                    .isEqualTo("OCR service");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(ocr.home().resolve(".env"))))
                    .isEqualTo("rw-------");
            assertThat(differencesFromTheGuide(ocr, directory.resolve("guide")))
                    .containsExactlyInAnyOrderElementsOf(DIFFERENCES);
            keyIsFoundNowhere(ocr, temporal, own, answer);

            Answer recovery = site.begin(ocr.start("recover.yaml")).await(10);

            assertThat(recovery.exit()).as(recovery.err()).isZero();
            assertThat(ocr.version()).startsWith("1.");
            assertThat(ocr.services()).containsExactly("app running", "nginx running", "recognition running");
            assertThat(ocr.post("/process", "/docs/test.pdf").at("/result/policy_number").asText())
                    .isEqualTo("HV-00000");
            keyIsFoundNowhere(ocr, temporal, own, recovery);
            assertThat(arguments.seen()).as("command lines with the key").isEmpty();
            assertThat(arguments.looks()).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.godwit.worker.OcrServiceIT$Fault#tried")
    @Tag("B11")
    void what_fails_takes_everything_back_and_the_single_service_answers(Fault fault, @TempDir Path directory)
            throws Exception {
        Path own = Files.createDirectory(directory.resolve("site"));
        try (OcrService ocr = new OcrService(Files.createDirectory(directory.resolve("ocr"))).with("scale_to", 3);
                Site site = new Site(own, Temporal.embedded().with(ocr.environment()))) {
            site.startWorker();
            fault.in(ocr);
            List<String> files = ocr.files();
            List<String> services = ocr.services();
            List<String> images = ocr.images();

            Answer answer = site.begin(ocr.start("plan.yaml")).await(10);

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(answer.phase(fault.name().toLowerCase(Locale.ROOT))).isNotIn("completed", "pending");
            assertThat(ocr.files()).isEqualTo(files);
            assertThat(ocr.services()).isEqualTo(services);
            assertThat(ocr.images()).isEqualTo(images);
            assertThat(ocr.version()).startsWith("1.");
            assertThat(ocr.post("/process", "/docs/test1.pdf").at("/result/policy_number").asText())
                    .isEqualTo("HV-00001");
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true")
    void killed_at_many_random_moments_it_ends_as_if_undisturbed(@TempDir Path directory) throws Exception {
        for (int number = 0; number < RUNS; number++) {
            long seed = SEED + number;
            Path own = Files.createDirectory(directory.resolve("site-" + number));
            try (OcrService ocr = new OcrService(Files.createDirectory(directory.resolve("ocr-" + number)));
                    Site site = new Site(own, DevServer.start(own).with(ocr.environment()))) {
                site.startWorker();

                Answer answer = migrateAmidKills(site, ocr, seed);

                assertThat(answer.exit()).as("seed " + seed + ": " + answer.err()).isZero();
                assertThat(ocr.version()).startsWith("2.");
                assertThat(ocr.services()).as("seed " + seed)
                        .containsExactly("grafana running", "nginx running", "ocr-service running",
                                "ocr-service running", "prometheus running", "recognition running", "redis running");
                assertThat(differencesFromTheGuide(ocr, own.resolve("guide"))).as("seed " + seed)
                        .containsExactlyInAnyOrderElementsOf(DIFFERENCES);
            }
        }
    }

    /** Kills workers, the first within the first seconds. */
    private static Answer migrateAmidKills(Site site, OcrService ocr, long seed) throws Exception {
        Random random = new Random(seed);
        Site.Command run = site.begin(ocr.start("plan.yaml"));
        for (int kill = 0; kill < KILLS_IN_A_RUN; kill++) {
            if (run.process().waitFor(5_000 + random.nextInt(15_000), TimeUnit.MILLISECONDS)) {
                break;
            }
            site.killWorkers();
            site.startWorker();
        }
        return decided(site, ocr, run.await(10));
    }

    /** A probe whose worker was killed has seen nothing for a while; whether that is good enough is for a person to say. */
    private static Answer decided(Site site, OcrService ocr, Answer answer) throws Exception {
        Answer last = answer;
        while (last.exit() == 4) {
            Answer skip = site.godwit("skip", ocr.id("ocr-scalable"), "--by", "test", "--reason",
                    "the worker was killed");
            assertThat(skip.exit()).as(skip.err()).isZero();
            last = site.begin(List.of("watch", ocr.id("ocr-scalable"), "--output", "json")).await(10);
        }
        return last;
    }

    private static List<String> differencesFromTheGuide(OcrService ocr, Path guide) throws Exception {
        return ocr.run(OcrService.EXAMPLE.resolve("side-by-side").toString(), ocr.home().toString(), guide.toString())
                .lines()
                .filter(line -> line.startsWith("Files ") || line.startsWith("Only in "))
                .toList();
    }

    /** History, reports, evidence, journals, logs of workers and containers, and the output of commands. */
    private static void keyIsFoundNowhere(OcrService ocr, DevServer temporal, Path own, Answer answer)
            throws Exception {
        String key = ocr.secret("GEMINI_API_KEY");
        List<String> runs = new ArrayList<>();
        new ObjectMapper().readTree(temporal.temporal("workflow", "list").out())
                .forEach(run -> runs.add(run.at("/execution/workflowId").asText()));
        assertThat(runs).contains(ocr.id("ocr-scalable")).hasSizeGreaterThan(3);
        for (String run : runs) {
            Answer history = temporal.temporal("workflow", "show", "--workflow-id", run);
            assertThat(history.exit()).as(history.err()).isZero();
            assertThat(history.out()).as("the history of " + run)
                    .contains("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED")
                    .doesNotContain(key);
            for (String payload : new ObjectMapper().readTree(history.out()).findValuesAsText("data")) {
                assertThat(new String(Base64.getDecoder().decode(payload), StandardCharsets.UTF_8))
                        .as("the history of " + run)
                        .doesNotContain(key);
            }
        }
        assertThat(ocr.logs()).doesNotContain(key);
        assertThat(answer.out() + answer.err()).doesNotContain(key);
        List<Path> searched = new ArrayList<>();
        try (Stream<Path> files = Files.walk(own)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                searched.add(file);
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)).as(file.toString())
                        .doesNotContain(key);
            }
        }
        assertThat(searched).anyMatch(file -> file.endsWith("report.md"))
                .anyMatch(file -> file.endsWith("temporal.db"));
    }

    /** What is broken, so that a phase fails. */
    private enum Fault {
        ASSESS {
            @Override
            void in(OcrService ocr) throws Exception {
                Files.delete(ocr.home().resolve("docs/test.pdf"));
            }
        },
        BACKUP {
            @Override
            void in(OcrService ocr) {
                ocr.with("backups", ocr.home().resolve("docs"));
            }
        },
        PREPARE {
            @Override
            void in(OcrService ocr) throws Exception {
                append(ocr.release().resolve("Dockerfile.scalable"), "\nRUN false\n");
            }
        },
        CUTOVER {
            @Override
            void in(OcrService ocr) throws Exception {
                Path compose = ocr.home().resolve("docker-compose-scalable.yml");
                Files.writeString(compose, Files.readString(compose).replace("--appendonly", "--no-such-option"));
            }
        },
        FUNCTIONS {
            @Override
            void in(OcrService ocr) throws Exception {
                Files.delete(ocr.home().resolve("docs/test20.pdf"));
            }
        },
        MONITORING {
            @Override
            void in(OcrService ocr) throws Exception {
                Path alerts = ocr.release().resolve("prometheus-alerts.yml");
                Files.writeString(alerts, Files.readString(alerts).replace("> 80", "> > 80"));
            }
        },
        LOAD {
            @Override
            void in(OcrService ocr) {
                ocr.with("at_once", 0);
            }
        },
        SUCCESS {
            @Override
            void in(OcrService ocr) {
                ocr.with("p95_limit", 0);
            }
        };

        abstract void in(OcrService ocr) throws Exception;

        private static void append(Path file, String text) throws Exception {
            Files.writeString(file, Files.readString(file) + text);
        }

        /** In the short form one after the cutover. */
        private static Stream<Fault> tried() {
            return LONG ? Stream.of(values()) : Stream.of(FUNCTIONS);
        }
    }
}
