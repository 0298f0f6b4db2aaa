package dev.godwit.activities.throttle;

import dev.godwit.step.RunContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Paces a step: to the rate that on-call asked for, else to the one of its spec, and not at all while a gate says to wait.
 * Whichever says to wait, it waits, and the step's progress says why.
 *
 * <pre>{@code
 * Throttle throttle = Throttle.of(context, "rows", spec.rate()).gate(this::lagTooLarge);
 * while (source.next()) {
 *     List<Row> batch = source.read(throttle.portion(BATCH));
 *     throttle.pass(batch.size());
 *     write(batch);
 * }
 * }</pre>
 *
 * <p>Several threads may share one; the rate is that of all of them together.
 */
public final class Throttle {
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long GATE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** How many batches a second are meant to pass at the least, so that the pace is even. */
    private static final int PORTIONS = 5;

    private final RunContext context;
    private final String unit;
    private final OptionalLong planned;
    private final LongSupplier nanoTime;
    private final LongConsumer sleep;
    private final List<Gate> gates = new ArrayList<>();

    private long lastRate = -1;
    private long lastRefill;
    /** What may pass at once; below zero after a batch that was larger than what was left. */
    private double allowed;
    private boolean gatesAsked;
    private long gatesAskedAt;
    private Optional<String> closed = Optional.empty();

    /** Says why to wait, if there is reason to. It is asked once a second at most, and may take its time. */
    @FunctionalInterface
    public interface Gate {
        Optional<String> whyWait() throws Exception;
    }

    private Throttle(RunContext context, String unit, OptionalLong planned, LongSupplier nanoTime, LongConsumer sleep) {
        this.context = context;
        this.unit = unit;
        this.planned = planned;
        this.nanoTime = nanoTime;
        this.sleep = sleep;
        this.lastRefill = nanoTime.getAsLong();
    }

    /**
     * @param context the step's
     * @param unit what its progress counts
     * @param planned the rate that its spec wants, in these units a second, if it wants one
     */
    public static Throttle of(RunContext context, String unit, OptionalLong planned) {
        return new Throttle(context, unit, planned, System::nanoTime, LockSupport::parkNanos);
    }

    /** With a clock of its own. */
    static Throttle of(RunContext context, String unit, OptionalLong planned, LongSupplier nanoTime,
            LongConsumer sleep) {
        return new Throttle(context, unit, planned, nanoTime, sleep);
    }

    /** Adds a gate; to be called before the first {@link #pass}. */
    public synchronized Throttle gate(Gate gate) {
        gates.add(gate);
        return this;
    }

    /** How large a batch should be now so that the pace is even; at least 1, at most what is given. */
    public int portion(int most) {
        OptionalLong rate = rate();
        return rate.isEmpty() ? most : (int) Math.clamp(rate.getAsLong() / PORTIONS, 1L, most);
    }

    /**
     * Waits until so many units may pass. A batch larger than what is allowed at once passes, and the next ones wait for
     * longer.
     *
     * @throws dev.godwit.step.StepStopped if this attempt should end now
     * @throws Exception what a gate throws
     */
    public void pass(long units) throws Exception {
        long wait = tryPass(units);
        while (wait > 0) {
            context.checkpoint();
            sleep.accept(Math.min(wait, SLICE_NANOS));
            wait = tryPass(units);
        }
    }

    /** Takes the units if they may pass; else answers how long to wait before asking again. */
    private synchronized long tryPass(long units) throws Exception {
        askGates();
        OptionalLong rate = rate();
        context.slowedBy(closed.or(() -> why(rate)).orElse(""));
        if (closed.isPresent()) {
            return SLICE_NANOS;
        }
        if (rate.isEmpty()) {
            lastRate = -1;
            return 0;
        }
        refill(rate.getAsLong());
        if (rate.getAsLong() == 0) {
            return SLICE_NANOS;
        }
        if (allowed < 0) {
            return Math.max(1, (long) (-allowed / rate.getAsLong() * 1e9));
        }
        allowed -= units;
        return 0;
    }

    private void refill(long rate) {
        long now = nanoTime.getAsLong();
        if (lastRate < 0) {
            allowed = 0; // Nothing held before, so nothing is owed and nothing was saved.
        } else {
            // What went by since was at the rate of before. Nothing is saved up beyond one portion.
            allowed = Math.min((double) lastRate / PORTIONS, allowed + lastRate * ((now - lastRefill) / 1e9));
        }
        lastRate = rate;
        lastRefill = now;
    }

    private void askGates() throws Exception {
        long now = nanoTime.getAsLong();
        if (gates.isEmpty() || gatesAsked && now - gatesAskedAt < GATE_NANOS) {
            return;
        }
        closed = Optional.empty();
        for (Gate gate : gates) {
            closed = gate.whyWait();
            if (closed.isPresent()) {
                break;
            }
        }
        gatesAsked = true;
        gatesAskedAt = nanoTime.getAsLong();
    }

    private OptionalLong rate() {
        OptionalLong asked = context.throttle();
        return asked.isPresent() ? asked : planned;
    }

    private Optional<String> why(OptionalLong rate) {
        if (rate.isEmpty()) {
            return Optional.empty();
        }
        if (context.throttle().isEmpty()) {
            return Optional.of("limited to " + pace(rate.getAsLong()) + " by the plan");
        }
        String by = context.throttledBy().isEmpty() ? "" : " by " + context.throttledBy();
        return Optional.of(rate.getAsLong() == 0
                ? "throttled to a standstill" + by
                : "throttled to " + pace(rate.getAsLong()) + by);
    }

    private String pace(long rate) {
        return String.format(Locale.ROOT, "%,d %s a second", rate, unit);
    }
}
