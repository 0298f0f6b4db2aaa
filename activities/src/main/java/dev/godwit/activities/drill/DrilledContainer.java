package dev.godwit.activities.drill;

import dev.godwit.activities.drill.Drill.Begun;
import dev.godwit.activities.drill.DrillRestart.By;
import dev.godwit.activities.drill.DrillRestart.Spec;
import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.DockerKind;
import dev.godwit.activities.resource.Polling;
import dev.godwit.activities.resource.WritableDocker;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.util.Set;

/** A container of an engine. */
final class DrilledContainer implements Drilled {
    private final Spec spec;
    private final WritableDocker docker;

    DrilledContainer(Spec spec, RunContext context) throws Exception {
        this.spec = spec;
        this.docker = context.writing(DockerKind.class, spec.what());
    }

    private ContainerState state() {
        return docker.container(spec.what().path())
                .orElseThrow(() -> StepFailure.user("container-missing",
                        "drill.restart: " + spec.what() + ": there is no such container; correct its name"));
    }

    @Override
    public boolean present(Runnable whileWaiting) {
        return docker.container(spec.what().path()).isPresent();
    }

    @Override
    public boolean runs(Runnable whileWaiting) {
        ContainerState state = state();
        return state.running() && state.health().map("healthy"::equals).orElse(true);
    }

    @Override
    public Set<String> starts(Runnable whileWaiting) {
        ContainerState state = state();
        return Set.of(state.id() + " " + state.startedAt());
    }

    @Override
    public void stop(Begun begun, Runnable whileWaiting) {
        docker.stop(state().id(), spec.grace(), whileWaiting);
    }

    @Override
    public void kill(Begun begun, Runnable whileWaiting) {
        String id = state().id();
        docker.signal(id, "SIGKILL");
        if (!Polling.until(() -> !state().running(), spec.within(), whileWaiting)) {
            throw StepFailure.external("container-not-ended",
                    "drill.restart: " + this + " does not end, though it was killed");
        }
    }

    @Override
    public void crash(Runnable whileWaiting) throws Exception {
        ContainerState state = state();
        ContainerProcesses.requirePolicy(spec.what().toString(), state.restartPolicy());
        ContainerProcesses.kill(spec.what().toString(), state.id());
    }

    @Override
    public void start(Begun begun, Runnable whileWaiting) {
        docker.start(state().id(), whileWaiting);
    }

    /** The engine may still be about to stop it for the attempt that is gone; once it has stopped, it stays so. */
    @Override
    public void startAfter(Begun interrupted, Runnable whileWaiting) {
        if (!interrupted.ended() && spec.by() != By.CRASH) {
            docker.stop(state().id(), spec.grace(), whileWaiting);
        }
        docker.start(state().id(), whileWaiting);
    }

    @Override
    public String toString() {
        return "the container " + spec.what();
    }
}
