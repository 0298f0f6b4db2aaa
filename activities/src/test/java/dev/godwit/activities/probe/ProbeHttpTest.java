package dev.godwit.activities.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.activities.resource.Polling;
import dev.godwit.run.Progress;
import dev.godwit.step.Journal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeHttpTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "probe.http")
                    .spec("{to: 'service', request: {path: '/health'}, rate: '500/s', limit: '20ms'}");
            new Answering(world, "service").with("GET /health", 200, "well");
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("requests", "failed", "longest_gap", "longest_gap_at", "blind", "first_failures");
        }

        @Override
        protected boolean background() {
            return true;
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void it_asks_until_its_phase_has_ended_and_tells_what_was_not_answered() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "probe.http")) {
            world.spec("{to: 'service', request: {path: '/health'}, rate: '200/s'}");
            AtomicInteger number = new AtomicInteger();
            IntPredicate broken = request -> request > 10 && request <= 30;
            Answering service = new Answering(world, "service");
            service.with("GET /health",
                    exchange -> Answering.send(exchange, broken.test(number.incrementAndGet()) ? 503 : 200, "well"));

            JsonNode output = world.host(UnaryOperator.identity())
                    .run(world.task(), until(() -> service.asked().size() >= 40))
                    .output();

            assertThat(output.get("requests").asInt()).isEqualTo(service.asked().size()).isGreaterThanOrEqualTo(40);
            assertThat(output.get("failed").asInt()).isEqualTo(20);
            assertThat(output.get("first_failures")).hasSize(10)
                    .first()
                    .satisfies(missed -> assertThat(missed.get("why").asText()).isEqualTo("status 503"));
            assertThat(output.get("longest_gap").asInt()).isGreaterThanOrEqualTo(50);
            assertThat(output.get("longest_gap_at").asInt()).isNotNegative();
            List<String> failures = failures(world);
            assertThat(failures).hasSize(20);
            assertThat(failures.get(0)).matches("\\{\"time\":\"20.*Z\",\"at\":\\d+,\"why\":\"status 503\"}");
        }
    }

    @Test
    void what_a_lost_worker_saw_is_kept_and_the_time_without_one_is_blind() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "probe.http")) {
            world.spec("{to: 'service', request: {path: '/health'}, rate: '100/s'}");
            Answering service = new Answering(world, "service").with("GET /health", 503, "ill");
            AtomicBoolean remembered = new AtomicBoolean();
            assertThatThrownBy(() -> world.host(journal -> new Observed(journal, () -> remembered.set(true)))
                    .run(world.task(), dying(remembered::get))).hasMessage("the worker is lost");
            int before = service.asked().size();
            service.with("GET /health", 200, "well");

            JsonNode output = world.host(UnaryOperator.identity())
                    .run(world.task(), until(() -> service.asked().size() >= before + 40))
                    .output();

            int failed = output.get("failed").asInt();
            assertThat(failed).isPositive().isLessThanOrEqualTo(before);
            assertThat(failures(world)).hasSize(failed);
            assertThat(output.get("requests").asInt()).isGreaterThan(failed);
            assertThat(output.get("blind").asInt()).isPositive();
        }
    }

    @Test
    void a_service_that_stalls_is_asked_as_often_as_ever() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "probe.http")) {
            world.spec("{to: 'service', request: {path: '/health'}, rate: '200/s', limit: '2s', within: '1m'}");
            CountDownLatch asked = new CountDownLatch(390);
            Answering service = new Answering(world, "service");
            service.with("GET /health", exchange -> {
                asked.countDown();
                try {
                    asked.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                Answering.send(exchange, 200, "well");
            });

            JsonNode output = world.run().output();

            assertThat(output.get("failed").asInt()).as("%s", output).isZero();
            if (output.get("blind").asInt() == 0) {
                assertThat(output.get("requests").asInt()).isEqualTo(400).isEqualTo(service.asked().size());
            }
        }
    }

    private static List<String> failures(StepWorld world) throws Exception {
        return Files.readAllLines(world.state()
                .evidence(world.task().identity().runId())
                .resolve("steps/step.1/failures.jsonl"));
    }

    /** Tells when something was written. */
    private record Observed(Journal journal, Runnable written) implements Journal {
        @Override
        public <T> Optional<T> read(String name, Class<T> type) {
            return journal.read(name, type);
        }

        @Override
        public void write(String name, Object value) {
            journal.write(name, value);
            written.run();
        }

        @Override
        public void append(String log, List<?> entries) {
            journal.append(log, entries);
        }

        @Override
        public <T> void scan(String log, Class<T> type, Consumer<T> reader) {
            journal.scan(log, type, reader);
        }

        @Override
        public void checkToken() {
            journal.checkToken();
        }
    }

    private static Attempt dying(BooleanSupplier end) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {
                // Nobody watches.
            }

            @Override
            public Optional<String> stopRequested() {
                if (end.getAsBoolean()) {
                    throw new AssertionError("the worker is lost");
                }
                return Optional.empty();
            }
        };
    }

    @Test
    void a_service_that_is_gone_is_a_failure_of_each_request_and_a_gap_until_the_end() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "probe.http")) {
            world.spec("{to: 'service', request: {path: '/health'}, rate: '100/s'}");
            new Answering(world, "service").close();
            AtomicLong begun = new AtomicLong();

            JsonNode output = world.host(UnaryOperator.identity()).run(world.task(), until(() -> {
                begun.compareAndSet(0, System.nanoTime());
                return System.nanoTime() - begun.get() > 300_000_000;
            })).output();

            assertThat(output.get("failed")).isEqualTo(output.get("requests"));
            assertThat(output.get("longest_gap").asInt()).isGreaterThanOrEqualTo(200);
            assertThat(output.get("first_failures").get(0).get("why").asText()).contains("connection refused");
        }
    }

    @Test
    void a_path_that_is_none_is_refused_before_anything_is_asked() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "probe.http")) {
            world.spec("{to: 'service', request: {path: '/health check'}, limit: '100ms'}");
            new Answering(world, "service");

            assertThatThrownBy(world::preview).hasMessageContaining("with %20 for a space");
            assertThatThrownBy(world::run).hasMessageContaining("with %20 for a space");
        }
    }

    @Test
    void a_request_that_cannot_be_sent_is_a_failure() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "probe.http")) {
            world.spec("{to: 'service', request: {path: '/health'}, rate: '500/s', limit: '20ms'}");
            Answering service = new Answering(world, "service").with("GET /health", 200, "well");
            world.secret("TOKEN", "two\nlines")
                    .resource("service", "{kind: 'http', url: 'http://127.0.0.1:" + service.port()
                            + "', headers: {x-token: {secret: 'TOKEN'}}}");

            JsonNode output = world.run().output();

            assertThat(output.get("failed").asInt()).isPositive().isEqualTo(output.get("requests").asInt());
            assertThat(output.get("first_failures").get(0).get("why").asText())
                    .contains("the value of the header x-token");
        }
    }

    @Test
    void a_gap_that_was_open_when_nobody_could_ask_any_more_counts_until_then() {
        ProbeRecord record = ProbeRecord.resume(new Empty());
        Polling.until(() -> record.output().longestGap() >= 300, Duration.ofSeconds(10), () -> {});

        record.blind(100);
        record.good();

        assertThat(record.output().longestGap()).isBetween(200L, 9_000L);
        assertThat(record.output().longestGapAt()).isZero();
        assertThat(record.output().blind()).isEqualTo(100);
    }

    private record Empty() implements Journal {
        @Override
        public <T> Optional<T> read(String name, Class<T> type) {
            return Optional.empty();
        }

        @Override
        public void write(String name, Object value) {}

        @Override
        public void append(String log, List<?> entries) {}

        @Override
        public <T> void scan(String log, Class<T> type, Consumer<T> reader) {}

        @Override
        public void checkToken() {}
    }

    private static Attempt until(BooleanSupplier end) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {
                // Nobody watches.
            }

            @Override
            public Optional<String> stopRequested() {
                return end.getAsBoolean() ? Optional.of("the phase has ended") : Optional.empty();
            }
        };
    }
}
