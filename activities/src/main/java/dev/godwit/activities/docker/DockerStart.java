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
import dev.godwit.step.Starts;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Starts a container that is there and does not run, and waits until it does its work, as {@code docker.run} does. That it
 * runs already is no failure.
 *
 * <pre>{@code
 * - name: start_v5
 *   uses: docker.start
 *   with: {container: engine:parking-api, health: {http: v1, path: /health, within: 1m}}
 * }</pre>
 *
 * <p>Undo stops the container if it did not run before.
 *
 * <p>Fails with {@code container-missing}, {@code port-taken}, {@code container-not-started}, {@code container-ended} with
 * its exit code and the last lines of its log, {@code container-not-healthy} with these lines, {@code docker-unreachable}.
 */
@Uses(value = "docker.start", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class DockerStart implements StepType<DockerStart.Spec, DockerStart.Output> {
    private static final String STARTING = "starting";

    /**
     * @param container the engine and the container's name
     * @param health when it counts as started
     * @param grace how long it may take to end when undo asks it to
     */
    public record Spec(@Starts @Of("docker") Location container, Optional<Readiness> health,
            @Default("10s") Duration grace) {
        public Spec {
            Containers.name(container);
        }
    }

    /**
     * @param id the first characters of its id
     * @param wasRunning whether it ran already
     */
    public record Output(String id, boolean wasRunning) {}

    /** What ran before: the container's id, and whether it did. */
    record Starting(String container, boolean ran) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableDocker docker = context.reading(DockerKind.class, spec.container());
        Optional<String> maker = context.madeBy(spec.container());
        Preview<Output> preview;
        if (maker.isPresent()) {
            preview = Preview.<Output>knownAfter(maker.get())
                    .change("would start the container " + spec.container().path());
        } else {
            ContainerState state = Containers.require(docker, spec.container());
            preview = Preview.of(new Output(state.shortId(), state.running()))
                    .change(state.running()
                            ? "the container " + state.name() + " runs; nothing to start"
                            : "would start the container " + state.name());
        }
        preview = preview.making(spec.container());
        Optional<Location> service = spec.health().flatMap(Readiness::http);
        return service.isPresent() ? preview.making(service.get()) : preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        WritableDocker docker = context.writing(DockerKind.class, spec.container());
        Optional<Starting> begun = context.journal().read(STARTING, Starting.class);
        ContainerState found = begun.isPresent()
                ? Containers.requireSame(docker, spec.container(), begun.get().container())
                : Containers.require(docker, spec.container());
        Starting starting = begun.orElseGet(() -> new Starting(found.id(), found.running()));
        context.journal().write(STARTING, starting);
        new ContainerStart(docker, context, spec.container(), spec.health(), Map.of()).start(found.id());
        return new Output(found.shortId(), starting.ran());
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Optional<Starting> starting = context.journal().read(STARTING, Starting.class);
        if (starting.isPresent() && !starting.get().ran()) {
            context.journal().checkToken();
            WritableDocker docker = context.writing(DockerKind.class, spec.container());
            if (docker.container(starting.get().container()).isPresent()) {
                docker.stop(starting.get().container(), spec.grace(), context::checkpoint);
            }
        }
    }
}
