package dev.godwit.activities.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.model.Capability;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.ContainerPlan;
import dev.godwit.activities.resource.ContainerState;
import dev.godwit.activities.resource.DirectoryKind;
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
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes a container, starts it and waits until it does its work: until its health check answers, or else the check that its
 * image says finds it healthy, or else it has lived for a second. However often the step is retried, there is one container;
 * it is labelled with the run, the step and the round.
 *
 * <pre>{@code
 * - name: start_v6
 *   uses: docker.run
 *   with:
 *     container: engine:parking-api-v6
 *     image: parking-api:6.0.0
 *     environment: {REDIS_URL: 'redis://redis:6379/1', DATABASE_PASSWORD: {secret: PARKING_V6_PASSWORD}}
 *     networks: [{network: parking, aliases: [api-v6]}]
 *     publish: ['127.0.0.1:8006:8000']
 *     mounts: [{directory: v2_home:logs, to: /app/logs}, {volume: parking-spool, to: /var/spool/parking-uplinks}]
 *     restart: unless-stopped
 *     health: {http: v2, path: /health, within: 2m}
 * }</pre>
 *
 * <p>Whoever may inspect the container on its engine sees its environment, secrets included; nothing that Godwit keeps or
 * shows has them, and in the log lines of a message they are redacted.
 *
 * <p>Undo stops the container that this step has made, and no other, whatever it is called by then, and removes it. The
 * volumes that it wrote to stay; those without a name are reported as set aside.
 *
 * <p>Fails with {@code container-exists} if another has the name, {@code image-missing}, {@code network-missing},
 * {@code port-taken}, {@code container-not-started} if the engine cannot start it, {@code container-ended} with its exit
 * code and the last lines of its log if it ends while it starts, {@code container-not-healthy} with these lines if it takes
 * longer than its health check allows, {@code docker-unreachable} and {@code docker-denied}.
 */
@Uses(value = "docker.run", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class DockerRun implements StepType<DockerRun.Spec, DockerRun.Output> {
    private static final String BEGUN = "begun";

    /**
     * @param container the engine and the container's name
     * @param image its image, which the engine must have
     * @param command instead of the image's own
     * @param environment texts, or {@code {secret: NAME}}
     * @param networks what it is attached to; the engine's default network if none is said, which knows no aliases
     * @param mounts directories and volumes of the engine's machine
     * @param publish ports as Docker writes them: {@code 127.0.0.1:8006:8000}
     * @param restart when the engine starts it again by itself
     * @param user as which its program runs
     * @param init whether a small first process hands on signals, for programs that ignore them as the first
     * @param capAdd what it may do beyond what Docker lets every container do: {@code NET_ADMIN}
     * @param health when it counts as started
     * @param grace how long it may take to end when undo asks it to
     */
    public record Spec(@Starts @Of("docker") Location container, String image, @Default("[]") List<String> command,
            @Default("{}") Map<String, JsonNode> environment, @Default("[]") List<Attached> networks,
            @Default("[]") List<Mounted> mounts, @Default("[]") List<String> publish, @Default("no") Restart restart,
            @Default("") String user, @Default("false") boolean init, @Default("[]") List<String> capAdd,
            Optional<Readiness> health,
            @Default("10s") Duration grace) {
        public Spec {
            Containers.name(container);
            environment.forEach((name, value) -> {
                boolean secret = value.isObject() && value.size() == 1 && value.path("secret").isTextual();
                if (!secret && (!value.isValueNode() || value.isNull())) {
                    throw new IllegalArgumentException(
                            "environment." + name + " must be a text or {secret: NAME}, and is " + value);
                }
            });
            for (String capability : capAdd) {
                if (Stream.of(Capability.values()).noneMatch(known -> known.name().equals(capability))) {
                    throw new IllegalArgumentException("cap-add: '" + capability
                            + "' is no capability of Linux; write it as Docker does, such as NET_ADMIN");
                }
            }
            for (String port : publish) {
                if (!port.matches("((\\d{1,3}(\\.\\d{1,3}){3}:)?\\d*:)?\\d+(/(tcp|udp))?")) {
                    throw new IllegalArgumentException(
                            "publish: '" + port + "' is not a port; write it as 8006:8000 or 127.0.0.1:8006:8000");
                }
            }
        }
    }

    /**
     * @param network the name of a network, which must exist
     * @param aliases names that it answers to there, besides its own
     */
    public record Attached(String network, @Default("[]") List<String> aliases) {}

    /**
     * @param directory a directory or file on the engine's machine
     * @param volume or the name of a volume, which is made if there is none
     * @param to where it is in the container
     * @param readOnly whether the container may only read it
     */
    public record Mounted(@Of("directory") Optional<Location> directory, Optional<String> volume, String to,
            @Default("false") boolean readOnly) {
        public Mounted {
            if (directory.isPresent() == volume.isPresent()) {
                throw new IllegalArgumentException("a mount has either a 'directory' or a 'volume'");
            }
            if (!to.startsWith("/")) {
                throw new IllegalArgumentException("mounts: 'to' must begin with a slash, and is '" + to + "'");
            }
        }
    }

    /** When an engine starts a container again by itself. */
    public enum Restart {
        NO("no"), ALWAYS("always"), UNLESS_STOPPED("unless-stopped"), ON_FAILURE("on-failure");

        private final String word;

        Restart(String word) {
            this.word = word;
        }
    }

    /**
     * @param id the first characters of its id
     * @param image the id of its image
     * @param seconds how long it took from the start until it did its work
     */
    public record Output(String id, String image, double seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        ReadableDocker docker = context.reading(DockerKind.class, spec.container());
        Preview<Output> preview = Preview.<Output>withoutOutput()
                .change("would make and start the container " + spec.container().path() + " from " + spec.image());
        String image = spec.image();
        if (context.madeBy(new Location(spec.container().resource(), image)).isEmpty()
                && docker.image(image).isEmpty()) {
            preview = preview.change("the engine has no image " + image + " now, and must have it by then");
        }
        for (Attached attached : spec.networks()) {
            if (!docker.hasNetwork(attached.network())) {
                preview = preview.change("there is no network " + attached.network() + " now, and must be by then");
            }
        }
        Optional<ContainerState> existing = docker.container(Containers.name(spec.container()));
        if (existing.isPresent() && context.madeBy(spec.container()).isEmpty()
                && !Containers.made(context.identity(), existing.get().labels())) {
            preview = preview
                    .change("a container " + existing.get().name() + " is there now (" + existing.get().status()
                            + "), and must be gone by then");
        }
        preview = preview.making(spec.container());
        Optional<Location> service = spec.health().flatMap(Readiness::http);
        return service.isPresent() ? preview.making(service.get()) : preview;
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        WritableDocker docker = context.writing(DockerKind.class, spec.container());
        Map<String, String> secrets = new LinkedHashMap<>();
        Map<String, String> environment = new LinkedHashMap<>();
        spec.environment().forEach((name, value) -> {
            if (value.isObject()) {
                String secret = value.get("secret").textValue();
                secrets.put(secret, context.secret(secret));
                environment.put(name, secrets.get(secret));
            } else {
                environment.put(name, value.asText());
            }
        });
        Optional<ContainerState> made = Containers.made(context.identity(), docker);
        if (made.isEmpty()) {
            refuse(spec, context, docker);
        }
        Instant begun = context.journal().read(BEGUN, Instant.class).orElseGet(Instant::now);
        context.journal().write(BEGUN, begun);
        String id = made.map(ContainerState::id).orElse("");
        if (made.isEmpty()) {
            ContainerPlan plan = plan(spec, context, environment);
            context.journal().checkToken();
            id = create(plan, context, docker);
        }
        attach(spec, docker, id);
        context.checkpoint();
        new ContainerStart(docker, context, spec.container(), spec.health(), secrets).start(id);
        ContainerState state = Containers.requireSame(docker, spec.container(), id);
        return new Output(state.shortId(), state.imageId(),
                (Instant.now().toEpochMilli() - begun.toEpochMilli()) / 1e3);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        WritableDocker docker = context.writing(DockerKind.class, spec.container());
        Optional<ContainerState> made = Containers.made(context.identity(), docker);
        if (made.isPresent()) {
            context.journal().checkToken();
            docker.stop(made.get().id(), spec.grace(), context::checkpoint);
            made.get()
                    .volumes()
                    .forEach((target, place) -> context.reportSetAside(
                            "what " + spec.container() + " has written to " + target, Path.of(place)));
            context.checkpoint();
            docker.remove(made.get().id());
        }
    }

    /** An attempt that has been given up may make the container at this very moment. */
    private static String create(ContainerPlan plan, RunContext context, WritableDocker docker) {
        try {
            return docker.create(plan);
        } catch (StepFailure failure) {
            if (!failure.code().equals("container-exists")) {
                throw failure;
            }
            return Containers.made(context.identity(), docker).map(ContainerState::id).orElseThrow(() -> failure);
        }
    }

    private static void refuse(Spec spec, RunContext context, ReadableDocker docker) {
        String name = Containers.name(spec.container());
        Optional<ContainerState> existing = docker.container(name)
                .filter(there -> !Containers.made(context.identity(), there.labels()));
        if (existing.isPresent()) {
            throw StepFailure.user("container-exists",
                    spec.container() + ": there is a container " + name + " already ("
                            + existing.get().status() + ", of image " + existing.get().image()
                            + "), which this step has not"
                            + " made; remove it, or give this one another name");
        }
        if (docker.image(spec.image()).isEmpty()) {
            throw StepFailure.user("image-missing", spec.container() + ": the engine has no image " + spec.image()
                    + "; build it with docker.build, pull it, or correct its name");
        }
        for (Attached attached : spec.networks()) {
            if (!docker.hasNetwork(attached.network())) {
                throw StepFailure.user("network-missing", spec.container() + ": there is no network "
                        + attached.network() + "; make it with 'docker network create', or correct its name");
            }
        }
    }

    private static ContainerPlan plan(Spec spec, RunContext context, Map<String, String> environment)
            throws Exception {
        Map<String, List<String>> networks = new LinkedHashMap<>();
        spec.networks().forEach(attached -> networks.put(attached.network(), attached.aliases()));
        List<ContainerPlan.Mount> mounts = new ArrayList<>();
        for (Mounted mount : spec.mounts()) {
            String source = mount.directory().isPresent()
                    ? context.reading(DirectoryKind.class, mount.directory().get()).path().toString()
                    : mount.volume().orElseThrow();
            mounts.add(new ContainerPlan.Mount(source, mount.to(), mount.readOnly()));
        }
        return new ContainerPlan(Containers.name(spec.container()), spec.image(), spec.command(), Optional.empty(),
                environment, Containers.labels(context.identity()), networks, mounts, spec.publish(),
                spec.restart().word, spec.user(), spec.init(), spec.capAdd());
    }

    /** Attaches what was just made, or left half made by a crash, to those of its networks that it is not attached to. */
    private static void attach(Spec spec, WritableDocker docker, String id) {
        ContainerState state = Containers.requireSame(docker, spec.container(), id);
        for (Attached attached : spec.networks()) {
            if (!state.networks().containsKey(attached.network())) {
                docker.connect(attached.network(), id, ContainerState.Attachment.of(attached.aliases()));
            }
        }
    }
}
