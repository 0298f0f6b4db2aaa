package dev.godwit.activities.measure;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.json.Json;
import dev.godwit.plan.Verdict;
import dev.godwit.step.Deciding;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Decides whether a service does as well as before, by two measurements of {@code measure.http} under the same load.
 *
 * <pre>{@code
 * - name: both
 *   uses: measure.http
 *   with: {to: v2, beside: v1, requests: [{path: /health}], users: 4}
 * - name: as_good_as_before
 *   uses: measure.compare
 *   with:
 *     before: '${{ .steps.both.beside }}'
 *     after: '${{ .steps.both.measured }}'
 *     limits:
 *       - {metric: p50, limit: +20%}
 *       - {metric: error-rate, limit: +5 points}
 *       - {metric: throughput, limit: -20%}
 *       - {metric: p95, limit: 300ms}
 * }</pre>
 *
 * <p>Metrics are {@code mean}, {@code p50}, {@code p90}, {@code p95} and {@code p99} of the times of good answers,
 * {@code error-rate} and {@code throughput}. A limit with a sign is a change: {@code +20%} of the figure before,
 * {@code +50ms}, {@code +5 points} (of a hundred) or {@code -10/s} beyond it. One without is a bound: {@code 300ms},
 * {@code 5%}, {@code 100/s}.
 *
 * <p>Each limit has one of three outcomes. How much a figure changed is known only so well: it is estimated together with
 * the bounds within which it is with 95 % confidence. All of them within the limit: passed. All of them beyond it: failed.
 * The limit between them, or fewer than 6 rounds with enough answers (5, for p90 10, p95 20, p99 100), or a measurement
 * that is missing: inconclusive. One failed limit fails, else one inconclusive makes all inconclusive.
 *
 * <p>Rounds are the sample, and not requests, for those of one second are slow or fast together. Times and throughput are
 * compared by their ratio in each round where two services were measured in turn ({@code beside}), with the Hodges-Lehmann
 * estimate and the bounds of Wilcoxon's signed-rank test, and else with those of the Mann-Whitney test: ranks are not moved
 * by the odd round in which the machine did something else, and are right for few rounds. Error rates are compared over all
 * requests, with Newcombe's interval. A machine that is busier after than before looks like a slower service, unless both
 * were measured in turn.
 *
 * <p>What failed is a failed step, and {@code on-failure} says what follows. What is inconclusive never passes and rolls
 * nothing back: the run waits for a decision. Fails with {@code measurement-unknown} if it is given something else than
 * what {@code measure.http} measured.
 */
@Uses(value = "measure.compare", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class MeasureCompare implements ReadOnlyStepType<MeasureCompare.Spec, MeasureCompare.Output> {
    /**
     * @param before what was measured before; without it the outcome is inconclusive
     * @param after what was measured after
     * @param limits how far figures may go
     */
    public record Spec(Optional<JsonNode> before, Optional<JsonNode> after, List<Bounded> limits) {
        public Spec {
            if (limits.isEmpty() || limits.size() > 20) {
                throw new IllegalArgumentException("limits must hold 1 to 20 limits, and holds " + limits.size());
            }
        }
    }

    /**
     * @param metric the figure
     * @param limit how far it may go
     */
    public record Bounded(Metric metric, Limit limit) {
        public Bounded {
            metric.check(limit);
        }
    }

    /**
     * @param verdict passed, failed or inconclusive
     * @param condition all limits, for people
     * @param reason which limits did not pass, and why; absent if all did
     * @param results in the order of the limits
     */
    public record Output(Verdict verdict, String condition, Optional<String> reason, List<Result> results)
            implements
                Deciding {
        static Output of(List<Result> results) {
            List<Verdict> all = results.stream().map(Result::verdict).toList();
            Verdict verdict = all.contains(Verdict.FAILED)
                    ? Verdict.FAILED
                    : all.contains(Verdict.INCONCLUSIVE) ? Verdict.INCONCLUSIVE : Verdict.PASSED;
            String condition = results.stream().map(Result::title).collect(Collectors.joining(", "));
            Optional<String> reason = verdict == Verdict.PASSED
                    ? Optional.empty()
                    : Optional.of(results.stream()
                            .filter(result -> result.verdict() != Verdict.PASSED)
                            .map(result -> word(result.metric()) + " " + word(result.verdict()) + ": " + result.why())
                            .collect(Collectors.joining("; ")));
            return new Output(verdict, condition, reason, results);
        }
    }

    /**
     * @param metric the figure
     * @param limit how far it may go
     * @param verdict passed, failed or inconclusive
     * @param before the median of the rounds before, in milliseconds, as a part of 1, or in answers a second
     * @param after the median of the rounds after
     * @param why how much it changed, and how well that is known; or what is missing
     */
    public record Result(Metric metric, Limit limit, Verdict verdict, double before, double after, String why) {
        String title() {
            return word(metric) + " " + limit;
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        return Preview.<Output>withoutOutput()
                .change("would compare what was measured, by " + spec.limits().size() + " limits");
    }

    @Override
    public Output run(Spec spec, RunContext context) {
        Optional<Measured> before = measured(spec.before(), "before");
        Optional<Measured> after = measured(spec.after(), "after");
        Output output = Output.of(spec.limits().stream().map(bounded -> judge(bounded, before, after)).toList());
        context.evidence().json("comparison", output);
        return output;
    }

    private static Result judge(Bounded bounded, Optional<Measured> before, Optional<Measured> after) {
        boolean needed = bounded.limit().form() != Limit.Form.BOUND;
        if (after.isEmpty() || needed && before.isEmpty()) {
            return new Result(bounded.metric(), bounded.limit(), Verdict.INCONCLUSIVE, 0, 0,
                    "there is no measurement " + (after.isEmpty() ? "after" : "before")
                            + "; see whether the step that measures was left out");
        }
        Measured baseline = before.orElse(after.get());
        if (needed && (baseline.users() != after.get().users() || !baseline.rate().equals(after.get().rate()))) {
            return new Result(bounded.metric(), bounded.limit(), Verdict.INCONCLUSIVE, 0, 0,
                    "the loads differ: measure both with the same users and rate");
        }
        return new Comparison(baseline, after.get()).judge(bounded.metric(), bounded.limit());
    }

    private static Optional<Measured> measured(Optional<JsonNode> json, String field) {
        return json.filter(node -> !node.isNull()).map(node -> {
            try {
                Measured measured = Json.bind(node, Measured.class);
                if (measured.rounds() == null || measured.together() == null || measured.rate() == null) {
                    throw new IllegalArgumentException("it has no rounds");
                }
                return measured;
            } catch (IllegalArgumentException e) {
                throw StepFailure.user("measurement-unknown", "measure.compare: " + field
                        + " is not what measure.http measured (" + e.getMessage()
                        + "); write '${{ .steps.NAME.measured }}'");
            }
        });
    }

    private static String word(Object constant) {
        return Json.tree(constant).textValue();
    }
}
