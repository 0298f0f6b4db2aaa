package dev.godwit.activities.drill;

import dev.godwit.activities.drill.Drill.Begun;
import dev.godwit.activities.drill.DrillRestart.Spec;
import dev.godwit.activities.resource.ControllableProcess;
import dev.godwit.activities.resource.ProcessIdentity;
import dev.godwit.activities.resource.ProcessKind;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A process that the plan declares. */
final class DrilledProcess implements Drilled {
    private final Spec spec;
    private final ControllableProcess process;
    private final String name;

    DrilledProcess(Spec spec, RunContext context) throws Exception {
        this.spec = spec;
        this.process = context.writing(ProcessKind.class, spec.what());
        this.name = context.identity().shortName();
    }

    @Override
    public boolean present(Runnable whileWaiting) {
        return true;
    }

    @Override
    public boolean runs(Runnable whileWaiting) throws IOException {
        return process.find().isPresent();
    }

    @Override
    public Set<String> starts(Runnable whileWaiting) throws IOException {
        return process.find().map(found -> Set.of(found.pid() + " " + found.started())).orElse(Set.of());
    }

    @Override
    public List<ProcessIdentity> family() throws IOException {
        return process.find().map(process::family).orElse(List.of());
    }

    @Override
    public void stop(Begun begun, Runnable whileWaiting) throws IOException {
        process.stop(begun.family(), spec.grace(), whileWaiting);
    }

    @Override
    public void kill(Begun begun, Runnable whileWaiting) throws IOException {
        process.stop(begun.family(), Duration.ZERO, whileWaiting);
    }

    @Override
    public void crash(Runnable whileWaiting) {
        throw new IllegalStateException("nothing starts a process again");
    }

    @Override
    public void start(Begun begun, Runnable whileWaiting) throws IOException {
        if (process.find().isEmpty()) {
            process.start(name);
        }
    }

    /** It may have been asked to end already, and not have ended yet. */
    @Override
    public void startAfter(Begun interrupted, Runnable whileWaiting) throws IOException {
        if (!interrupted.ended()) {
            stop(interrupted, whileWaiting);
        }
        start(interrupted, whileWaiting);
    }

    @Override
    public String toString() {
        return "the process " + spec.what();
    }
}
