package dev.godwit.activities.process;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.ControllableProcess;
import dev.godwit.activities.resource.ObservableProcess;
import dev.godwit.activities.resource.ProcessIdentity;
import dev.godwit.activities.resource.ProcessKind;
import dev.godwit.plan.Location;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Stops;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Ends a program and its children: asks with SIGTERM, and uses SIGKILL after a grace period. That it does not run is no
 * failure. The process is the one that this run started, or else the one that the resource's {@code identify} tells; never
 * one that only has the same name.
 *
 * <pre>{@code
 * - name: stop_v1
 *   uses: process.stop
 *   with: {process: v1_process, grace: 20s}
 * }</pre>
 *
 * <p>Undo starts it again as its resource declares it, unless it runs, and waits until it does its work. If it did not run
 * before, undo does nothing.
 *
 * <p>Fails with {@code process-not-stopped} if even SIGKILL does not end it.
 */
@Uses(value = "process.stop", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class ProcessStop implements StepType<ProcessStop.Spec, ProcessStop.Output> {
    private static final String STOPPING = "stopping";
    private static final String UNDONE = "undone";

    /**
     * @param process what to stop: a resource of kind process
     * @param grace how long it may take to end by itself; the resource's own by default
     */
    public record Spec(@Stops @Of("process") Location process, Optional<Duration> grace) {}

    /**
     * @param pid its process id; absent if it did not run
     * @param wasRunning whether it ran
     */
    public record Output(Optional<Long> pid, boolean wasRunning) {
        static Output of(Optional<ProcessIdentity> process) {
            return new Output(process.map(ProcessIdentity::pid), process.isPresent());
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ObservableProcess process = context.reading(ProcessKind.class, spec.process());
        Optional<String> maker = context.madeBy(spec.process());
        Optional<ProcessIdentity> running = process.find();
        Preview<Output> preview = maker.isPresent()
                ? Preview.<Output>knownAfter(maker.get()).change("would stop what " + maker.get() + " leaves running")
                : Preview.of(Output.of(running))
                        .change(running.map(found -> "would stop " + found)
                                .orElse("does not run; nothing to stop"));
        preview = preview.making(spec.process());
        return process.service().isPresent() ? preview.making(process.service().get()) : preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        ControllableProcess process = context.writing(ProcessKind.class, spec.process());
        Optional<ProcessIdentity> stopping = context.journal().read(STOPPING, ProcessIdentity.class);
        if (stopping.isEmpty()) {
            stopping = process.find();
            if (stopping.isEmpty()) {
                return Output.of(stopping);
            }
            Family.begin(stopping.get(), process, context);
            context.journal().write(STOPPING, stopping.get());
        }
        context.journal().checkToken();
        process.stop(family(stopping.get(), context), spec.grace().orElseGet(process::grace), context::checkpoint);
        return Output.of(stopping);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Optional<ProcessIdentity> stopped = context.journal().read(STOPPING, ProcessIdentity.class);
        if (stopped.isEmpty() || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        ControllableProcess process = context.writing(ProcessKind.class, spec.process());
        context.journal().checkToken();
        // If it still lives, it may have been asked to end already: wait for that, instead of trusting a dying process.
        process.stop(family(stopped.get(), context), spec.grace().orElseGet(process::grace), context::checkpoint);
        String name = context.identity().shortName() + ".undo";
        Optional<ProcessIdentity> running = process.find();
        if (running.isEmpty()) {
            ProcessStart.requireFree(process);
            running = Optional.of(process.start(name));
        }
        process.awaitHealthy(running.get(), context::checkpoint);
        context.journal().write(UNDONE, true);
    }

    /** All that must end, though the first of them may have done so when an earlier attempt asked it. */
    private static List<ProcessIdentity> family(ProcessIdentity process, RunContext context) {
        return Family.begun(context).map(Family::members).orElseGet(() -> List.of(process));
    }
}
