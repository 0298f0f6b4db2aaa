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
import java.util.concurrent.Semaphore;
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
 * <p>Requests are sent on time, also while earlier ones still wait (an open model): a service that stalls is not asked less.
 * As browsers and proxies do, a request whose kept connection the service had closed meanwhile is sent again on a new one.
 *
 * <p>Every failure is among the evidence with its time, the first 10,000 of them: {@code failures.jsonl}. The longest gap is
 * that between two good answers, or between the last one and the end. What it saw outlives the worker; the time without
 * one, or in which the worker could not ask, counts as blind, and belongs to no gap.
 *
 * <p>It does not fail by itself: {@code expect} judges its output. Only a path that is none is refused, with
 * {@code http-path}, also by a dry-run, which sends nothing.
 */
@Uses(value = "probe.http", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class ProbeHttp implements ReadOnlyStepType<ProbeHttp.Spec, ProbeHttp.Output> {
    private static final Duration REMEMBERED_EVERY = Duration.ofSeconds(2);
    private static final Duration LAST_ANSWERS_WITHIN = Duration.ofSeconds(5);
    /** By how much it may be late and still make up for it; what is more, nobody asked. */
    private static final long LATE = TimeUnit.SECONDS.toNanos(1);
    private static final int MOST_UNDER_WAY = 5_000;

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
     * @param longestGapAt when that began, in milliseconds since the probe began
     * @param blind how long nobody asked, because no worker was there or it could not, in milliseconds
     * @param firstFailures the first ten
     */
    public record Output(long requests, long failed, long longestGap, long longestGapAt, long blind,
            List<Missed> firstFailures) {}

    /**
     * @param at when, in milliseconds since the probe began
     * @param why what was wrong
     */
    public record Missed(long at, String why) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        context.reading(HttpKind.class, spec.to()).uri(spec.request().path()); // Refuses a path that is none.
        return Preview.<Output>withoutOutput()
                .change("would ask " + spec.to() + " for " + spec.request().path() + " " + spec.rate()
                        + " while the phase runs");
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        HttpService service = context.reading(HttpKind.class, spec.to());
        service.uri(spec.request().path()); // Refuses a path that is none.
        ProbeRecord record = ProbeRecord.resume(context.journal());
        long interval = spec.rate().interval().toNanos();
        long remembered = System.nanoTime();
        long begun = remembered;
        Semaphore free = new Semaphore(MOST_UNDER_WAY);
        ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
        try {
            long next = begun;
            while (spec.limit().isEmpty() || next - begun < spec.limit().get().toNanos()) {
                while (System.nanoTime() < next) {
                    context.checkpoint();
                    LockSupport.parkNanos(Math.min(next - System.nanoTime(), TimeUnit.MILLISECONDS.toNanos(100)));
                }
                context.checkpoint();
                if (free.tryAcquire()) {
                    requests.execute(() -> ask(spec, service, record, free));
                } else {
                    record.bad(MOST_UNDER_WAY + " earlier requests still wait for their answers");
                }
                context.progress(record.requests(), 0, "requests");
                if (System.nanoTime() - remembered > REMEMBERED_EVERY.toNanos()) {
                    record.remember(context.journal());
                    remembered = System.nanoTime();
                }
                next += interval;
                long late = System.nanoTime() - next;
                if (late > LATE) {
                    record.blind(TimeUnit.NANOSECONDS.toMillis(late));
                    next += late;
                }
            }
            return ended(spec, requests, record, context);
        } catch (StepStopped end) {
            return ended(spec, requests, record, context);
        } finally {
            requests.shutdownNow();
        }
    }

    private static Output ended(Spec spec, ExecutorService requests, ProbeRecord record, RunContext context)
            throws Exception {
        requests.shutdown();
        requests.awaitTermination(Math.min(spec.within().toMillis() + 500, LAST_ANSWERS_WITHIN.toMillis()),
                TimeUnit.MILLISECONDS);
        Output output = record.output();
        record.remember(context.journal());
        record.prove(context.journal(), context.evidence());
        return output;
    }

    private static void ask(Spec spec, HttpService service, ProbeRecord record, Semaphore free) {
        try {
            int status = service.get(spec.request().path(), Content.IGNORED, spec.within(), () -> {}).status();
            if (spec.request().status().contains(status)) {
                record.good();
            } else {
                record.bad("status " + status);
            }
        } catch (IOException | RuntimeException e) { // Nobody else would hear of either.
            if (!Thread.currentThread().isInterrupted()) {
                record.bad(e.getMessage() == null ? e.toString() : e.getMessage());
            }
        } finally {
            free.release();
        }
    }
}
