package dev.godwit.activities.drill;

import dev.godwit.activities.drill.DrillRestart.By;
import dev.godwit.activities.drill.DrillRestart.Output;
import dev.godwit.activities.drill.DrillRestart.Spec;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.Polling;
import dev.godwit.activities.resource.ProcessIdentity;
import dev.godwit.json.Durations;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A drill over all attempts at it. What it ended is started before anything else is done. */
final class Drill {
    private static final String BEGUN = "begun";
    private static final String DONE = "done";
    private static final String UNDONE = "undone";

    private final Spec spec;
    private final RunContext context;
    private final Drilled drilled;

    Drill(Spec spec, RunContext context) throws Exception {
        this.spec = spec;
        this.context = context;
        this.drilled = Drilled.open(spec, context);
    }

    /**
     * How far a drill has come.
     *
     * @param number counts the drills of a step, of which interrupted ones do not count
     * @param ended whether all that was told to end has ended
     * @param family the process that was told to end and its children, if it was one
     */
    record Begun(int number, boolean ended, List<ProcessIdentity> family) {}

    Output run() throws Exception {
        Optional<Output> done = context.journal().read(DONE, Output.class);
        if (done.isPresent()) {
            return done.get();
        }
        Optional<Begun> interrupted = context.journal().read(BEGUN, Begun.class);
        if (interrupted.isPresent()) {
            context.journal().checkToken();
            drilled.startAfter(interrupted.get(), context::checkpoint);
        }
        HttpService service = context.reading(HttpKind.class, spec.check().http());
        try (HealthWatch watch = new HealthWatch(spec.check(), service)) {
            if (!Polling.until(() -> watch.passes() && drilled.runs(context::checkpoint), spec.within(),
                    context::checkpoint)) {
                throw notWell(watch);
            }
            Begun begun = new Begun(interrupted.map(Begun::number).orElse(0) + 1, false, drilled.family());
            context.journal().write(BEGUN, begun);
            try {
                return drill(begun, watch);
            } catch (Exception e) {
                startWhatever(e);
                throw e;
            }
        }
    }

    private Output drill(Begun begun, HealthWatch watch) throws Exception {
        Set<String> before = drilled.starts(context::checkpoint);
        context.journal().checkToken();
        watch.restart();
        long told = System.nanoTime();
        switch (spec.by()) {
            case STOP -> drilled.stop(begun, context::checkpoint);
            case KILL -> drilled.kill(begun, context::checkpoint);
            case CRASH -> drilled.crash(context::checkpoint);
        }
        long starting = told;
        if (spec.by() != By.CRASH) {
            context.journal().write(BEGUN, new Begun(begun.number(), true, begun.family()));
            Polling.until(() -> false, spec.downFor(), context::checkpoint);
            context.journal().checkToken();
            starting = System.nanoTime();
            drilled.start(begun, context::checkpoint);
        }
        if (!Polling.until(() -> drilled.runs(context::checkpoint)
                && Collections.disjoint(drilled.starts(context::checkpoint), before), spec.within(),
                context::checkpoint)) {
            throw notRecovered("does not run anew" + (spec.by() == By.CRASH ? "; see its restart policy" : ""));
        }
        long running = System.nanoTime();
        Duration left = spec.within().minusNanos(running - starting);
        if (!Polling.until(() -> watch.steadySince(running).isPresent(), left, context::checkpoint)) {
            throw notRecovered("runs anew, but the check does not pass for " + Durations.format(spec.check().steady())
                    + " without a break: " + watch.lastAnswer());
        }
        long well = watch.steadySince(running).orElse(running);
        Output output = new Output(seconds(running - told), seconds(well - starting), watch.outageSeconds(),
                watch.checks(), watch.failed());
        context.evidence().json("drill.json", output);
        context.journal().write(DONE, output);
        return output;
    }

    /** Starts what does not run. What is not there any more, others have taken away. */
    void undo() throws Exception {
        Optional<Begun> begun = context.journal().read(BEGUN, Begun.class);
        if (begun.isEmpty() || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        context.journal().checkToken();
        boolean done = context.journal().read(DONE, Output.class).isPresent();
        Begun last = begun.get();
        if (drilled.present(context::checkpoint)) {
            drilled.startAfter(done ? new Begun(last.number(), true, last.family()) : last, context::checkpoint);
            if (!Polling.until(() -> drilled.runs(context::checkpoint), spec.within(), context::checkpoint)) {
                throw notRecovered("does not run");
            }
        }
        context.journal().write(UNDONE, true);
    }

    /** Nobody asks any more whether this attempt is to go on: it ends as soon as that is done. */
    private void startWhatever(Exception why) {
        try {
            Begun begun = context.journal().read(BEGUN, Begun.class).orElseThrow();
            context.journal().checkToken();
            drilled.startAfter(begun, () -> {});
        } catch (Exception e) {
            why.addSuppressed(e);
        }
    }

    private StepFailure notWell(HealthWatch watch) throws Exception {
        if (!drilled.runs(context::checkpoint)) {
            return StepFailure.user("drill-not-running", "drill.restart: " + drilled
                    + " does not run, or is not healthy; a drill ends what runs");
        }
        return StepFailure.external("drill-not-well", "drill.restart: " + spec.check().http() + " "
                + spec.check().path() + " does not pass before the drill: " + watch.lastAnswer()
                + "; a drill of what is broken already says nothing");
    }

    private StepFailure notRecovered(String how) {
        return StepFailure.external("drill-not-recovered", "drill.restart: after " + Durations.format(spec.within())
                + " " + drilled + " " + how);
    }

    private static double seconds(long nanos) {
        return Math.max(0, Math.round(nanos / 1e6)) / 1e3;
    }
}
