package dev.godwit.activities.docker;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.DockerKind;
import dev.godwit.activities.resource.ImageState;
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
import java.util.Optional;

/**
 * Removes a container, and its image if asked, in two steps: now it is stopped and set aside under another name, so that
 * its own name is free; when the run is finalized, and nothing can be taken back any more, it goes for good. In a phase of
 * kind {@code finalize} both happen one after the other. A run that is never finalized keeps it.
 *
 * <pre>{@code
 * - name: remove_v5
 *   uses: docker.remove
 *   with: {container: engine:parking-api, image: true}
 * }</pre>
 *
 * <p>Its volumes stay. An image that another container needs, or that has another name, stays too; and so does the name
 * of its image if it leads to another image by then, such as that of the next version.
 *
 * <p>Undo gives the container its name back, and starts it if it ran.
 *
 * <p>Fails with {@code container-missing}, {@code container-vanishes} if the container was made to be removed when it ends,
 * {@code docker-unreachable}; its undo with {@code container-gone} if someone has removed it meanwhile, and with
 * {@code container-exists} if something else has its name by then.
 */
@Uses(value = "docker.remove", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class DockerRemove implements StepType<DockerRemove.Spec, DockerRemove.Output> {
    private static final String REMOVING = "removing";
    private static final String UNDONE = "undone";

    /**
     * @param container the engine and the container's name
     * @param image whether its image goes too, when the run is finalized
     * @param grace how long it may take to end by itself
     * @param health when it counts as started again, for undo
     */
    public record Spec(@Stops @Of("docker") Location container, @Default("false") boolean image,
            @Default("10s") Duration grace, Optional<Readiness> health) {
        public Spec {
            Containers.name(container);
        }
    }

    /**
     * @param setAside the name that it has until the run is finalized
     * @param wasRunning whether it ran
     * @param image the image as whoever made the container named it
     */
    public record Output(String setAside, boolean wasRunning, String image) {}

    /**
     * What is removed.
     *
     * @param stopping the container as it was
     * @param image its image's name
     * @param imageId its image's id; absent in what earlier versions have written
     */
    record Removing(DockerStop.Stopping stopping, String image, Optional<String> imageId) {
        boolean imageHasItsName(ReadableDocker docker) {
            Optional<ImageState> named = docker.image(image);
            return named.isPresent() && named.map(ImageState::id).equals(imageId);
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableDocker docker = context.reading(DockerKind.class, spec.container());
        Optional<String> maker = context.madeBy(spec.container());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get())
                    .change("would remove the container " + spec.container().path())
                    .making(spec.container());
        }
        Optional<ContainerState> aside = docker.container(setAside(spec, context));
        if (aside.isPresent()) {
            return Preview.<Output>withoutOutput()
                    .change("the container " + spec.container().path() + " is set aside as " + aside.get().name());
        }
        ContainerState state = Containers.require(docker, spec.container());
        return Preview.of(new Output(setAside(spec, context), state.running(), state.image()))
                .change("would " + (state.running() ? "stop the container " : "take the container ") + state.name()
                        + " and set it aside, to be removed" + (spec.image() ? " with its image " + state.image() : "")
                        + " when the run is finalized")
                .making(spec.container());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        WritableDocker docker = context.writing(DockerKind.class, spec.container());
        Optional<Removing> begun = context.journal().read(REMOVING, Removing.class);
        Removing removing;
        if (begun.isPresent()) {
            removing = begun.get();
        } else {
            DockerStop.Stopping stopping = DockerStop.Stopping.of(docker, spec.container());
            ContainerState state = Containers.require(docker, spec.container());
            removing = new Removing(stopping, state.image(), Optional.of(state.imageId()));
            context.journal().write(REMOVING, removing);
        }
        context.journal().checkToken();
        removing.stopping().stop(docker, spec.container(), spec.grace(), context);
        context.checkpoint();
        String aside = setAside(spec, context);
        if (!Containers.requireSame(docker, spec.container(), removing.stopping().container()).name().equals(aside)) {
            context.journal().checkToken();
            docker.rename(removing.stopping().container(), aside);
        }
        return new Output(aside, removing.stopping().ran(), removing.image());
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Optional<Removing> removed = context.journal().read(REMOVING, Removing.class);
        if (removed.isEmpty() || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        WritableDocker docker = context.writing(DockerKind.class, spec.container());
        String id = removed.get().stopping().container();
        String name = Containers.name(spec.container());
        if (!Containers.requireSame(docker, spec.container(), id).name().equals(name)) {
            if (docker.container(name).isPresent()) {
                throw StepFailure.user("container-exists", spec.container() + ": another container has the name " + name
                        + " now; remove or rename it, then retry");
            }
            context.journal().checkToken();
            docker.rename(id, name);
        }
        removed.get().stopping().startAgain(docker, spec.container(), spec.health(), context);
        context.journal().write(UNDONE, true);
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        Optional<Removing> removed = context.journal().read(REMOVING, Removing.class);
        if (removed.isEmpty() || context.journal().read(UNDONE, Boolean.class).isPresent()) {
            return;
        }
        WritableDocker docker = context.writing(DockerKind.class, spec.container());
        String id = removed.get().stopping().container();
        Optional<ContainerState> state = docker.container(id);
        // What someone has started again under its name is in use.
        if (state.isPresent() && !state.get().running() && state.get().name().equals(setAside(spec, context))) {
            docker.remove(id);
        }
        if (spec.image() && docker.container(id).isEmpty() && removed.get().imageHasItsName(docker)) {
            docker.untag(removed.get().image());
        }
    }

    private static String setAside(Spec spec, PreviewContext context) {
        return Containers.name(spec.container()) + "-removed-" + context.identity().shortName();
    }
}
