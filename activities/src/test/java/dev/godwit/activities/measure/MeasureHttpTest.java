package dev.godwit.activities.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasureHttpTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "measure.http")
                    .spec("{to: 'service', requests: [{name: 'health', path: '/health'}], samples: 3, warm-up: 1}");
            new Answering(world, "service").with("GET /health", 200, "well");
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("requests");
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void warm_up_is_not_counted_and_bad_answers_are_not_among_the_times() throws Exception {
        AtomicInteger number = new AtomicInteger();
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "measure.http")) {
            world.spec("{to: 'service', requests: [{name: 'health', path: '/health'}], samples: 10, warm-up: 2}");
            new Answering(world, "service").with("GET /health", exchange -> {
                int now = number.incrementAndGet();
                if (now <= 2) {
                    pause(300);
                } else if (now == 12) {
                    pause(60);
                }
                Answering.send(exchange, now == 5 ? 500 : 200, "well");
            });

            JsonNode times = world.run().output().get("requests").get(0);

            assertThat(number).hasValue(12);
            assertThat(times.get("name").asText()).isEqualTo("health");
            assertThat(times.get("requests").asInt()).isEqualTo(10);
            assertThat(times.get("failed").asInt()).isEqualTo(1);
            assertThat(times.get("p50").asDouble()).isGreaterThan(0).isLessThanOrEqualTo(times.get("p95").asDouble());
            assertThat(times.get("max").asDouble()).isGreaterThanOrEqualTo(60).isLessThan(300);
        }
    }

    @Test
    void a_service_that_never_answers_well_fails_the_step() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("world"), "measure.http")) {
            world.spec("{to: 'service', requests: [{name: 'health', path: '/gone'}], samples: 3}");
            new Answering(world, "service");

            assertThatThrownBy(world::run).hasMessageContaining("all 3 requests to service for health failed")
                    .hasMessageContaining("/gone answers with status 404");
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
