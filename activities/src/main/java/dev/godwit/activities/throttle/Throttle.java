package dev.godwit.activities.throttle;

import dev.godwit.step.RunContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

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
    private final List<Gate> gates = new ArrayList<>();
    private final TokenBucket bucket = new TokenBucket();
    private boolean gatesAsked;
    private long gatesAskedAt;
    private Optional<String> closed = Optional.empty();

    /** Says why to wait, if there is reason to. It is asked once a second at most, and may take its time. */
    @FunctionalInterface
    public interface Gate {
        Optional<String> whyWait() throws Exception;
    }

    private Throttle(RunContext context, String unit, OptionalLong planned) {
        this.context = context;
        this.unit = unit;
        this.planned = planned;
    }

    /**
     * @param context the step's
     * @param unit what its progress counts
     * @param planned the rate that its spec wants, in these units a second, if it wants one
     */
    public static Throttle of(RunContext context, String unit, Optional<Long> planned) {
        return new Throttle(context, unit, planned.map(OptionalLong::of).orElseGet(OptionalLong::empty));
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
            LockSupport.parkNanos(Math.min(wait, SLICE_NANOS));
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
            bucket.unlimited();
            return 0;
        }
        return bucket.take(units, rate.getAsLong(), System.nanoTime());
    }

    private void askGates() throws Exception {
        long now = System.nanoTime();
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
        gatesAskedAt = System.nanoTime();
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
