package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The OCR service, from one container to replicas with a queue, a cache and monitoring. */
@Order(1)
class OcrServiceIT {
    private static final boolean LONG = Boolean.getBoolean("godwit.long");
    private static final int KILLS_IN_A_RUN = LONG ? 4 : 2;
    private static final int KILLS = 20;
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
                SecretWatch watch = new SecretWatch(ocr.secrets(), own.resolve("state"))) {
            site.startWorker();
            SecretSearch search = new SecretSearch(ocr.secrets());
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
            keyIsFoundNowhere(search, ocr, temporal, own, answer);

            Answer recovery = site.begin(ocr.start("recover.yaml")).await(10);

            assertThat(recovery.exit()).as(recovery.err()).isZero();
            assertThat(ocr.version()).startsWith("1.");
            assertThat(ocr.services()).containsExactly("app running", "nginx running", "recognition running");
            assertThat(ocr.post("/process", "/docs/test.pdf").at("/result/policy_number").asText())
                    .isEqualTo("HV-00000");
            keyIsFoundNowhere(search, ocr, temporal, own, recovery);
            assertThat(watch.seen()).as("command lines and temporary files with a secret").isEmpty();
            assertThat(watch.looks()).isPositive();
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
            List<String> stack = ocr.stack();
            List<String> images = ocr.images();

            Answer answer = site.begin(ocr.start("plan.yaml")).await(10);

            assertThat(answer.exit()).as(answer.err()).isEqualTo(3);
            assertThat(answer.phase(fault.name().toLowerCase(Locale.ROOT))).isNotIn("completed", "pending");
            asItWas(ocr, files, stack, images);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "godwit.long", matches = "true")
    void killed_at_many_random_moments_runs_and_rollbacks_end_as_if_undisturbed(@TempDir Path directory)
            throws Exception {
        int kills = 0;
        for (int number = 0; kills < KILLS; number++) {
            long seed = SEED + number;
            Random random = new Random(seed);
            Path own = Files.createDirectory(directory.resolve("site-" + number));
            try (OcrService ocr = new OcrService(Files.createDirectory(directory.resolve("ocr-" + number)));
                    Site site = new Site(own, DevServer.start(own).with(ocr.environment()))) {
                site.startWorker();
                List<String> files = ocr.files();
                List<String> stack = ocr.stack();
                List<String> images = ocr.images();
                Site.Command run = site.begin(ocr.start("plan.yaml"));
                kills += killAmid(run, site, random, 15_000);

                Answer answer = decided(site, ocr, run.await(10));

                assertThat(answer.exit()).as("seed " + seed + ": " + answer.err()).isZero();
                assertThat(ocr.version()).startsWith("2.");
                assertThat(ocr.services()).as("seed " + seed)
                        .containsExactly("grafana running", "nginx running", "ocr-service running",
                                "ocr-service running", "prometheus running", "recognition running", "redis running");
                assertThat(differencesFromTheGuide(ocr, own.resolve("guide"))).as("seed " + seed)
                        .containsExactlyInAnyOrderElementsOf(DIFFERENCES);
                Site.Command rollback = site.begin(List.of("rollback", ocr.id("ocr-scalable"), "--output", "json"));
                kills += killAmid(rollback, site, random, 5_000);

                Answer back = rollback.await(10);

                assertThat(back.exit()).as("seed " + seed + ": " + back.err()).isZero();
                asItWas(ocr, files, stack, images);
                System.out.printf("seed %d: %d kills so far%n", seed, kills);
            }
        }
    }

    private static void asItWas(OcrService ocr, List<String> files, List<String> stack, List<String> images)
            throws Exception {
        assertThat(ocr.files()).isEqualTo(files);
        // What the scalable service accepted stays in the volume of its Redis.
        assertThat(ocr.stack()).filteredOn(fact -> !fact.startsWith("volume redis-data")).isEqualTo(stack);
        assertThat(ocr.images()).isEqualTo(images);
        assertThat(ocr.version()).startsWith("1.");
        assertThat(ocr.post("/process", "/docs/test1.pdf").at("/result/policy_number").asText()).isEqualTo("HV-00001");
    }

    private static Answer migrateAmidKills(Site site, OcrService ocr, long seed) throws Exception {
        Site.Command run = site.begin(ocr.start("plan.yaml"));
        killAmid(run, site, new Random(seed), 15_000);
        return decided(site, ocr, run.await(10));
    }

    /**
     * Kills workers while a command waits for its run.
     *
     * @param longest in milliseconds, from one to the next
     * @return how many
     */
    private static int killAmid(Site.Command run, Site site, Random random, int longest) throws Exception {
        for (int kills = 0; kills < KILLS_IN_A_RUN; kills++) {
            if (run.process().waitFor(longest / 5 + random.nextInt(longest * 4 / 5), TimeUnit.MILLISECONDS)) {
                return kills;
            }
            site.killWorkers();
            site.startWorker();
        }
        return KILLS_IN_A_RUN;
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

    /**
     * History, Temporal's database, reports, evidence, journals, logs of workers and containers, the output of commands,
     * backups, and what Docker tells of containers and images; those that get it from Compose, as they must, apart.
     */
    private static void keyIsFoundNowhere(SecretSearch search, OcrService ocr, DevServer temporal, Path own,
            Answer answer) throws Exception {
        search.nothingInHistories(temporal, 4);
        search.nothingIn("the logs of containers", ocr.logs());
        search.nothingIn("the answer", answer.out() + answer.err());
        search.nothingIn("what Docker tells", ocr.inspected());
        search.nothingIn(own);
        search.nothingInFilesOf(ocr.backups());
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
        DRILLS {
            @Override
            void in(OcrService ocr) {
                ocr.with("recovery_limit", 0);
            }
        },
        SCALE {
            @Override
            void in(OcrService ocr) throws Exception {
                ocr.takeNameOfReplica(3);
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
