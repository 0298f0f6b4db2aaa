package dev.godwit.activities.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.plan.Verdict;
import dev.godwit.run.Progress;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepResult;
import dev.godwit.step.StepStopped;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GateHttpTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = gate(directory, "pass: '. <= 0.01', interval: '1ms', count: 3");
            answering(world, "{\"rate\": 0.01}");
            return world;
        }
    }

    @Nested
    class WithWaits extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = gate(directory, "pass: '. <= 0.01', interval: '1m', count: 3, failure-limit: 1");
            answering(world, "{\"rate\": 0.01}");
            return world;
        }
    }

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "{\"rate\": 0.5} |pass: '. < 1'             |PASSED", "{\"rate\": 1}|pass: '. < 1'|FAILED",
            "{\"rate\": 0.5} |fail: '. > 1'             |PASSED", "{\"rate\": 2}|fail: '. > 1'|FAILED",
            "{\"rate\": 0.5} |pass: '. < 1', fail: '. > 3'|PASSED", "{\"rate\": 4}|pass: '. < 1', fail: '. > 3'|FAILED",
            "{\"rate\": 2}   |pass: '. < 1', fail: '. > 3'|INCONCLUSIVE", "{\"rate\": null}|pass: '. < 1'|INCONCLUSIVE",
            "{}              |pass: '. < 1'             |INCONCLUSIVE", "not json|pass: '. < 1'|INCONCLUSIVE",
            "{\"rate\": [0]} |pass: '. < 1'             |INCONCLUSIVE", "{\"rate\": 0}|pass: 'null'|INCONCLUSIVE",
            "{\"rate\": 0}   |pass: '.x < 1'            |INCONCLUSIVE", "{\"rate\": 0}|fail: '. + 1'|INCONCLUSIVE"})
    void a_value_is_good_bad_or_says_nothing(String content, String terms, Verdict expected) throws Exception {
        try (StepWorld world = gate(temporary.resolve("w"), terms)) {
            answering(world, content);

            StepResult result = world.run();

            assertThat(result.gate().map(StepReport.Gate::verdict)).contains(expected);
            assertThat(result.output().get("verdict").asText()).isEqualToIgnoringCase(expected.name());
        }
    }

    @Test
    void a_failed_gate_says_what_it_saw_and_measures_anew_when_a_person_wants_it_tried_again() throws Exception {
        try (StepWorld world = gate(temporary.resolve("w"),
                "pass: '. <= 0.01', interval: '1ms', count: 10, failure-limit: 1")) {
            Answering service = answering(world, "{\"rate\": 0.06}");

            StepResult failed = world.run();

            assertThat(failed.gate()).contains(new StepReport.Gate(Verdict.FAILED,
                    ".json.rate of v2 /stats: . <= 0.01", Optional.of(
                            "2 of 2 measurements failed (1 may), 0 said nothing (0 may); 0.06: not . <= 0.01")));
            assertThat(service.asked()).hasSize(2);
            assertThat(evidence(world, "measurements.jsonl")).hasSize(2)
                    .allSatisfy(line -> assertThat(line).contains("\"verdict\":\"failed\",\"value\":0.06"));

            service.with("GET /stats", 200, "{\"rate\": 0.002}");
            assertThat(world.run().gate()).as("when its answer was lost").isEqualTo(failed.gate());
            JsonNode output = world.attempts(2).run().output();

            assertThat(output.get("verdict").asText()).isEqualTo("passed");
            assertThat(output.get("total").asInt()).isEqualTo(10);
            assertThat(output.get("highest").asDouble()).isEqualTo(0.002);
            assertThat(evidence(world, "measurements.2.jsonl")).hasSize(10);
        }
    }

    @Test
    void a_gate_of_which_nothing_passed_is_inconclusive_however_much_it_may_be() throws Exception {
        try (StepWorld world = gate(temporary.resolve("w"),
                "pass: '. < 1', interval: '1ms', count: 3, inconclusive-limit: 5")) {
            answering(world, "{}");

            assertThat(world.run().gate().orElseThrow().verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        }
    }

    @Test
    void no_answer_as_it_should_be_is_bad_unless_the_service_only_tells_of_another() throws Exception {
        try (StepWorld world = gate(temporary.resolve("w"), "pass: '. < 60000', value: '.millis'")) {
            Answering service = answering(world, "{}");
            assertThat(world.run().output().get("lowest").asDouble()).isPositive();

            world.round(2);
            service.with("GET /stats", 503, "{}");
            assertThat(world.run().gate().orElseThrow().reason().orElseThrow()).endsWith("status 503 instead of 200");
            service.close();
            StepReport.Gate down = world.attempts(2).run().gate().orElseThrow();
            assertThat(down.verdict()).isEqualTo(Verdict.FAILED);
            assertThat(down.reason().orElseThrow()).contains("connection refused");

            world.round(3).spec("{to: 'v2', no-answer: 'inconclusive'}");
            assertThat(world.run().gate().orElseThrow().verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        }
    }

    @Test
    void between_measurements_far_apart_the_run_waits_and_none_is_made_early_or_twice() throws Exception {
        try (StepWorld world = gate(temporary.resolve("w"), "pass: '. < 1', interval: '10m', count: 3")) {
            Answering service = answering(world, "{\"rate\": 0}");
            StepResult.Wait first = world.runUntilItWaits().waits().orElseThrow();
            assertThat(first.time()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(11));
            assertThat(first.why()).isEqualTo("for the next of 3 times, 10m apart: .json.rate of v2 /stats");
            assertThat(service.asked()).hasSize(1);

            world.passes(Duration.ofMinutes(4));
            StepResult.Wait early = world.runUntilItWaits().waits().orElseThrow();
            assertThat(early.time()).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(7));
            assertThat(early.why()).isEqualTo(first.why());
            assertThat(service.asked()).hasSize(1);

            assertThat(world.run().output().get("total").asInt()).isEqualTo(3);
            assertThat(service.asked()).hasSize(3);
        }
    }

    @Test
    void what_was_measured_before_a_worker_was_lost_is_not_measured_again() throws Exception {
        try (StepWorld world = gate(temporary.resolve("w"), "pass: '. < 1', interval: '1ms', count: 5")) {
            Answering service = answering(world, "{\"rate\": 0}");
            assertThatThrownBy(() -> world.host(UnaryOperator.identity())
                    .run(world.task(), stopping(world, () -> service.asked().size() == 2)))
                    .isInstanceOf(StepStopped.class);

            assertThat(world.run().output().get("total").asInt()).isEqualTo(5);
            assertThat(service.asked()).hasSize(5);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "count: 0                |count must be 1 to 1000, and is 0",
            "count: 3                |count is 3, so interval must say how long",
            "count: 3, interval: '0s'|interval must be longer than nothing",
            "failure-limit: -1       |must be 0 or more",
            "pass: '. <'|'. <' is not a jq expression: it ends too early"})
    void what_makes_no_gate_is_explained(String terms, String message) throws Exception {
        try (StepWorld world = gate(temporary.resolve("w"), terms)) {
            answering(world, "{}");
            assertThatThrownBy(world::run).hasMessageContaining(message);
        }
    }

    @Test
    void a_dry_run_says_what_would_be_measured() throws Exception {
        try (StepWorld world = gate(temporary.resolve("w"), "fail: '. > 1', interval: '1m', count: 3")) {
            Answering service = answering(world, "{}");

            assertThat(world.preview().changes()).containsExactly(
                    "would measure 3 times, 1m apart: .json.rate of v2 /stats: not . > 1");
            assertThat(service.asked()).isEmpty();
        }
    }

    private static StepWorld gate(Path directory, String terms) {
        String value = terms.contains("value:") ? "" : "value: '.json.rate', ";
        return new StepWorld(directory, "gate.http").spec("{to: 'v2', path: '/stats', " + value + terms + "}");
    }

    private static Answering answering(StepWorld world, String content) throws Exception {
        return new Answering(world, "v2").with("GET /stats", 200, content);
    }

    private static List<String> evidence(StepWorld world, String name) throws Exception {
        return Files.readAllLines(
                world.state().evidence(world.task().identity().runId()).resolve("steps/step.1").resolve(name));
    }

    /** An attempt that is told to end once something has come true. */
    private static Attempt stopping(StepWorld world, BooleanSupplier when) {
        return new Attempt() {
            @Override
            public void heartbeat(Progress progress) {}

            @Override
            public Instant asked() {
                return world.clock();
            }

            @Override
            public Optional<String> stopRequested() {
                return when.getAsBoolean() ? Optional.of("the worker leaves") : Optional.empty();
            }
        };
    }
}
