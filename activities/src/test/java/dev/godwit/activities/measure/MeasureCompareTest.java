package dev.godwit.activities.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.load.Times;
import dev.godwit.activities.measure.Measured.Round;
import dev.godwit.activities.resource.Answering;
import dev.godwit.json.Json;
import dev.godwit.plan.Verdict;
import dev.godwit.run.StepReport.Gate;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("services are measured")
class MeasureCompareTest {
    private static final String LIMITS = "limits: [{metric: 'p50', limit: '+20%'},"
            + " {metric: 'error-rate', limit: '+5 points'}, {metric: 'throughput', limit: '-20%'}]";
    private static final int USERS = 8;

    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            Measured measured = measured(10, i -> round(1_000, 0, 100, 20 + i));
            return new StepWorld(directory, "measure.compare").spec(with(measured, measured, LIMITS));
        }
    }

    @TempDir
    private Path temporary;

    private StepWorld world;

    @BeforeEach
    void begin() {
        world = new StepWorld(temporary.resolve("world"), "measure.compare");
    }

    @AfterEach
    void end() {
        world.close();
    }

    @Test
    void every_limit_is_judged_by_what_is_known_of_the_change() {
        Measured before = measured(10, i -> round(1_000, 0, 100, 20 + 0.1 * i));

        assertThat(verdicts(before, measured(10, i -> round(1_000, 0, 100, 20.5 + 0.1 * i)), LIMITS))
                .isEqualTo("passed: passed passed passed");
        assertThat(verdicts(before, measured(10, i -> round(1_000, 0, 100, 26 + 0.1 * i)), LIMITS))
                .isEqualTo("failed: failed passed passed");
        assertThat(verdicts(before, measured(10, i -> round(1_000, 0, 100, 22 + i)), LIMITS))
                .isEqualTo("inconclusive: inconclusive passed passed");
        assertThat(verdicts(before, measured(10, i -> round(1_000, 75, 93, 20)), LIMITS))
                .isEqualTo("failed: passed failed passed");
        assertThat(verdicts(before, measured(10, i -> round(1_000, 0, 75, 20)), LIMITS))
                .isEqualTo("failed: passed passed failed");
        assertThat(verdicts(before, measured(10, i -> round(1_000, 52, 40, 40)), LIMITS))
                .isEqualTo("failed: failed inconclusive failed");
    }

    @Test
    void bounds_and_differences_are_limits_too() {
        Measured before = measured(10, i -> round(1_000, 0, 100, 20));
        Measured after = measured(10, i -> round(1_000, 20, 90, 26));

        assertThat(verdicts(before, after, "limits: [{metric: 'p95', limit: '60ms'}, {metric: 'p50', limit: '25ms'},"
                + " {metric: 'p50', limit: '+10ms'}, {metric: 'mean', limit: '+5 ms'},"
                + " {metric: 'throughput', limit: '80/s'}, {metric: 'throughput', limit: '-5/s'},"
                + " {metric: 'error-rate', limit: '5%'}, {metric: 'error-rate', limit: '1%'}]"))
                .isEqualTo("failed: passed failed passed failed passed failed passed failed");
        assertThat(verdicts(null, after, "limits: [{metric: 'p50', limit: '25ms'}]")).isEqualTo("failed: failed");
    }

    @Test
    void what_cannot_be_known_is_inconclusive() {
        Measured enough = measured(10, i -> round(1_000, 0, 100, 20));

        assertThat(verdicts(null, enough, LIMITS)).startsWith("inconclusive");
        assertThat(verdicts(enough, null, LIMITS)).startsWith("inconclusive");
        assertThat(verdicts(enough, measured(5, i -> round(1_000, 0, 100, 20)), LIMITS))
                .isEqualTo("inconclusive: inconclusive passed inconclusive");
        assertThat(
                verdicts(enough, measured(10, i -> round(99, 0, 100, 20)), "limits: [{metric: 'p99', limit: '+9%'}]"))
                .isEqualTo("inconclusive: inconclusive");
        assertThat(verdicts(enough, measured(10, i -> round(20, 0, 100, 20)), LIMITS))
                .as("none of 200 failed, and it may still be some")
                .isEqualTo("passed: passed passed passed");
        assertThat(verdicts(enough, measured(10, i -> round(6, 0, 100, 20)), LIMITS))
                .isEqualTo("inconclusive: passed inconclusive passed");
    }

    @Test
    void noise_that_both_share_does_not_count_where_they_were_measured_in_turn() {
        double[] machine = {1, 3, 1.5, 2, 6, 1, 1.2, 4, 2.5, 1};
        Measured before = measured(10, i -> round(1_000, 0, 100 / machine[i], 20 * machine[i]));
        Measured same = measured(10, i -> round(1_000, 0, 98 / machine[i], 20.4 * machine[i]));
        Measured slower = measured(10, i -> round(1_000, 0, 75 / machine[i], 26 * machine[i]));

        assertThat(verdicts(before, same, LIMITS)).isEqualTo("inconclusive: inconclusive passed inconclusive");
        assertThat(verdicts(inTurn(before), inTurn(same), LIMITS)).isEqualTo("passed: passed passed passed");
        assertThat(verdicts(inTurn(before), inTurn(slower), LIMITS)).isEqualTo("failed: failed passed failed");
    }

    @Test
    void the_step_decides_and_says_what_went_too_far() {
        Measured before = measured(10, i -> round(1_000, 0, 100, 20 + 0.1 * i));
        Measured after = measured(10, i -> round(1_000, 0, 100, 26 + 0.1 * i));

        assertThat(world.spec(with(before, after, LIMITS)).run().gate().orElseThrow())
                .isEqualTo(new Gate(Verdict.FAILED, "p50 +20%, error-rate +5 points, throughput -20%", Optional.of(
                        "p50 failed: +29.3%, between +27.5% and +31.2%, and +20% is the limit")));
        assertThat(world.round(2).spec(with(null, after, LIMITS)).run().gate().orElseThrow())
                .returns(Verdict.INCONCLUSIVE, Gate::verdict)
                .extracting(gate -> gate.reason().orElseThrow())
                .asString()
                .contains("there is no measurement before");
    }

    @Test
    void what_makes_no_sense_is_refused() {
        assertThatThrownBy(world.spec("{limits: [{metric: 'p50', limit: '-20%'}]}")::run)
                .hasMessageContaining("'-20%' is not a limit of this figure; write one like +20%, +50ms or 300ms");
        assertThatThrownBy(world.spec("{limits: [{metric: 'error-rate', limit: '+5%'}]}")::run)
                .hasMessageContaining("write one like '+5 points' or 5%");
        assertThatThrownBy(world.spec("{limits: [{metric: 'p50', limit: 'much'}]}")::run)
                .hasMessageContaining("'much' is not a limit");
        assertThatThrownBy(world.spec("{after: {x: 1}, limits: [{metric: 'p50', limit: '20ms'}]}")::run)
                .hasMessageContaining("after is not what measure.http measured");
    }

    /**
     * Real services, measured in turn. The long form has the figures that are asked for, and needs a machine that does little
     * else; in the short form nobody can miss what is worse, and what is as good must not be taken for worse.
     */
    @Test
    void a_service_that_is_as_good_passes_and_one_that_is_worse_fails() throws Exception {
        boolean exact = Boolean.getBoolean("godwit.long");
        for (int i = 0; i < (exact ? 20 : 1); i++) {
            assertThat(compared("unchanged" + i, 20, 0, USERS)).as("unchanged, the %dth time", i + 1)
                    .startsWith(exact ? "passed" : "")
                    .doesNotStartWith("failed");
        }
        assertThat(compared("slower", exact ? 26 : 60, 0, USERS)).startsWith("failed").contains("p50 failed");
        assertThat(compared("failing", 20, exact ? 6 : 30, USERS)).startsWith("failed").contains("error-rate failed");
        assertThat(compared("throughput", 20, 0, exact ? USERS * 3 / 4 : USERS / 4)).startsWith("failed")
                .contains("throughput failed");
    }

    /**
     * Compares a service that answers after 20 ms with another one.
     *
     * @param millis that the other one takes to answer
     * @param failing how many of its hundred answers are bad
     * @param atOnce how many it answers at once
     */
    private String compared(String name, int millis, int failing, int atOnce) throws Exception {
        JsonNode output;
        try (StepWorld measuring = new StepWorld(temporary.resolve(name), "measure.http")) {
            new Answering(measuring, "v1").with("GET /", answers(20, 0, USERS));
            new Answering(measuring, "v2").with("GET /", answers(millis, failing, atOnce));
            output = measuring.spec("{to: 'v2', beside: 'v1', requests: [{path: '/'}], users: " + USERS
                    + ", round: '300ms'}").run().output();
        }
        try (StepWorld comparing = new StepWorld(temporary.resolve(name + "-compared"), "measure.compare")) {
            JsonNode compared = comparing.spec("{before: " + output.get("beside") + ", after: "
                    + output.get("measured") + ", " + LIMITS + "}").run().output();
            return compared.get("verdict").asText() + compared.path("reason").asText();
        }
    }

    private static Answering.Answer answers(int millis, int failing, int atOnce) {
        AtomicInteger number = new AtomicInteger();
        Semaphore free = new Semaphore(atOnce);
        return exchange -> {
            free.acquireUninterruptibly();
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                free.release();
            }
            // Spread evenly: of each hundred so many.
            int now = number.incrementAndGet();
            Answering.send(exchange, now * failing / 100 > (now - 1) * failing / 100 ? 500 : 200, "well");
        };
    }

    private String verdicts(Measured before, Measured after, String limits) {
        JsonNode output = world.spec(with(before, after, limits)).run().output();
        StringBuilder text = new StringBuilder(output.get("verdict").asText()).append(':');
        output.get("results").forEach(result -> text.append(' ').append(result.get("verdict").asText()));
        assertThat(output.has("reason")).isEqualTo(!output.get("verdict").asText().equals("passed"));
        return text.toString();
    }

    private static String with(Measured before, Measured after, String rest) {
        return "{" + (before == null ? "" : "before: " + Json.write(before) + ", ")
                + (after == null ? "" : "after: " + Json.write(after) + ", ") + rest + "}";
    }

    private static Measured inTurn(Measured measured) {
        return new Measured(measured.users(), measured.rate(), measured.requests(), measured.failed(),
                measured.errorRate(), measured.throughput(), measured.times(), measured.errors(), measured.rounds(),
                Optional.of("both.1"));
    }

    private static Round round(long requests, long failed, double throughput, double millis) {
        return new Round(requests, failed, throughput, millis, millis, millis * 1.5, millis * 2, millis * 3);
    }

    private static Measured measured(int count, IntFunction<Round> of) {
        List<Round> rounds = IntStream.range(0, count).mapToObj(of).toList();
        long requests = rounds.stream().mapToLong(Round::requests).sum();
        long failed = rounds.stream().mapToLong(Round::failed).sum();
        Times times = new Times("all", 0, 0, 0, 0, 0, 0, failed, requests);
        return new Measured(USERS, Optional.empty(), requests, failed, (double) failed / requests, 100, times, Map.of(),
                rounds, Optional.empty());
    }
}
