package dev.godwit.activities.docker;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.DockerKind;
import dev.godwit.activities.resource.ReadableDocker;
import dev.godwit.activities.resource.WritableDocker;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Stops;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Ends a container: asks it with its stop signal, and kills it after a grace period. That it does not run is no failure. It
 * stays where it is, ready to be started again; a container that the engine would always start again is told not to.
 *
 * <pre>{@code
 * - name: stop_v5
 *   uses: docker.stop
 *   with: {container: engine:parking-api, grace: 20s, health: {http: v1, path: /health}}
 * }</pre>
 *
 * <p>Undo starts the same container again, unless it runs, and waits until it does its work. If it did not run before, undo
 * does nothing.
 *
 * <p>Fails with {@code container-missing}, {@code container-vanishes} if the container was made to be removed when it ends,
 * {@code docker-unreachable}; its undo with {@code container-gone} if someone has removed the container meanwhile, and with
 * {@code container-ended} or {@code container-not-healthy} and the last lines of its log if it does not come back.
 */
@Uses(value = "docker.stop", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class DockerStop implements StepType<DockerStop.Spec, DockerStop.Output> {
    private static final String STOPPING = "stopping";
    private static final String UNDONE = "undone";

    /**
     * @param container the engine and the container's name
     * @param grace how long it may take to end by itself
     * @param health when it counts as started again, for undo
     */
    public record Spec(@Stops @Of("docker") Location container, @Default("10s") Duration grace,
            Optional<Readiness> health) {
        public Spec {
            Containers.name(container);
        }
    }

    /**
     * @param id the first characters of its id
     * @param wasRunning whether it ran
     */
    public record Output(String id, boolean wasRunning) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableDocker docker = context.reading(DockerKind.class, spec.container());
        Optional<String> maker = context.madeBy(spec.container());
        if (maker.isPresent()) {
            return making(spec, Preview.<Output>knownAfter(maker.get())
                    .change("would stop the container " + spec.container().path()));
        }
        ContainerState state = Containers.require(docker, spec.container());
        return making(spec, Preview.of(new Output(state.shortId(), state.running()))
                .change(state.running()
                        ? "would stop the container " + state.name()
                        : "the container " + state.name() + " does not run; nothing to stop"));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        WritableDocker docker = context.writing(DockerKind.class, spec.container());
        Optional<Stopping> begun = context.journal().read(STOPPING, Stopping.class);
        Stopping stopping = begun.isPresent() ? begun.get() : Stopping.of(docker, spec.container());
        if (begun.isEmpty()) {
            context.journal().write(STOPPING, stopping);
        }
        context.journal().checkToken();
        stopping.stop(docker, spec.container(), spec.grace(), context);
        return new Output(stopping.container().substring(0, 12), stopping.ran());
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Optional<Stopping> stopped = context.journal().read(STOPPING, Stopping.class);
        if (stopped.isEmpty() || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        WritableDocker docker = context.writing(DockerKind.class, spec.container());
        stopped.get().startAgain(docker, spec.container(), spec.health(), context);
        context.journal().write(UNDONE, true);
    }

    private static Preview<Output> making(Spec spec, Preview<Output> preview) {
        Preview<Output> stopped = preview.making(spec.container());
        Optional<Location> service = spec.health().flatMap(Readiness::http);
        return service.isPresent() ? stopped.making(service.get()) : stopped;
    }

    /**
     * A container as it was before it was stopped.
     *
     * @param container its id
     * @param ran whether it ran
     * @param restartPolicy when the engine started it again by itself
     */
    record Stopping(String container, boolean ran, String restartPolicy) {

        private static final String ALWAYS = "always";

        static Stopping of(ReadableDocker docker, Location location) {
            ContainerState state = Containers.require(docker, location);
            if (state.autoRemove()) {
                throw StepFailure.user("container-vanishes", location + ": the container was made to be removed when it"
                        + " ends ('--rm'), so that it could not be started again; make it without");
            }
            return new Stopping(state.id(), state.running(), state.restartPolicy());
        }

        void stop(WritableDocker docker, Location location, Duration grace, RunContext context) {
            Containers.requireSame(docker, location, container);
            if (restartPolicy.equals(ALWAYS)) {
                docker.restartPolicy(container, "no"); // Else it comes back with the engine itself.
            }
            docker.stop(container, grace, context::checkpoint);
        }

        void startAgain(WritableDocker docker, Location location, Optional<Readiness> health, RunContext context)
                throws Exception {
            Containers.requireSame(docker, location, container);
            context.journal().checkToken();
            if (restartPolicy.equals(ALWAYS)) {
                docker.restartPolicy(container, restartPolicy);
            }
            if (ran) {
                new ContainerStart(docker, context, location, health, Map.of()).start(container);
            }
        }
    }
}
