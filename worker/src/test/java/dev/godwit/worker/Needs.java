package dev.godwit.worker;

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
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a run needed.
 *
 * @param events in the histories of the run and its phases
 * @param work those of them that are no workflow task and no signal, since how many of these there are depends on what
 *     happens to come together
 * @param liveHeap the most that was alive in the worker's heap, in bytes
 */
record Needs(int events, int work, long liveHeap) {

    private static final Pattern TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");

    /** Of a run that has ended. */
    static Needs of(Site site, String workflowId, long liveHeap) {
        TemporalConnection connection = TemporalConnection.load(Map.of("TEMPORAL_ADDRESS", site.temporal()));
        WorkflowServiceStubs stubs = connection.connect(Duration.ofSeconds(10));
        try {
            WorkflowClient client = connection.client(stubs);
            return new Needs(events(client, workflowId, event -> true), events(client, workflowId, Needs::isWork),
                    liveHeap);
        } finally {
            stubs.shutdownNow();
        }
    }

    /** Collects a worker's garbage and tells how many bytes are left; none if it has ended. */
    static long liveHeap(long pid) throws IOException {
        Process histogram = new ProcessBuilder(Path.of(Site.JAVA).resolveSibling("jcmd").toString(),
                String.valueOf(pid), "GC.class_histogram").redirectErrorStream(true).start();
        Matcher total = TOTAL.matcher(new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        if (total.find()) {
            return Long.parseLong(total.group(1));
        }
        if (ProcessHandle.of(pid).isPresent()) {
            throw new AssertionError("jcmd does not tell the live heap of the worker");
        }
        return 0;
    }

    private static boolean isWork(HistoryEvent event) {
        String type = event.getEventType().name();
        return !type.contains("WORKFLOW_TASK") && !type.contains("SIGNAL");
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
