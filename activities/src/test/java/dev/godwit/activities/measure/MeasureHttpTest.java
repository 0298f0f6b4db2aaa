package dev.godwit.activities.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepHost;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasureHttpTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "measure.http")
                    .spec("{to: 'v2', beside: 'v1', requests: [{name: 'health', path: '/health'}], rounds: 2,"
                            + " at-most: 2, round: '20ms', warm-up: '20ms'}");
            new Answering(world, "v1").with("GET /health", 200, "well");
            new Answering(world, "v2").with("GET /health", 200, "well");
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("requests", "measured", "beside");
        }
    }

    @TempDir
    private Path temporary;

    private StepWorld world;

    @BeforeEach
    void begin() {
        world = new StepWorld(temporary.resolve("world"), "measure.http");
    }

    @AfterEach
    void end() {
        world.close();
    }

    @Test
    void rounds_are_told_one_by_one_and_warm_up_is_not_counted() throws Exception {
        Answering service = new Answering(world, "service").with("GET /health", 200, "well")
                .with("GET /odd", 404, "");
        world.spec("{to: 'service', requests: [{name: 'health', path: '/health', weight: 9},"
                + " {name: 'odd', path: '/odd', status: [404]}], users: 3, rounds: 7, at-most: 7, round: '200ms',"
                + " warm-up: '200ms'}");

        JsonNode output = world.run().output();

        JsonNode measured = output.get("measured");
        assertThat(measured.get("rounds")).hasSize(7);
        long requests = 0;
        for (JsonNode round : measured.get("rounds")) {
            requests += round.get("requests").asLong();
            assertThat(round.get("failed").asLong()).isZero();
            assertThat(round.get("p50").asDouble()).isPositive().isLessThanOrEqualTo(round.get("p99").asDouble());
        }
        assertThat(measured.get("requests").asLong()).isEqualTo(requests).isLessThan(service.asked().size());
        assertThat(output.get("requests")).extracting(times -> times.get("name").asText())
                .containsExactly("health", "odd");
        assertThat(measured.get("throughput").asDouble()).isPositive();
        assertThat(output.has("beside")).isFalse();
    }

    @Test
    void two_services_are_measured_in_turn_until_their_difference_is_known() throws Exception {
        Answering v1 = new Answering(world, "v1").with("GET /health", 200, "well");
        Answering v2 = new Answering(world, "v2").with("GET /health", 200, "well");
        world.spec("{to: 'v2', beside: 'v1', requests: [{path: '/health'}], rounds: 6, at-most: 40, round: '20ms',"
                + " warm-up: '0s', precision: 1}");

        JsonNode output = world.run().output();

        int rounds = output.get("measured").get("rounds").size();
        assertThat(rounds).as("so short rounds never agree so well").isGreaterThan(6).isLessThanOrEqualTo(40);
        assertThat(output.get("beside").get("rounds")).hasSize(rounds);
        assertThat(output.get("beside").get("together")).isEqualTo(output.get("measured").get("together"));
        assertThat(output.get("measured").get("requests").asInt()).isEqualTo(v2.asked().size());
        assertThat(output.get("beside").get("requests").asInt()).isEqualTo(v1.asked().size());
    }

    @Test
    void the_largest_output_still_travels() throws Exception {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            requests.append(i == 0 ? "" : ", ")
                    .append("{name: 'a request with a long name, number ")
                    .append(i)
                    .append("', path: '/")
                    .append(i)
                    .append("', status: [404]}");
        }
        new Answering(world, "v1").with("GET /3", 200, "unlike the others");
        new Answering(world, "v2");
        world.spec("{to: 'v2', beside: 'v1', users: 20, round: '100ms', rounds: 40, requests: [" + requests + "]}");

        JsonNode output = world.run().output();

        assertThat(output.get("measured").get("rounds")).hasSize(40);
        assertThat(output.toString().getBytes(StandardCharsets.UTF_8).length).isLessThan(StepHost.MAX_OUTPUT_BYTES);
    }

    @Test
    void a_service_that_never_answers_well_fails_the_step() throws Exception {
        new Answering(world, "service").with("GET /health", 200, "well");
        world.spec("{to: 'service', requests: [{path: '/health'}, {name: 'gone', path: '/gone'}], rounds: 1,"
                + " round: '300ms', at-most: 1}");

        assertThatThrownBy(world::run).hasMessageContaining("requests to service for gone had a good answer:")
                .hasMessageContaining("{status 404=");
    }
}
