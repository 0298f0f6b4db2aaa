package dev.godwit.activities.wait;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.run.StepResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaitSoakTest {
    private static final String CHECKS = "checks: [{to: 'v2', requests: [{path: '/health', json: '.well'}, {path: '/docs'}]},"
            + " {to: 'v1', requests: [{path: '/health'}]}]";

    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = WaitSoakTest.world(directory, "{time: '1d', " + CHECKS + "}");
            services(world);
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("slowest");
        }

        @Override
        protected int interruptions() {
            return 12; // Each world has two services, and its points are much alike.
        }
    }

    @TempDir
    private Path temporary;

    @Test
    void thirty_days_take_thirty_one_short_rounds_and_thirty_waits() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "{time: '30d', " + CHECKS + "}")) {
            Answering v2 = services(world);
            int waits = 0;
            StepResult result = world.runUntilItWaits();
            while (result.waits().isPresent()) {
                assertThat(result.waits().get().time()).isEqualTo(Duration.ofDays(1));
                assertThat(result.waits().get().why()).isEqualTo(
                        "until 2026-03-31 12:00:01 UTC, with a round of checks every 1d");
                waits++;
                result = world.passes(result.waits().get().time()).runUntilItWaits();
            }

            assertThat(waits).isEqualTo(30);
            assertThat(v2.asked()).hasSize(62);
            JsonNode output = result.output();
            assertThat(output.get("rounds").asLong()).isEqualTo(31);
            assertThat(output.get("checks").asLong()).isEqualTo(93);
            assertThat(output.get("failed").asLong()).isZero();
            assertThat(output.get("blind").asLong()).isZero();
            assertThat(output.get("slowest").asDouble()).isPositive();
            assertThat(output.get("seconds").asDouble()).isEqualTo(30 * 86_400);
            assertThat(result.evidence()).contains("steps/step.1/soak.json");
        }
    }

    @Test
    void a_round_that_does_not_pass_says_what_and_has_the_steps_attempts_anew() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "{time: '3d', " + CHECKS + "}").attempts(2)) {
            Answering v2 = services(world);
            world.runUntilItWaits();
            for (int day = 1; day <= 2; day++) {
                world.passes(Duration.ofDays(1));
                v2.with("GET /health", 200, "{\"well\": false}").with("GET /docs", 500, "");
                assertThatThrownBy(world::runUntilItWaits)
                        .hasMessage("wait.soak: after " + day + "d of 3d (rounds passed: " + day + "):"
                                + " v2: GET /health: '.well' gives false; GET /docs: status 500 instead of 200")
                        .extracting("retryable")
                        .isEqualTo(true);
                v2.with("GET /health", 200, "{\"well\": true}").with("GET /docs", 200, "");
                assertThat(world.runUntilItWaits().waits()).isPresent();
            }

            JsonNode output = world.run().output();

            assertThat(output.get("rounds").asLong()).isEqualTo(4);
            assertThat(output.get("failed").asLong()).isEqualTo(2);
        }
    }

    @Test
    void being_called_early_makes_no_round() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "{time: '2d', every: '6h', " + CHECKS + "}")) {
            Answering v2 = services(world);
            world.runUntilItWaits();

            StepResult early = world.passes(Duration.ofHours(2)).runUntilItWaits();

            assertThat(early.waits().orElseThrow().time()).isEqualTo(Duration.ofHours(4));
            assertThat(v2.asked()).hasSize(2);
        }
    }

    @Test
    void time_in_which_nobody_looked_counts_and_is_told() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "{time: '10d', " + CHECKS + "}")) {
            services(world);
            world.runUntilItWaits();

            JsonNode output = world.passes(Duration.ofDays(12)).run().output();

            assertThat(output.get("rounds").asLong()).isEqualTo(2);
            assertThat(output.get("blind").asLong()).isEqualTo(11 * 86_400);
        }
    }

    @Test
    void the_last_round_is_at_the_end_whatever_the_rhythm() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), "{time: '50h', " + CHECKS + "}")) {
            services(world);

            JsonNode output = world.run().output();

            assertThat(output.get("rounds").asLong()).isEqualTo(4);
            assertThat(output.get("seconds").asDouble()).isEqualTo(50 * 3600);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "{time: '30d', every: '10s', CHECKS}|makes 259200 rounds, and 1000 are allowed; use probe.http",
            "{time: '1d', every: '0s', CHECKS}|longer than nothing", "{time: '1d', checks: []}|at least one",
            "{time: '1d', checks: [{to: 'v2', requests: []}]}|requests must hold 1 to 40 requests, and holds 0"})
    void what_makes_no_soak_is_explained(String spec, String message) throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), spec.replace("CHECKS", CHECKS))) {
            assertThatThrownBy(world::run).hasMessageContaining(message);
        }
    }

    private static StepWorld world(Path directory, String spec) {
        return new StepWorld(directory, "wait.soak").spec(spec);
    }

    private static Answering services(StepWorld world) throws Exception {
        new Answering(world, "v1").with("GET /health", 200, "");
        return new Answering(world, "v2").with("GET /health", 200, "{\"well\": true}").with("GET /docs", 200, "");
    }
}
