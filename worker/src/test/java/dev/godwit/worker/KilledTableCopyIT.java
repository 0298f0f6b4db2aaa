package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A copy from one PostgreSQL to another whose worker is killed at random moments, while both servers are restarted and
 * crashed and connections are dropped. Source and target are compared by a query that has nothing to do with Godwit. With
 * {@code -Dgodwit.long=true} 2 million rows and 50 kills.
 */
class KilledTableCopyIT {
    private static final boolean LONG = Boolean.getBoolean("godwit.long");
    private static final int ROWS = LONG ? 2_000_000 : 200_000;
    private static final int KILLS = LONG ? 50 : 5;
    private static final long SEED = Long.getLong("godwit.seed", System.nanoTime());
    /** Slow enough for so many kills to find it at work, however fast the machine is. */
    private static final String SETTINGS = LONG
            ? "batch: 5000, partitions: 2, rate: 40000"
            : "batch: 2000, partitions: 2, rate: 20000";

    private final Random random = new Random(SEED);

    @Test
    void killed_and_cut_off_again_and_again_it_copies_every_row_once(@TempDir Path siteDirectory,
            @TempDir Path directory, @TempDir Path programs) throws Exception {
        System.out.println("seed " + SEED);
        try (Site site = new Site(siteDirectory);
                CopiedTable table = new CopiedTable(site, directory, ROWS, SETTINGS, "");
                KilledWorkers workers = new KilledWorkers(site, KilledWorkers.program(site, programs),
                        Files.createDirectories(programs.resolve("points")))) {
            Answer answer = torment(table, workers).await(20);

            assertThat(answer.exit()).as("seed %d: %s", SEED, CopiedTable.told(answer)).isZero();
            assertThat(workers.killed()).isEqualTo(KILLS);
            assertThat(CopiedTable.content(table.target)).isEqualTo(CopiedTable.content(table.source))
                    .startsWith(ROWS + " rows, " + ROWS + " keys, ");
            assertThat(CopiedTable.output(answer, "copy").get("rows").asInt()).isEqualTo(ROWS);
        }
    }

    /** What the copy has missed is found and mended when nobody writes any more. */
    @Test
    void with_a_writer_on_the_source_a_repair_ends_it_and_nothing_is_left_to_find(@TempDir Path siteDirectory,
            @TempDir Path directory, @TempDir Path programs) throws Exception {
        System.out.println("seed " + SEED);
        try (Site site = new Site(siteDirectory);
                CopiedTable table = new CopiedTable(site, directory, ROWS, SETTINGS, """
                        - name: settle
                          approval: {reason: nobody writes to the source any more}
                          steps:
                            - name: repair
                              uses: verify.table
                              with: {expected: 'source:items', actual: 'target:items', repair: true}
                            - name: verify
                              uses: verify.table
                              with: {expected: 'source:items', actual: 'target:items'}
                        """);
                KilledWorkers workers = new KilledWorkers(site, KilledWorkers.program(site, programs),
                        Files.createDirectories(programs.resolve("points")))) {
            Answer copied;
            long written;
            try (SourceWriter writer = new SourceWriter(table.source, ROWS, SEED)) {
                copied = torment(table, workers).await(20);
                written = writer.written();
            }
            assertThat(copied.exit()).as("seed %d: %s", SEED, CopiedTable.told(copied)).isEqualTo(4);
            assertThat(written).isPositive();
            Answer approve = site.godwit("approve", table.workflowId());
            assertThat(approve.exit()).as(approve.err()).isZero();
            Answer answer = site.godwit("watch", table.workflowId(), "--output", "json");

            assertThat(answer.exit()).as("seed %d: %s", SEED, CopiedTable.told(answer)).isZero();
            assertThat(CopiedTable.content(table.target)).isEqualTo(CopiedTable.content(table.source));
            assertThat(CopiedTable.output(answer, "verify").get("equal").asBoolean()).isTrue();
            assertThat(CopiedTable.output(answer, "repair").get("equal").asBoolean()).isTrue();
        }
    }

    /** Answers what follows the run to its end. */
    private Site.Command torment(CopiedTable table, KilledWorkers workers) throws Exception {
        Site.Command run = table.begin();
        for (int kill = 1; kill <= KILLS; kill++) {
            awaitBatches(table, run, workers, 1 + random.nextInt(4));
            TimeUnit.MILLISECONDS.sleep(random.nextInt(100));
            workers.kill();
            int number = kill;
            Until.seen("worker " + kill + " is gone", () -> workers.killed() == number);
            if (kill == KILLS) {
                break;
            }
            awaitBatches(table, run, workers, 1);
            disturb(table);
        }
        return run;
    }

    private void disturb(CopiedTable table) throws Exception {
        switch (random.nextInt(6)) {
            case 0 -> table.source.restart();
            case 1 -> table.target.restart();
            case 2 -> table.target.crash();
            case 3 -> table.toSource.resetAll();
            case 4 -> table.toTarget.closeAll();
            default -> table.toTarget.resetAll();
        }
    }

    /** Waits until so many batches more have been committed. */
    static void awaitBatches(CopiedTable table, Site.Command run, KilledWorkers workers, int batches) throws Exception {
        for (int batch = 0; batch < batches; batch++) {
            String before = progressOf(table);
            Until.seen("another batch is committed", () -> {
                if (!run.process().isAlive()) {
                    throw new AssertionError("the run ended too early: " + run.saidSoFar());
                }
                assertThat(workers.fault()).isEmpty();
                return !progressOf(table).equals(before);
            });
        }
    }

    /** A server that was crashed a moment ago may not answer yet. */
    private static String progressOf(CopiedTable table) throws Exception {
        String[] progress = new String[1];
        Until.seen("the target answers", () -> {
            try {
                progress[0] = table.progress();
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
        return progress[0];
    }
}
