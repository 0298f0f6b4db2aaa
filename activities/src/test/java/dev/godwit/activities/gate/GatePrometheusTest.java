package dev.godwit.activities.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.plan.Verdict;
import dev.godwit.run.StepReport;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(180)
class GatePrometheusTest {
    private static PrometheusServer prometheus;

    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) {
            return gate(directory, "vector(0.02)", "pass: '. < 0.05', interval: '1ms', count: 2");
        }
    }

    @TempDir
    private Path temporary;

    @BeforeAll
    static void start() throws Exception {
        prometheus = new PrometheusServer(0);
    }

    @AfterAll
    static void stop() throws Exception {
        if (prometheus != null) {
            prometheus.close();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "vector(0.02)|PASSED|", "scalar(vector(0.02))|PASSED|", "vector(0.06)|FAILED|0.06: not . < 0.05",
            "nobody_counts_this|INCONCLUSIVE|the query gives nothing",
            "vector(0) / vector(0)|INCONCLUSIVE|the query gives NaN",
            "vector(1) / vector(0)|FAILED|: not . < 0.05", "vector(-1) / vector(0)|PASSED|",
            "label_replace(vector(0), 'a', 'b', '', '') or vector(0)|INCONCLUSIVE|the query gives 2 series",
            "'text'|INCONCLUSIVE|the query gives a string"})
    void only_one_number_is_judged(String query, Verdict verdict, String reason) {
        try (StepWorld world = gate(temporary.resolve("w"), query.replace("'", "\\'"), "pass: '. < 0.05'")) {
            StepReport.Gate gate = world.run().gate().orElseThrow();

            assertThat(gate.verdict()).isEqualTo(verdict);
            assertThat(gate.reason().orElse("")).contains(reason == null ? "" : reason);
        }
    }

    @Test
    void what_a_service_tells_prometheus_decides() throws Exception {
        try (StepWorld world = new StepWorld(temporary.resolve("w"), "gate.prometheus")) {
            Answering service = new Answering(world, "v2").with("GET /metrics", 200,
                    "errors_total{code=\"500\"} 3\nerrors_total{code=\"502\"} 4\n");
            int port = Integer.parseInt(world.task().resources().get("v2").get("url").asText().split(":")[2]);
            try (PrometheusServer scraping = new PrometheusServer(port)) {
                scraping.in(world)
                        .spec("{to: 'metrics', query: 'sum(errors_total{job=\"v2\"})', pass: '. == 7',"
                                + " interval: '100ms', count: 20, inconclusive-limit: 20, failure-limit: 0}");
                waitUntilScraped(service);
                assertThat(world.run().output().get("passed").asInt()).isPositive();
            }
        }
    }

    @Test
    void a_query_that_is_none_is_the_plans_fault_and_a_prometheus_that_is_away_nobodys() {
        try (StepWorld world = gate(temporary.resolve("w"), "sum(", "pass: '. < 1'")) {
            assertThatThrownBy(world::run).isInstanceOf(StepFailure.class)
                    .hasMessageContaining("metrics does not understand the query 'sum('")
                    .extracting("code")
                    .isEqualTo("prometheus-query");

            world.round(2)
                    .resource("metrics", "{kind: 'http', url: 'http://127.0.0.1:1'}")
                    .spec("{to: 'metrics', query: 'vector(1)', pass: '. == 1'}");
            assertThat(world.run().gate().orElseThrow().verdict()).isEqualTo(Verdict.INCONCLUSIVE);

            world.round(3).spec("{to: 'metrics', query: 'vector(1)'}");
            assertThatThrownBy(world::run).hasMessageContaining("pass or fail must say when the value is good");
        }
    }

    /** What the first answer held can be asked for at the latest when the second was fetched. */
    private static void waitUntilScraped(Answering service) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (service.asked().size() < 2) {
            assertThat(System.nanoTime()).as("Prometheus scrapes").isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static StepWorld gate(Path directory, String query, String terms) {
        return prometheus.in(new StepWorld(directory, "gate.prometheus"))
                .spec("{to: 'metrics', query: '" + query + "', " + terms + "}");
    }
}
