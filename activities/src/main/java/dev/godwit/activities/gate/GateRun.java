package dev.godwit.activities.gate;

import dev.godwit.plan.Verdict;
import dev.godwit.step.Preview;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepWaiting;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A gate from its first measurement to its verdict. Each measurement is journalled, so that a crash repeats none but the
 * one under way, and the verdict stays. Who asks for a retry after one that did not pass gets a new series.
 */
public final class GateRun {
    private static final String TOLD = "told";
    /** A longer time is let pass by the run, which costs no worker. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(5);
    private static final Duration NAP = Duration.ofMillis(250);

    private final GateSpec spec;
    private final Terms terms;
    private final RunContext context;
    private final long began = System.nanoTime();
    private Tally tally = Tally.NONE;
    private Instant last = Instant.MIN;

    private GateRun(GateSpec spec, RunContext context) {
        this.spec = spec;
        this.terms = spec.terms();
        this.context = context;
    }

    /** Measures until there is a verdict. */
    public static GateOutput run(GateSpec spec, RunContext context) throws Exception {
        return new GateRun(spec, context).run();
    }

    /** What a dry-run can say of a gate: no more than what it would do. */
    public static Preview<GateOutput> preview(GateSpec spec) {
        return Preview.<GateOutput>withoutOutput()
                .change("would measure " + spec.terms().times() + ": " + spec.terms().condition(spec.subject()));
    }

    private GateOutput run() throws Exception {
        int series = series();
        String log = "measurements." + series;
        context.journal().scan(log, Measurement.class, this::add);
        GateSource source = spec.open(context);
        while (tally.settled(terms).isEmpty() && tally.total() < terms.count()) {
            awaitNext();
            context.progress(tally.total(), terms.count(), "measurements");
            context.checkpoint();
            Measured measured = source.measure();
            Measurement measurement = terms.judge(measured, now());
            context.journal().append(log, List.of(measurement));
            add(measurement);
        }
        GateOutput output = GateOutput.of(spec, tally);
        MeasurementLog.keep(log, Measurement.class, series == 1 ? "measurements" : log, context);
        if (output.verdict() != Verdict.PASSED) {
            context.journal().write(TOLD, new Told(series, context.attemptsAllowed()));
        }
        return output;
    }

    private int series() {
        return context.journal()
                .read(TOLD, Told.class)
                .map(told -> context.attemptsAllowed() > told.allowed() ? told.series() + 1 : told.series())
                .orElse(1);
    }

    /**
     * A series that did not pass.
     *
     * @param series counts from 1
     * @param allowed how many attempts were allowed then; more are when a person wants it tried again
     */
    private record Told(int series, int allowed) {}

    private void add(Measurement measurement) {
        tally = tally.with(measurement);
        last = measurement.at();
    }

    private void awaitNext() {
        if (tally.total() == 0) {
            return;
        }
        Instant due = last.plus(terms.interval().orElseThrow());
        Duration left = Duration.between(now(), due);
        if (left.compareTo(LONGEST_SLEEP) > 0) {
            throw new StepWaiting(left, "for the next of " + terms.times() + ": " + spec.subject());
        }
        while (left.isPositive()) {
            LockSupport.parkNanos(left.compareTo(NAP) < 0 ? left.toNanos() : NAP.toNanos());
            context.checkpoint();
            left = Duration.between(now(), due);
        }
    }

    /** By Temporal's clock, the same on every machine. */
    private Instant now() {
        return context.asked().plusNanos(System.nanoTime() - began);
    }
}
