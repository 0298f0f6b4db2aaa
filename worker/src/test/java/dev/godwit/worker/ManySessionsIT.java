package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten times the data need neither more history nor more memory. By default 100 and 1,000 sessions are compared; with
 * {@code -Dgodwit.long=true} 1,000 and 10,000.
 */
class ManySessionsIT {
    private static final int FEW = Boolean.getBoolean("godwit.long") ? 1_000 : 100;
    private static final int MOST_EVENTS = 1_500;
    /** A step that takes longer is told on its own, and waits are asked again; an event a file would be many more. */
    private static final int SLACK = 20;
    private static final double GROWTH = 1.2;

    @Test
    @Tag("A4")
    @Tag("A5")
    void history_and_live_heap_do_not_grow_with_the_data(@TempDir Path few, @TempDir Path many) throws Exception {
        Needs forFew = migrate(few, FEW);
        Needs forMany = migrate(many, 10 * FEW);

        System.out.printf("%d sessions: %s%n%d sessions: %s%n", FEW, forFew, 10 * FEW, forMany);
        assertThat(forMany.events()).isLessThan(MOST_EVENTS);
        assertThat(forMany.work()).isLessThan(forFew.work() + SLACK);
        assertThat((double) forMany.liveHeap()).isLessThan(forFew.liveHeap() * GROWTH);
    }

    private static Needs migrate(Path directory, int sessions) throws Exception {
        try (Site site = new Site(directory);
                LicensePlate plate = new LicensePlate(site, directory, sessions).startV1().detect()) {
            long worker = site.startWorker();
            Site.Command run = plate.begin();
            long liveHeap = 0;
            // As often in a short run as in a long one: of more looks the largest is larger.
            while (!run.process().waitFor(sessions, TimeUnit.MILLISECONDS)) {
                liveHeap = Math.max(liveHeap, Needs.liveHeap(worker));
            }
            Answer answer = plate.await(run);
            assertThat(answer.exit()).as(answer.err()).isZero();
            return Needs.of(site, plate.workflowId(), liveHeap);
        }
    }
}
