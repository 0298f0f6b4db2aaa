package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.activities.host.TreeSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker that is stopped for longer than the heartbeat allows, and then goes on as if nothing had happened, while another
 * does its step.
 */
class ZombieIT {
    private static final int ROWS = 100_000;
    private static final int FILES = 6_000;
    private static final String SESSION = "session ";

    @Test
    void it_commits_nothing_to_a_database_after_its_successor_began_and_does_not_hold_it_up(@TempDir Path siteDirectory,
            @TempDir Path directory) throws Exception {
        try (Site site = new Site(siteDirectory);
                CopiedTable table = new CopiedTable(site, directory, ROWS, "batch: 1000, partitions: 2, rate: 10000",
                        "")) {
            table.target.execute("ALTER SYSTEM SET log_statement = 'all'",
                    "ALTER SYSTEM SET log_line_prefix = '" + SESSION + "%a | '", "SELECT pg_reload_conf()");
            // It is stopped with rows written and its word given to commit them, which has not arrived yet.
            table.toTarget.holdAfter("FROM STDIN", "WITH fence");
            long zombie = site.startWorker();
            Site.Command run = table.begin();
            Until.within(120, "both of its sessions want to commit", () -> table.toTarget.held() == 2);
            table.toTarget.holdNoMore();
            signal(zombie, "STOP");
            int loggedBefore = table.target.log().size();

            site.startWorker();
            awaitBatches(table, run, 5);
            table.toTarget.release();
            awaitBatches(table, run, 5);
            signal(zombie, "CONT");
            Answer answer = run.await();
            assertThat(answer.exit()).as(CopiedTable.told(answer)).isZero();
            site.drainWorker(zombie);

            assertThat(answer.step("copy").get("attempts").asInt()).isGreaterThan(1);
            assertThat(CopiedTable.content(table.target)).isEqualTo(CopiedTable.content(table.source))
                    .startsWith(ROWS + " rows, " + ROWS + " keys, ");
            List<String> log = table.target.log();
            String first = sessions(log.subList(0, loggedBefore)).toList().getFirst();
            assertThat(writes(log.subList(0, loggedBefore), first)).isGreaterThanOrEqualTo(2);
            int successorBegan = loggedBefore;
            while (!begunByAnother(log.get(successorBegan), first)) {
                successorBegan++;
            }
            assertThat(writes(log.subList(successorBegan, log.size()), first)).isZero();
        }
    }

    @Test
    void with_files_at_most_the_one_operation_in_flight_lands_with_the_same_content(@TempDir Path siteDirectory,
            @TempDir Path directory) throws Exception {
        Path from = Files.createDirectories(directory.resolve("from/data"));
        Path to = Files.createDirectories(directory.resolve("to"));
        for (int i = 0; i < FILES; i++) {
            Files.writeString(from.resolve("file-" + i), "content of file " + i);
        }
        Path plan = directory.resolve("plan.yaml");
        Files.writeString(plan, """
                name: files
                target: files
                resources:
                  from: {kind: directory, path: '%s'}
                  to: {kind: directory, path: '%s'}
                phases:
                  - name: data
                    steps:
                      - name: copy
                        uses: files.copy
                        heartbeat: 3s
                        with: {from: 'from:data', to: 'to:data'}
                """.formatted(from.getParent(), to));
        try (Site site = new Site(siteDirectory)) {
            long zombie = site.startWorker();
            Site.Command run = site.begin(List.of("start", plan.toString(), "--output", "json"));
            Until.seen("a part is copied", () -> count(to.resolve("data")) > FILES / 20);
            signal(zombie, "STOP");
            int stoppedAt = count(to.resolve("data"));
            assertThat(stoppedAt).as("it was stopped too late to be a zombie").isLessThan(FILES);

            site.startWorker();
            Until.seen("the successor copies", () -> count(to.resolve("data")) > stoppedAt);
            signal(zombie, "CONT");
            Answer answer = run.await();
            assertThat(answer.exit()).as(CopiedTable.told(answer)).isZero();
            site.drainWorker(zombie);

            assertThat(answer.step("copy").get("attempts").asInt()).isGreaterThan(1);
            List<String> copied = TreeSnapshot.of(to.resolve("data"), false);
            List<String> expected = TreeSnapshot.of(from, false);
            assertThat(copied).containsAll(expected);
            assertThat(copied.size() - expected.size()).as("what landed late under a temporary name: %s",
                    copied.stream().filter(line -> !expected.contains(line)).toList()).isLessThanOrEqualTo(1);
        }
    }

    private static void awaitBatches(CopiedTable table, Site.Command run, int batches) throws Exception {
        for (int batch = 0; batch < batches; batch++) {
            String before = table.progress();
            Until.seen("another batch is committed", () -> {
                if (!run.process().isAlive()) {
                    throw new AssertionError("the run ended too early: " + run.saidSoFar());
                }
                return !table.progress().equals(before);
            });
        }
    }

    private static void signal(long pid, String name) throws Exception {
        Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid).inheritIO().start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Those of steps, by the application name that is theirs alone. */
    private static Stream<String> sessions(List<String> log) {
        return log.stream()
                .filter(line -> line.startsWith(SESSION + "godwit/"))
                .map(line -> line.substring(SESSION.length(), line.indexOf(" | ")))
                .distinct();
    }

    private static boolean begunByAnother(String line, String session) {
        return line.startsWith(SESSION + "godwit/") && !line.startsWith(SESSION + session);
    }

    /** What it would take to commit something, whether a transaction was begun for it or not. */
    private static long writes(List<String> log, String session) {
        return log.stream()
                .filter(line -> line.startsWith(SESSION + session))
                .filter(line -> line.matches(".*: (COMMIT|COPY|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|WITH)\\b.*"))
                .count();
    }

    private static int count(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return (int) files.filter(file -> !file.getFileName().toString().startsWith(".")).count();
        }
    }
}
