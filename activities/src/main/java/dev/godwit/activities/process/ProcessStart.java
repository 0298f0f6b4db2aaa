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
import dev.godwit.step.Starts;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * Starts a program and waits until it does its work: until its health check answers, or else it listens on the port that
 * identifies it, or else it has lived for a second. The program is detached: it outlives the worker, and its output goes to
 * its log. However often the step is retried, the program is started once.
 *
 * <pre>{@code
 * - name: start_v2
 *   uses: process.start
 *   with: {process: v2_process}
 * }</pre>
 *
 * <p>Undo ends the process, and no other: a process id counts only together with the time at which it started.
 *
 * <p>Fails with {@code process-runs} if the process runs already, {@code port-taken} if another process holds its port,
 * {@code process-ended} with its exit code and the last lines of its log if it ends while it starts, and
 * {@code process-not-healthy} if it takes longer than its health check allows.
 */
@Uses(value = "process.start", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class ProcessStart implements StepType<ProcessStart.Spec, ProcessStart.Output> {
    private static final String BEGUN = "begun";
    private static final String UNDONE = "undone";

    /**
     * @param process what to start: a resource of kind process
     */
    public record Spec(@Starts @Of("process") Location process) {}

    /**
     * @param pid its process id
     * @param seconds how long it took from the start until it did its work
     */
    public record Output(long pid, double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ObservableProcess process = context.reading(ProcessKind.class, spec.process());
        Preview<Output> preview = Preview.<Output>withoutOutput()
                .change("would start '" + String.join(" ", process.command()) + "'")
                .making(spec.process());
        Optional<String> obstacle = context.madeBy(spec.process()).isPresent()
                ? Optional.empty() // What runs now says nothing about then.
                : process.find().map(ProcessIdentity::toString).or(() -> intruder(process));
        if (obstacle.isPresent()) {
            preview = preview.change(obstacle.get() + " runs now, or holds its port, and must have ended by then");
        }
        return process.service().isPresent() ? preview.making(process.service().get()) : preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        ControllableProcess process = context.writing(ProcessKind.class, spec.process());
        String name = context.identity().shortName();
        if (process.started(name).isEmpty()) {
            requireFree(process);
        }
        Instant begun = context.journal().read(BEGUN, Instant.class).orElseGet(Instant::now);
        context.journal().write(BEGUN, begun);
        context.journal().checkToken();
        ProcessIdentity started = process.start(name);
        process.awaitHealthy(started, context::checkpoint);
        return new Output(started.pid(), (Instant.now().toEpochMilli() - begun.toEpochMilli()) / 1e3);
    }

    /** Ends whatever this run has started in the place of that process: the undo of a later stop may have renewed it. */
    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        boolean begun = context.journal().read(BEGUN, Instant.class).isPresent();
        if (!begun || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        ControllableProcess process = context.writing(ProcessKind.class, spec.process());
        Optional<Family> ending = Family.begun(context);
        if (ending.isEmpty()) {
            ending = process.started().map(running -> Family.begin(running, process, context));
        }
        if (ending.isPresent()) {
            context.journal().checkToken();
            process.stop(ending.get().members(), process.grace(), context::checkpoint);
        }
        context.journal().write(UNDONE, true);
    }

    static void requireFree(ControllableProcess process) throws IOException {
        Optional<ProcessIdentity> running = process.find();
        if (running.isPresent()) {
            throw StepFailure.user("process-runs", process.location() + " runs already as " + running.get()
                    + "; stop it first, with process.stop");
        }
        Optional<String> intruder = process.intruder();
        if (intruder.isPresent()) {
            throw StepFailure.user("port-taken", process.location() + " cannot start: its port is held by "
                    + intruder.get() + "; end that process, or use another port");
        }
    }

    private static Optional<String> intruder(ObservableProcess process) {
        try {
            return process.intruder();
        } catch (IOException e) {
            return Optional.empty(); // A preview that cannot see ports still has something to say.
        }
    }
}
