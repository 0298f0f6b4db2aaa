package dev.godwit.activities.measure;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * Measures how long a service takes to answer: GET requests, one after the other, each answer read to its end. The first
 * few are not counted. A dry-run measures nothing.
 *
 * <pre>{@code
 * - name: v1_times
 *   uses: measure.http
 *   with:
 *     to: v1
 *     requests:
 *       - {name: stream, path: /stream}
 *       - {name: results, path: /results/latest}
 *     samples: 100
 * }</pre>
 *
 * <p>A request without an answer, or with another status than 2xx, counts as failed and not among the times. The step fails
 * with {@code http-unreachable}, which is worth a retry, if no request to one of the paths has an answer.
 */
@Uses(value = "measure.http", kind = StepKind.MEASUREMENT)
@AutoService(StepType.class)
public final class MeasureHttp implements ReadOnlyStepType<MeasureHttp.Spec, MeasureHttp.Output> {
    private static final long LONGEST_MICROS = Duration.ofHours(1).toNanos() / 1_000;
    private static final int DIGITS = 3;

    /**
     * @param to the service
     * @param requests what to ask
     * @param samples how often each request is measured
     * @param warmUp how often each is made before that
     * @param within how long the whole answer may take
     */
    public record Spec(@Of("http") Location to, List<Request> requests, @Default("50") int samples,
            @Default("5") int warmUp, @Default("10s") Duration within) {
        public Spec {
            if (samples < 1 || warmUp < 0 || requests.isEmpty()) {
                throw new IllegalArgumentException(
                        "there must be at least 1 request and 1 sample, and warm-up cannot be negative");
            }
        }
    }

    /**
     * @param name by which the output names it
     * @param path of the request, with its query
     */
    public record Request(String name, @Default("") String path) {}

    /**
     * @param requests in the order of the requests
     */
    public record Output(List<Times> requests) {}

    /**
     * Times in milliseconds.
     *
     * @param name of the request
     * @param p50 half of the answers were as fast as this or faster
     * @param p95 19 of 20 answers were
     * @param p99 99 of 100 answers were
     * @param max the slowest answer
     * @param failed how many requests failed
     * @param requests how many were made, the failed ones included
     */
    public record Times(String name, double p50, double p95, double p99, double max, long failed, long requests) {
        static Times of(String name, Histogram micros, long failed) {
            return new Times(name, millis(micros, 50), millis(micros, 95), millis(micros, 99), millis(micros, 100),
                    failed, micros.getTotalCount() + failed);
        }

        private static double millis(Histogram micros, double percentile) {
            return micros.getTotalCount() == 0 ? 0 : micros.getValueAtPercentile(percentile) / 1e3;
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        Optional<String> maker = context.madeBy(spec.to());
        Preview<Output> preview = maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.withoutOutput();
        return preview.change("would measure " + spec.samples() + " answers to each of " + spec.requests().size()
                + " requests to " + spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        HttpService service = context.reading(HttpKind.class, spec.to());
        List<Times> times = new ArrayList<>();
        for (Request request : spec.requests()) {
            times.add(measure(spec, request, service, context));
        }
        return new Output(times);
    }

    private static Times measure(Spec spec, Request request, HttpService service, RunContext context) {
        Histogram micros = new Histogram(LONGEST_MICROS, DIGITS);
        long failed = 0;
        String why = "";
        for (int number = -spec.warmUp(); number < spec.samples(); number++) {
            context.progress(Math.max(0, number), spec.samples(), "requests to " + request.name());
            context.checkpoint();
            try {
                Answer answer = service.get(request.path(), Content.KEPT, spec.within(), context::checkpoint);
                if (number >= 0 && answer.status() / 100 == 2) {
                    micros.recordValue(Math.min(LONGEST_MICROS, answer.took().toNanos() / 1_000));
                } else if (number >= 0) {
                    failed++;
                    why = service.uri(request.path()) + " answers with status " + answer.status();
                }
            } catch (IOException e) {
                failed += number >= 0 ? 1 : 0;
                why = e.getMessage();
            }
        }
        if (failed == spec.samples()) {
            throw StepFailure.external("http-unreachable", "measure.http: all " + failed + " requests to "
                    + spec.to() + " for " + request.name() + " failed: " + why + "; see whether the service runs");
        }
        return Times.of(request.name(), micros, failed);
    }
}
