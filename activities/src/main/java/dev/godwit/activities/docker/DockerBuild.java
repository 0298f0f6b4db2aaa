package dev.godwit.activities.docker;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
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
import dev.godwit.step.Uses;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Builds an image from a directory with a Dockerfile, once however often the step is retried. What the build says is kept
 * as evidence. The image is labelled with the run, the step and the round. An image that had the name before keeps its
 * content under a name of this step until the run is finalized, so that nobody clears it away.
 *
 * <pre>{@code
 * - name: build_v6
 *   uses: docker.build
 *   with:
 *     from: v2_home
 *     image: engine:parking-api:6.0.0
 *     arguments: {PYTHON: '3.11'}
 * }</pre>
 *
 * <p>Arguments can be read in the image for ever, so they are no place for secrets.
 *
 * <p>Undo takes the name away, or gives it back to the image that had it, unless someone has given it to another meanwhile.
 *
 * <p>Fails with {@code dockerfile-missing}, {@code dockerfile-refused}, {@code build-failed} with the last lines of what the
 * build said, {@code disk-full}, {@code docker-unreachable}; its undo with {@code image-in-use} if a container still needs
 * the image.
 */
@Uses(value = "docker.build", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class DockerBuild implements StepType<DockerBuild.Spec, DockerBuild.Output> {
    private static final String BEFORE = "before";
    private static final String NAME = "[a-z0-9][a-z0-9._/-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?";

    /**
     * @param from the directory whose files the Dockerfile may copy, on the worker's machine
     * @param dockerfile the Dockerfile within it
     * @param image the engine, and the image's name and tag
     * @param arguments values for the Dockerfile's ARGs
     * @param target the stage to stop at; the last by default
     * @param refresh whether every line is done again, also where an earlier build left its result
     */
    public record Spec(@Of("directory") Location from, @Default("Dockerfile") String dockerfile,
            @Of("docker") Location image, @Default("{}") Map<String, String> arguments, @Default("") String target,
            @Default("false") boolean refresh) {
        public Spec {
            if (!image.path().matches(NAME)) {
                throw new IllegalArgumentException(
                        "'" + image + "' does not name an image; write RESOURCE:NAME:TAG, such"
                                + " as engine:parking-api:6.0.0");
            }
        }
    }

    /**
     * @param id of the image
     * @param bytes its size
     */
    public record Output(String id, long bytes) {}

    /** The image that had the name, if any. */
    record Before(Optional<String> image) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableDocker docker = context.reading(DockerKind.class, spec.image());
        Path directory = context.reading(DirectoryKind.class, spec.from()).path();
        Preview<Output> preview = Preview.<Output>withoutOutput()
                .change("would build the image " + spec.image().path() + " from " + spec.from() + docker
                        .image(spec.image().path())
                        .map(image -> ", and take the name from " + image.id())
                        .orElse(""));
        if (context.madeBy(spec.from()).isEmpty()) {
            requireDockerfile(spec, directory);
        }
        return preview.making(spec.image());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        WritableDocker docker = context.writing(DockerKind.class, spec.image());
        String name = spec.image().path();
        Optional<ImageState> built = built(docker, name, context);
        if (built.isEmpty()) {
            Path directory = context.reading(DirectoryKind.class, spec.from()).directory();
            Path dockerfile = requireDockerfile(spec, directory);
            keep(docker, name, context);
            context.journal().checkToken();
            build(docker, new WritableDocker.Build(directory, dockerfile, name, spec.target(), spec.arguments(),
                    Containers.labels(context.identity()), spec.refresh()), context);
            built = built(docker, name, context);
        }
        ImageState image = built.orElseThrow(() -> StepFailure.external("image-gone", spec.image()
                + ": the image was built, and someone has given its name to another; retry"));
        return new Output(image.id(), image.bytes());
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Optional<Before> before = context.journal().read(BEFORE, Before.class);
        if (before.isEmpty()) {
            return;
        }
        WritableDocker docker = context.writing(DockerKind.class, spec.image());
        String name = spec.image().path();
        Optional<ImageState> built = built(docker, name, context);
        context.journal().checkToken();
        if (built.isPresent() && before.get().image().isPresent()) {
            docker.tag(before.get().image().get(), name);
            docker.untag(built.get().id()); // If it has no other name by now and no container, nobody needs it.
        } else if (built.isPresent() && !docker.untag(name)) {
            throw StepFailure.external("image-in-use", spec.image() + ": a container still needs the image; remove the"
                    + " container, then retry");
        }
        context.checkpoint();
        docker.untag(kept(name, context));
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        if (context.journal().read(BEFORE, Before.class).isPresent()) {
            context.writing(DockerKind.class, spec.image()).untag(kept(spec.image().path(), context));
        }
    }

    private static Optional<ImageState> built(ReadableDocker docker, String name, PreviewContext context) {
        return docker.image(name).filter(image -> Containers.made(context.identity(), image.labels()));
    }

    /** Remembers the image that has the name, and gives it another one. */
    private static void keep(WritableDocker docker, String name, RunContext context) {
        Optional<Before> journalled = context.journal().read(BEFORE, Before.class);
        Before before = journalled.orElseGet(() -> new Before(docker.image(name).map(ImageState::id)));
        context.journal().write(BEFORE, before);
        if (before.image().isPresent()) {
            context.journal().checkToken();
            docker.tag(before.image().get(), kept(name, context));
        }
    }

    private static String kept(String name, PreviewContext context) {
        String untagged = name.lastIndexOf(':') > name.lastIndexOf('/')
                ? name.substring(0, name.lastIndexOf(':'))
                : name;
        return untagged + ":before-" + context.identity().shortName();
    }

    private static void build(WritableDocker docker, WritableDocker.Build build, RunContext context)
            throws IOException {
        try (OutputStream log = context.evidence().open("build.log")) {
            docker.build(build, piece -> {
                try {
                    log.write(piece.getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }, context::checkpoint);
        }
    }

    private static Path requireDockerfile(Spec spec, Path directory) {
        Path dockerfile = directory.resolve(spec.dockerfile()).normalize();
        if (!dockerfile.startsWith(directory) || !Files.isRegularFile(dockerfile)) {
            throw StepFailure.user("dockerfile-missing", spec.from() + ": there is no " + spec.dockerfile() + " in "
                    + directory + "; make it, or correct 'dockerfile'");
        }
        return dockerfile;
    }
}
