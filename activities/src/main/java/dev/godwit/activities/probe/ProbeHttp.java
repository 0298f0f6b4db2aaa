package dev.godwit.activities.probe;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.activities.throttle.Rate;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepStopped;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks a service steadily while the other steps of the phase do their work, and tells how often and how long it did not
 * answer. A background step: it ends when the rest of its phase has ended.
 *
 * <pre>{@code
 * - name: v1_stays_up
 *   uses: probe.http
 *   background: true
 *   with: {to: v1, request: {path: /health}, rate: 20/s}
 *   expect: 'if .output.blind > 0 then null else .output.failed == 0 end'
 * }</pre>
 *
 * <p>Requests are sent on time, also while earlier ones still wait. It does not fail by itself: {@code expect} judges its
 * output. A dry-run sends nothing.
 */
@Uses(value = "probe.http", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class ProbeHttp implements ReadOnlyStepType<ProbeHttp.Spec, ProbeHttp.Output> {
    private static final Duration REMEMBERED_EVERY = Duration.ofSeconds(2);
    private static final Duration LAST_ANSWERS_WITHIN = Duration.ofSeconds(2);

    /**
     * @param to the service
     * @param request what to ask
     * @param rate how often
     * @param within how long the whole answer may take
     * @param limit when it ends at the latest, also if its phase goes on; never by default
     */
    public record Spec(@Of("http") Location to, Request request, @Default("10/s") Rate rate,
            @Default("5s") Duration within, Optional<Duration> limit) {}

    /**
     * @param path of the request, with its query
     * @param status the statuses that pass
     */
    public record Request(@Default("") String path, @Default("[200]") List<Integer> status) {}

    /**
     * @param requests how many were answered or failed
     * @param failed how many were not answered as they should be
     * @param longestGap the longest time between two good answers, in milliseconds
     * @param blind how long nobody asked, because no worker was there, in milliseconds
     * @param firstFailures the first ten
     */
    public record Output(long requests, long failed, long longestGap, long blind, List<Missed> firstFailures) {}

    /**
     * @param at when, in milliseconds since the probe began
     * @param why what was wrong
     */
    public record Missed(long at, String why) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        return Preview.<Output>withoutOutput()
                .change("would ask " + spec.to() + " for " + spec.request().path() + " " + spec.rate()
                        + " while the phase runs");
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        HttpService service = context.reading(HttpKind.class, spec.to());
        ProbeRecord record = ProbeRecord.resume(context.journal());
        long interval = spec.rate().interval().toNanos();
        long remembered = System.nanoTime();
        long begun = remembered;
        ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
        try {
            long next = begun;
            while (spec.limit().isEmpty() || next - begun < spec.limit().get().toNanos()) {
                while (System.nanoTime() < next) {
                    context.checkpoint();
                    LockSupport.parkNanos(Math.min(next - System.nanoTime(), TimeUnit.MILLISECONDS.toNanos(100)));
                }
                context.checkpoint();
                requests.execute(() -> ask(spec, service, record));
                context.progress(record.requests(), 0, "requests");
                if (System.nanoTime() - remembered > REMEMBERED_EVERY.toNanos()) {
                    record.remember(context.journal());
                    remembered = System.nanoTime();
                }
                next = Math.max(next + interval, System.nanoTime() - interval); // After a hiccup, no burst.
            }
            return ended(requests, record);
        } catch (StepStopped end) {
            return ended(requests, record);
        } finally {
            requests.shutdownNow();
        }
    }

    private static Output ended(ExecutorService requests, ProbeRecord record) throws InterruptedException {
        requests.shutdown();
        requests.awaitTermination(LAST_ANSWERS_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        return record.output();
    }

    private static void ask(Spec spec, HttpService service, ProbeRecord record) {
        try {
            int status = service.get(spec.request().path(), Content.IGNORED, spec.within(), () -> {}).status();
            if (spec.request().status().contains(status)) {
                record.good();
            } else {
                record.bad("status " + status);
            }
        } catch (IOException e) {
            if (!Thread.currentThread().isInterrupted()) {
                record.bad(e.getMessage());
            }
        }
    }
}
