package dev.godwit.activities.gate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.json.Jq;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * Asks a Prometheus and decides whether the run goes on. The resource is its HTTP API, such as
 * {@code {kind: http, url: 'http://metrics:9090'}}; the query is an instant query that gives one number.
 *
 * <pre>{@code
 * - name: error_rate
 *   uses: gate.prometheus
 *   with:
 *     to: metrics
 *     query: 'sum(rate(http_requests_total{job="v2",code=~"5.."}[5m])) / sum(rate(http_requests_total{job="v2"}[5m]))'
 *     pass: . < 0.05
 *     interval: 1m
 *     count: 10
 *     inconclusive-limit: 2
 * }</pre>
 *
 * <p>An empty result, one of several series, NaN (as of a quotient when nothing was asked) and a Prometheus that does not
 * answer say nothing about the service: such a measurement is inconclusive. An infinite value is greater than every limit.
 *
 * <p>What the outcomes of a gate are, how they come about and what follows from them, stands with {@code gate.http}.
 *
 * <p>Fails with {@code prometheus-query} if Prometheus does not understand the query.
 */
@Uses(value = "gate.prometheus", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class GatePrometheus implements ReadOnlyStepType<GatePrometheus.Spec, GateOutput> {
    private static final int LONGEST_SUBJECT = 120;

    /**
     * @param to the Prometheus
     * @param query in PromQL
     * @param within how long the whole answer may take
     * @param pass what must be true of the value
     * @param fail what must not
     * @param interval from one measurement to the next
     * @param count how many measurements, 1,000 at most
     * @param failureLimit how many may fail
     * @param inconclusiveLimit how many may be inconclusive
     */
    public record Spec(@Of("http") Location to, String query, @Default("10s") Duration within, Optional<Jq> pass,
            Optional<Jq> fail, Optional<Duration> interval, @Default("1") int count, @Default("0") int failureLimit,
            @Default("0") int inconclusiveLimit) implements GateSpec {
        public Spec {
            new Terms(pass, fail, interval, count, failureLimit, inconclusiveLimit).requireCondition();
        }

        @Override
        public String subject() {
            return query.length() <= LONGEST_SUBJECT ? query : query.substring(0, LONGEST_SUBJECT) + "...";
        }

        @Override
        public GateSource open(RunContext context) throws Exception {
            HttpService prometheus = context.reading(HttpKind.class, to);
            return () -> measure(prometheus, context);
        }

        private Measured measure(HttpService prometheus, RunContext context) {
            Answer answer;
            JsonNode content;
            try {
                answer = prometheus.get(
                        "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8).replace("+", "%20"),
                        Content.KEPT, within, context::checkpoint);
                content = answer.json();
            } catch (IOException e) {
                return Measured.inconclusive(e.getMessage());
            } catch (IllegalArgumentException e) {
                return Measured.inconclusive(to + " does not answer as a Prometheus does: " + e.getMessage());
            }
            if (content.path("errorType").asText().equals("bad_data")) {
                throw StepFailure.user("prometheus-query", "gate.prometheus: " + to + " does not understand the query '"
                        + subject() + "': " + content.path("error").asText() + "; correct it");
            }
            if (!content.path("status").asText().equals("success")) {
                return Measured.inconclusive("status " + answer.status() + " " + content.path("error").asText());
            }
            return value(content.path("data"));
        }

        private static Measured value(JsonNode data) {
            JsonNode result = data.path("result");
            return switch (data.path("resultType").asText()) {
                case "scalar" -> number(result.path(1).asText());
                case "vector" -> switch (result.size()) {
                    case 0 -> Measured.inconclusive("the query gives nothing");
                    case 1 -> number(result.path(0).path("value").path(1).asText());
                    default -> Measured.inconclusive("the query gives " + result.size()
                            + " series where one is wanted; make one of them, with sum() or max()");
                };
                default -> Measured.inconclusive("the query gives a " + data.path("resultType").asText()
                        + " where one number is wanted");
            };
        }

        private static Measured decimal(String text) {
            try {
                return Measured.of(DecimalNode.valueOf(new BigDecimal(text)));
            } catch (NumberFormatException e) {
                return Measured.inconclusive("the query gives '" + text + "', which is no number");
            }
        }

        private static Measured number(String text) {
            return switch (text) {
                case "NaN" -> Measured.inconclusive("the query gives NaN");
                // JSON has no infinite numbers; jq itself writes them so.
                case "+Inf" -> Measured.of(DecimalNode.valueOf(BigDecimal.valueOf(Double.MAX_VALUE)));
                case "-Inf" -> Measured.of(DecimalNode.valueOf(BigDecimal.valueOf(-Double.MAX_VALUE)));
                default -> decimal(text);
            };
        }
    }

    @Override
    public Preview<GateOutput> preview(Spec spec, PreviewContext context) {
        return GateRun.preview(spec);
    }

    @Override
    public GateOutput run(Spec spec, RunContext context) throws Exception {
        return GateRun.run(spec, context);
    }
}
