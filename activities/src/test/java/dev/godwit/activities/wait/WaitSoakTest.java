package dev.godwit.activities.wait;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.plan.Verdict;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaitSoakTest {
    private static final String CHECKS = "checks: [{to: 'v2', requests: [{path: '/health', json: '.well'}, {path: '/docs'}]},"
            + " {to: 'v1', requests: [{path: '/health'}]}]";

    private static final String GATES = "{time: '30d', gates: [{http: {to: 'v2', path: '/stats', value: '.json.rate',"
            + " pass: '. <= 0.05', failure-limit: 1}}]}";

    @Nested
    class WithGates extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = WaitSoakTest.world(directory, GATES.replace("30d", "2d"));
            stats(world, "0.01");
            return world;
        }

        @Override
        protected int interruptions() {
            return 12;
        }
    }

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
    void gates_are_measured_once_a_round_and_may_fail_so_often_over_the_whole_time() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), GATES)) {
            Answering v2 = stats(world, "0.01");
            world.runUntilItWaits();
            stats(v2, "0.07");
            assertThat(world.passes(Duration.ofDays(1)).runUntilItWaits().waits()).isPresent();
            stats(v2, "0.02");
            assertThat(world.passes(Duration.ofDays(1)).runUntilItWaits().waits()).isPresent();
            stats(v2, "0.06");

            StepResult failed = world.passes(Duration.ofDays(1)).runUntilItWaits();

            assertThat(failed.waits()).isEmpty();
            assertThat(failed.gate()).contains(new StepReport.Gate(Verdict.FAILED, "all is well for 30d", Optional.of(
                    "after 3d: .json.rate of v2 /stats: . <= 0.05: 2 of 4 measurements failed (1 may), 0 said nothing"
                            + " (0 may); 0.06: not . <= 0.05")));
            assertThat(failed.output().at("/gates/0/highest").asDouble()).isEqualTo(0.07);
            assertThat(failed.output().at("/rounds").asInt()).isEqualTo(4);
            assertThat(world.runUntilItWaits().output()).as("when its answer was lost").isEqualTo(failed.output());
            assertThat(v2.asked()).hasSize(4);
            assertThat(failed.evidence()).contains("steps/step.1/measurements.jsonl");
        }
    }

    @Test
    void a_soak_that_a_person_wants_to_go_on_goes_on_where_it_was_and_its_gates_count_anew() throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), GATES.replace("30d", "2d"))) {
            Answering v2 = stats(world, "null");
            assertThat(world.runUntilItWaits().gate().orElseThrow().verdict()).isEqualTo(Verdict.INCONCLUSIVE);

            stats(v2, "0.01");
            assertThat(world.attempts(2).runUntilItWaits().waits().orElseThrow().time()).isEqualTo(Duration.ofDays(1));
            world.passes(Duration.ofDays(1)).runUntilItWaits();
            stats(v2, "null");
            StepResult last = world.passes(Duration.ofDays(1)).runUntilItWaits();
            assertThat(last.gate().orElseThrow().verdict()).isEqualTo(Verdict.INCONCLUSIVE);
            stats(v2, "0.01");
            StepResult end = world.attempts(3).runUntilItWaits();

            assertThat(end.gate().orElseThrow().verdict()).isEqualTo(Verdict.PASSED);
            assertThat(end.output().at("/rounds").asInt()).isEqualTo(5);
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
            "{time: '1d', gates: [{}]}|one of http, sql, prometheus and command",
            "{time: '1d', gates: [{http: {to: 'v2', interval: '1m', count: 2}}]}|interval and count are the soak's",
            "{time: '1d', every: '0s', CHECKS}|longer than nothing", "{time: '1d', checks: []}|at least one",
            "{time: '1d', checks: [{to: 'v2', requests: []}]}|requests must hold 1 to 40 requests, and holds 0"})
    void what_makes_no_soak_is_explained(String spec, String message) throws Exception {
        try (StepWorld world = world(temporary.resolve("w"), spec.replace("CHECKS", CHECKS))) {
            assertThatThrownBy(world::run).hasMessageContaining(message);
        }
    }

    private static Answering stats(StepWorld world, String rate) throws Exception {
        return stats(new Answering(world, "v2"), rate);
    }

    private static Answering stats(Answering v2, String rate) {
        return v2.with("GET /stats", 200, "{\"rate\": " + rate + "}");
    }

    private static StepWorld world(Path directory, String spec) {
        return new StepWorld(directory, "wait.soak").spec(spec);
    }

    private static Answering services(StepWorld world) throws Exception {
        new Answering(world, "v1").with("GET /health", 200, "");
        return new Answering(world, "v2").with("GET /health", 200, "{\"well\": true}").with("GET /docs", 200, "");
    }
}
