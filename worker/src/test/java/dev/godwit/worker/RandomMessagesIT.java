package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.run.TemporalConnection;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.worker.WorkerFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever people send, and whenever: a run ends as it should. Some sequences are tried by default, a thousand with
 * {@code -Dgodwit.long=true}. Each has a seed, which a failure tells; {@code -Dgodwit.seed=17} tries that one alone.
 */
class RandomMessagesIT {
    private static final int SEQUENCES = Boolean.getBoolean("godwit.long") ? 1_000 : 20;
    private static final int AT_ONCE = 4;
    private static final List<String> SEARCH_ATTRIBUTES = List.of("GodwitPlan", "GodwitTarget", "GodwitMode",
            "GodwitState", "GodwitPhase");

    @Test
    void no_sequence_of_messages_breaks_a_run(@TempDir Path directory) throws Exception {
        try (DevServer temporal = DevServer.start(directory, searchAttributes())) {
            WorkflowServiceStubs stubs = TemporalConnection.load(Map.of("TEMPORAL_ADDRESS", temporal.address()))
                    .connect(Duration.ofSeconds(10));
            WorkflowClient client = TemporalConnection.load(Map.of("TEMPORAL_ADDRESS", temporal.address()))
                    .client(stubs);
            WorkerFactory workers = WorkerFactory.newInstance(client);
            RandomWorld world = new RandomWorld(true);
            world.register(workers);
            workers.start();
            try {
                assertThat(failures(seed -> new RandomRun(seed, world, client).play())).isEmpty();
            } finally {
                workers.shutdownNow();
                stubs.shutdownNow();
            }
        }
    }

    /** What went wrong, by seed. */
    private static List<String> failures(LongConsumer play) throws InterruptedException {
        Map<Long, Future<?>> runs = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        try (ExecutorService people = Executors.newFixedThreadPool(AT_ONCE)) {
            seeds().forEach(seed -> runs.put(seed, people.submit(() -> play.accept(seed))));
        }
        for (Map.Entry<Long, Future<?>> run : runs.entrySet()) {
            try {
                run.getValue().get();
            } catch (ExecutionException e) {
                failures.add("-Dgodwit.seed=" + run.getKey() + ": " + e.getCause().getMessage());
            }
        }
        return failures;
    }

    private static LongStream seeds() {
        Long one = Long.getLong("godwit.seed");
        return one != null ? LongStream.of(one) : LongStream.rangeClosed(1, SEQUENCES);
    }

    private static String[] searchAttributes() {
        return SEARCH_ATTRIBUTES.stream()
                .flatMap(name -> Stream.of("--search-attribute", name + "=Keyword"))
                .toArray(String[]::new);
    }
}
