package dev.godwit.activities.host;

import dev.godwit.plan.Location;
import dev.godwit.run.Progress;
import dev.godwit.run.StepTask;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.StepIdentity;
import dev.godwit.step.StepStopped;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** What a preview may use, and the part that runs and undos have in common with it. Safe for use by several threads. */
class ReadingContext implements PreviewContext {
    private static final long HEARTBEAT_NANOS = 250_000_000;
    private static final double SMOOTHING = 0.3;

    final StepTask task;
    final Resources resources;
    private final Attempt attempt;

    private long done;
    private long total;
    private String unit = "";
    private String slowedBy = "";
    private double perSecond;
    private long lastDone = -1;
    private long lastBeat;

    ReadingContext(StepTask task, Resources resources, Attempt attempt) {
        this.task = task;
        this.resources = resources;
        this.attempt = attempt;
        this.lastBeat = System.nanoTime() - HEARTBEAT_NANOS;
        resources.checkpointBy(this::checkpoint);
    }

    @Override
    public final StepIdentity identity() {
        return task.identity();
    }

    @Override
    public final Instant runStarted() {
        return task.runStarted();
    }

    @Override
    public final <R, W extends R> R reading(Class<? extends ResourceKind<R, W>> kind, Location location)
            throws Exception {
        return resources.reading(kind, location);
    }

    @Override
    public final String kindOf(Location location) {
        return resources.kindOf(location);
    }

    @Override
    public final Optional<String> madeBy(Location location) {
        // The last one decides what the location will hold.
        return task.madeBy()
                .entrySet()
                .stream()
                .filter(made -> Location.parse(made.getKey()).overlaps(location))
                .map(Map.Entry::getValue)
                .reduce((earlier, later) -> later);
    }

    @Override
    public final String secret(String name) {
        return resources.secret(name);
    }

    @Override
    public final Path scratch() {
        return resources.scratch();
    }

    @Override
    public final synchronized void progress(long done, long total, String unit) {
        if (this.unit.isEmpty()) {
            lastDone = done; // What an earlier attempt did says nothing of the speed of this one.
        }
        this.done = done;
        this.total = total;
        this.unit = unit;
        beat();
    }

    @Override
    public final synchronized void slowedBy(String why) {
        slowedBy = why;
    }

    @Override
    public final void checkpoint() {
        attempt.stopRequested().ifPresent(why -> {
            throw new StepStopped(why, attempt.cancelled());
        });
        if (Thread.currentThread().isInterrupted()) {
            throw new StepStopped("interrupted");
        }
        synchronized (this) {
            beat();
        }
    }

    private void beat() {
        long now = System.nanoTime();
        if (now - lastBeat < HEARTBEAT_NANOS) {
            return;
        }
        if (lastDone >= 0) {
            double rate = Math.max(0, done - lastDone) * 1e9 / (now - lastBeat);
            perSecond = perSecond == 0 ? rate : perSecond + SMOOTHING * (rate - perSecond);
        }
        lastDone = done;
        lastBeat = now;
        attempt.heartbeat(new Progress(task.identity().step(), done, total, unit, perSecond, slowedBy));
    }
}
