package dev.godwit.activities.load;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.throttle.Rate;
import dev.godwit.json.Durations;
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
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * Puts a service under the load of virtual users, and tells how it bore it: throughput, percentiles of the time that good
 * answers took, and failures by kind. Each user has a connection of its own, kept open as long as the service keeps it, and
 * makes one request at a time, chosen by weight. Redirects are answers, and are not followed.
 *
 * <pre>{@code
 * - name: load
 *   uses: load.http
 *   with:
 *     to: v2
 *     users: 100
 *     ramp: 10s
 *     time: 1m
 *     think: {from: 1s, to: 3s}
 *     requests:
 *       - {name: process, weight: 3, method: POST, path: /process, body: {text: hello}, status: [200, 202],
 *          then: {name: status, path: '/status/{request_id}'}}
 *       - {name: health, weight: 1, path: /health}
 *   expect: .output.error_rate < 0.01 and .output.p95 < 500
 * }</pre>
 *
 * <p>Without {@code rate} this is a closed model: a user asks again as soon as it has its answer and has thought about it,
 * so a slow service is asked less often, as by a number of clients that wait for their answers. With {@code rate: 200/s} it
 * is an open model: requests are due at that rate whatever the answers take, as from the public. There a time counts from
 * when the request was due, also if no user was free to make it, so that a service that stalls for a second is charged with
 * all who would have waited (no coordinated omission); requests for which no user became free before the end are failures
 * of the kind {@code unsent}. {@code users} is then how many may be under way at once.
 *
 * <p>With {@code then} a user asks for what a good answer names, such as the state of the job that it has begun: at once,
 * as a request of its own that counts as any other, and without thinking about it before.
 *
 * <p>What begins in the ramp does not count, and is told apart. A GET whose kept connection was closed before a byte of its
 * answer came is sent again once on a new one, as browsers and proxies do, and counted as {@code resent}. A user that gets
 * no answer at all waits for 100 ms.
 *
 * <p>Among the evidence, {@code load.hgrm} has the whole distribution in milliseconds, in the form that HdrHistogram's
 * plotters read. If the worker is lost the load begins anew. A dry-run sends nothing.
 *
 * <p>Fails with {@code http-unreachable}, which is worth a retry, if no request had any answer, and with {@code load-empty}
 * if none was made in its time. Whether the figures are good enough is for {@code expect}.
 */
@Uses(value = "load.http", kind = StepKind.MEASUREMENT)
@AutoService(StepType.class)
public final class LoadHttp implements ReadOnlyStepType<LoadHttp.Spec, LoadHttp.Output> {
    /**
     * @param to the service
     * @param requests what users ask; at most 20
     * @param users how many there are; at most 10000
     * @param rate how often all of them ask together, such as {@code 200/s}; as fast as answers come by default
     * @param ramp until all users are there, or the rate is reached, growing evenly
     * @param time how long it goes on after that
     * @param think how long a user waits before its next request; not with a rate
     * @param within how long a whole answer may take, connecting included
     */
    public record Spec(@Of("http") Location to, List<LoadRequest> requests, int users, Optional<Rate> rate,
            @Default("0s") Duration ramp, Duration time, @Default("{}") Think think,
            @Default("10s") Duration within) {
        public Spec {
            if (!time.isPositive()) {
                throw new IllegalArgumentException("time must be longer than nothing");
            }
            new Load(requests, users, rate, think, within); // Says what is wrong with it.
        }

        Load load() {
            return new Load(requests, users, rate, think, within);
        }
    }

    /**
     * Times in milliseconds, of good answers.
     *
     * @param requests how many were made, the failed ones included
     * @param failed how many had no good answer
     * @param errorRate the failed ones as a part of all, from 0 to 1
     * @param throughput good answers a second
     * @param mean of all times
     * @param p50 half of the answers were as fast as this or faster
     * @param p90 9 of 10 answers were
     * @param p95 19 of 20 answers were
     * @param p99 99 of 100 answers were
     * @param p999 999 of 1000 answers were
     * @param max the slowest answer
     * @param errors how many failed for which reason, such as {@code status 503}, {@code timeout} or
     *     {@code connection refused}
     * @param byRequest the same for each of the requests, and then for what follows from their answers
     * @param resent requests that were sent again, because a kept connection was closed
     * @param rampRequests how many requests began in the ramp
     * @param rampFailed how many of these failed
     */
    public record Output(long requests, long failed, double errorRate, double throughput, double mean, double p50,
            double p90, double p95, double p99, double p999, double max, Map<String, Long> errors,
            List<Times> byRequest, long resent, long rampRequests, long rampFailed) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        Optional<String> maker = context.madeBy(spec.to());
        Preview<Output> preview = maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.withoutOutput();
        return preview.change("would put " + spec.to() + " under the load of " + spec.users() + " users"
                + spec.rate().map(rate -> ", " + rate).orElse("") + " for "
                + Durations.format(spec.ramp().plus(spec.time())));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        long expected = spec.rate()
                .map(rate -> spec.ramp().dividedBy(2).plus(spec.time()).dividedBy(rate.interval()))
                .orElse(0L);
        Tally tally;
        try (LoadGenerator users = new LoadGenerator(context.writing(HttpKind.class, spec.to()).endpoint(),
                spec.load())) {
            tally = users.run(spec.ramp(), spec.time(), answered -> {
                context.progress(answered, expected, "requests");
                context.checkpoint();
            });
        }
        Output output = output(spec, tally);
        distribution(tally.micros(), context);
        if (output.requests() == 0) {
            throw StepFailure.user("load-empty", "load.http: no request to " + spec.to() + " began within "
                    + Durations.format(spec.time()) + "; give it more time, or let users think for less");
        }
        if (output.failed() == output.requests()
                && output.errors().keySet().stream().noneMatch(kind -> kind.startsWith("status"))) {
            throw StepFailure.external("http-unreachable", "load.http: none of " + output.requests() + " requests to "
                    + spec.to() + " had an answer: " + output.errors() + "; see whether the service runs");
        }
        return output;
    }

    private static Output output(Spec spec, Tally tally) {
        Histogram micros = tally.micros();
        Times all = tally.times();
        return new Output(all.requests(), all.failed(), tally.errorRate(), tally.throughput(), all.mean(), all.p50(),
                all.p90(), all.p95(), all.p99(), Times.millis(micros, 99.9), all.max(), tally.errors(),
                tally.times(spec.load().all()),
                tally.resentRequests(), tally.rampRequests(), tally.rampFailed());
    }

    private static void distribution(Histogram micros, RunContext context) throws IOException {
        try (PrintStream out = new PrintStream(context.evidence().open("load.hgrm"), false, StandardCharsets.UTF_8)) {
            micros.outputPercentileDistribution(out, 1e3);
            if (out.checkError()) {
                throw new IOException("cannot write the evidence load.hgrm");
            }
        }
    }
}
