package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.run.TemporalConnection;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");

    /**
     * What a migration needed.
     *
     * @param events in the histories of the run and its phases
     * @param work those of them that are no workflow task and no signal, since how many of these there are depends on what
     *     happens to come together
     * @param liveHeap the most that was alive in the worker's heap, in bytes
     */
    private record Need(int events, int work, long liveHeap) {}

    @Test
    @Tag("A4")
    @Tag("A5")
    void history_and_live_heap_do_not_grow_with_the_data(@TempDir Path few, @TempDir Path many) throws Exception {
        Need forFew = migrate(few, FEW);
        Need forMany = migrate(many, 10 * FEW);

        System.out.printf("%d sessions: %s%n%d sessions: %s%n", FEW, forFew, 10 * FEW, forMany);
        assertThat(forMany.events()).isLessThan(MOST_EVENTS);
        assertThat(forMany.work()).isLessThan(forFew.work() + SLACK);
        assertThat((double) forMany.liveHeap()).isLessThan(forFew.liveHeap() * GROWTH);
    }

    private static Need migrate(Path directory, int sessions) throws Exception {
        try (Site site = new Site(directory);
                LicensePlate plate = new LicensePlate(site, directory, sessions).startV1().detect()) {
            long worker = site.startWorker();
            Site.Command run = plate.begin();
            long liveHeap = 0;
            while (!run.process().waitFor(1, TimeUnit.SECONDS)) {
                liveHeap = Math.max(liveHeap, liveHeap(worker));
            }
            Answer answer = plate.await(run);
            assertThat(answer.exit()).as(answer.err()).isZero();
            return new Need(events(site, plate.workflowId(), event -> true),
                    events(site, plate.workflowId(), ManySessionsIT::isWork), liveHeap);
        }
    }

    /** Collects garbage and tells what is left. */
    private static long liveHeap(long pid) throws IOException {
        Process histogram = new ProcessBuilder(Path.of(Site.JAVA).resolveSibling("jcmd").toString(),
                String.valueOf(pid), "GC.class_histogram").redirectErrorStream(true).start();
        Matcher total = TOTAL.matcher(new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        if (!total.find()) {
            throw new AssertionError("jcmd does not tell the live heap of the worker");
        }
        return Long.parseLong(total.group(1));
    }

    private static boolean isWork(HistoryEvent event) {
        String type = event.getEventType().name();
        return !type.contains("WORKFLOW_TASK") && !type.contains("SIGNAL");
    }

    private static int events(Site site, String workflowId, Predicate<HistoryEvent> counts) {
        TemporalConnection connection = TemporalConnection.load(Map.of("TEMPORAL_ADDRESS", site.temporal()));
        WorkflowServiceStubs stubs = connection.connect(Duration.ofSeconds(10));
        try {
            return events(connection.client(stubs), workflowId, counts);
        } finally {
            stubs.shutdownNow();
        }
    }

    private static int events(WorkflowClient client, String workflowId, Predicate<HistoryEvent> counts) {
        List<HistoryEvent> history = client.fetchHistory(workflowId).getEvents();
        return (int) history.stream().filter(counts).count() + history.stream()
                .filter(HistoryEvent::hasChildWorkflowExecutionStartedEventAttributes)
                .map(event -> event.getChildWorkflowExecutionStartedEventAttributes().getWorkflowExecution())
                .mapToInt(child -> events(client, child.getWorkflowId(), counts))
                .sum();
    }
}
