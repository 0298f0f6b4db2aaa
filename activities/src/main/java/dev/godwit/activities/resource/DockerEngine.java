package dev.godwit.activities.resource;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.InternalServerErrorException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Link;
import com.github.dockerjava.api.model.Network;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.RestartPolicy;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A Docker engine, through docker-java. */
final class DockerEngine implements WritableDocker, AutoCloseable {
    private static final Duration CONNECTED_WITHIN = Duration.ofSeconds(5);
    /** Beyond the grace period: a killed program is gone at once, its file systems not always. */
    private static final Duration KILLED_WITHIN = Duration.ofSeconds(30);
    /** It writes the whole image to its own disk before it sends the first byte. */
    private static final Duration SAVED_WITHIN = Duration.ofDays(1);

    private final Location location;
    private final String address;
    private final DockerClient client;
    private final DockerCalls calls;
    private final DockerStreams streams;

    private DockerEngine(Location location, String address, DockerClient client) {
        this.location = location;
        this.address = address;
        this.client = client;
        this.calls = new DockerCalls("the Docker engine " + location.resource() + " (" + address + ")");
        this.streams = new DockerStreams(client, calls);
    }

    static WritableDocker connect(Location location, String host, Optional<Path> certificates) {
        DefaultDockerClientConfig.Builder settings = DefaultDockerClientConfig.createDefaultConfigBuilder()
                .withDockerHost(host)
                .withDockerTlsVerify(certificates.isPresent());
        certificates.ifPresent(directory -> settings.withDockerCertPath(directory.toString()));
        DefaultDockerClientConfig configuration = settings.build();
        ZerodepDockerHttpClient http = new ZerodepDockerHttpClient.Builder().dockerHost(configuration.getDockerHost())
                .sslConfig(configuration.getSSLConfig())
                .connectionTimeout(CONNECTED_WITHIN)
                .build();
        return new DockerEngine(location, host, DockerClientImpl.getInstance(configuration, http));
    }

    @Override
    public Location location() {
        return location;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public String version() {
        return answered("say its version", () -> client.versionCmd().exec().getVersion());
    }

    @Override
    public Optional<ContainerState> container(String name) {
        Optional<InspectContainerResponse> found = found("inspect the container " + name,
                () -> client.inspectContainerCmd(name).exec());
        return found.map(DockerFacts::container);
    }

    @Override
    public List<ContainerState> containers(Map<String, String> labels) {
        List<Container> found = answered("list containers",
                () -> client.listContainersCmd().withShowAll(true).withLabelFilter(labels).exec());
        return inspected(found.stream().map(Container::getId).toList());
    }

    @Override
    public Optional<ImageState> image(String name) {
        Optional<InspectImageResponse> found = found("inspect the image " + name,
                () -> client.inspectImageCmd(name).exec());
        return found.map(DockerFacts::image);
    }

    @Override
    public boolean hasNetwork(String name) {
        return network(name).isPresent();
    }

    @Override
    public List<ContainerState> attachedTo(String network) {
        Map<String, ?> attached = network(network).map(Network::getContainers).orElse(Map.of());
        return inspected(List.copyOf(attached.keySet()));
    }

    @Override
    public List<String> lastLines(String container, int count) {
        return streams.lastLines(container, count);
    }

    @Override
    public String create(ContainerPlan plan) {
        List<String> names = List.copyOf(plan.networks().keySet());
        HostConfig host = HostConfig.newHostConfig()
                .withRestartPolicy(RestartPolicy.parse(plan.restart()))
                .withInit(plan.initProcess())
                .withPortBindings(plan.publish().stream().map(PortBinding::parse).toList())
                .withMounts(plan.mounts().stream().map(DockerFacts::mount).toList())
                .withCapAdd(plan.capabilities().stream().map(Capability::valueOf).toArray(Capability[]::new));
        CreateContainerCmd create = client.createContainerCmd(plan.image())
                .withName(plan.name())
                .withLabels(plan.labels())
                .withEnv(plan.environment().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList())
                .withExposedPorts(
                        plan.publish().stream().map(PortBinding::parse).map(PortBinding::getExposedPort).toList());
        if (!plan.command().isEmpty()) {
            create.withCmd(plan.command());
        }
        plan.entrypoint().ifPresent(create::withEntrypoint);
        if (!plan.user().isEmpty()) {
            create.withUser(plan.user());
        }
        if (!names.isEmpty()) {
            host.withNetworkMode(names.getFirst());
            List<String> aliases = plan.networks().get(names.getFirst());
            if (!aliases.isEmpty()) {
                create.withAliases(aliases);
            }
        }
        create.withHostConfig(host);
        try {
            return calls.once("make the container " + plan.name(), () -> create.exec().getId());
        } catch (ConflictException e) {
            throw StepFailure.user("container-exists", location.resource() + " has a container " + plan.name()
                    + " already, which this step has not made; remove it, or give this one another name")
                    .causedBy(e);
        } catch (DockerException e) {
            throw calls.failed("make the container " + plan.name(), e);
        }
    }

    @Override
    public void start(String container, Runnable whileWaiting) {
        String what = "start the container " + container;
        try {
            calls.tell(what, () -> client.startContainerCmd(container).exec(), KILLED_WITHIN, whileWaiting);
        } catch (NotModifiedException e) {
            // It runs.
        } catch (DockerException e) {
            String said = DockerCalls.said(e);
            if (said.contains("port is already allocated") || said.contains("address already in use")) {
                throw StepFailure.user("port-taken", location.resource() + " cannot " + what + ": " + said
                        + "; stop what holds the port, or publish another").causedBy(e);
            }
            if (said.contains("OCI runtime") || said.contains("failed to create task")) {
                throw StepFailure.user("container-not-started", location.resource() + " cannot " + what + ": " + said
                        + "; correct its command, its user or its mounts").causedBy(e);
            }
            throw calls.failed(what, e);
        }
    }

    @Override
    public void stop(String container, Duration grace, Runnable whileWaiting) {
        int seconds = (int) Math.max(0, grace.plusMillis(999).toSeconds());
        acted("stop the container " + container,
                () -> client.stopContainerCmd(container).withTimeout(seconds).exec(), grace.plus(KILLED_WITHIN),
                whileWaiting);
    }

    @Override
    public void signal(String container, String signal) {
        try {
            acted("send " + signal + " to the container " + container,
                    () -> client.killContainerCmd(container).withSignal(signal).exec());
        } catch (StepFailure e) {
            if (container(container).filter(ContainerState::running).isPresent()) {
                throw e;
            }
        }
    }

    @Override
    public void remove(String container) {
        gone("remove the container " + container,
                () -> client.removeContainerCmd(container).withRemoveVolumes(false).exec());
    }

    @Override
    public void discard(String container) {
        gone("remove the container " + container,
                () -> client.removeContainerCmd(container).withRemoveVolumes(true).withForce(true).exec());
    }

    @Override
    public void rename(String container, String name) {
        acted("rename the container " + container + " to " + name,
                () -> client.renameContainerCmd(container).withName(name).exec());
    }

    @Override
    public void restartPolicy(String container, String policy) {
        acted("change the restart policy of " + container,
                () -> client.updateContainerCmd(container).withRestartPolicy(RestartPolicy.parse(policy)).exec());
    }

    @Override
    public void connect(String network, String container, ContainerState.Attachment attachment) {
        ContainerNetwork wanted = new ContainerNetwork().withAliases(attachment.aliases());
        if (!attachment.fixedAddress().isEmpty()) {
            wanted.withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(attachment.fixedAddress()));
        }
        if (!attachment.links().isEmpty()) {
            wanted.withLinks(attachment.links().stream().map(Link::parse).toList());
        }
        acted("attach the container " + container + " to the network " + network,
                () -> client.connectToNetworkCmd()
                        .withNetworkId(network)
                        .withContainerId(container)
                        .withContainerNetwork(wanted)
                        .exec());
    }

    @Override
    public void disconnect(String network, String container) {
        Optional<ContainerState> state = container(container);
        if (state.isPresent() && state.get().networks().containsKey(network)) {
            acted("detach the container " + container + " from the network " + network,
                    () -> client.disconnectFromNetworkCmd().withNetworkId(network).withContainerId(container).exec());
        }
    }

    @Override
    public Ended execute(String container, List<String> command, Duration within, Runnable whileWaiting) {
        return streams.execute(container, command, within, whileWaiting);
    }

    @Override
    public void build(Build build, Consumer<String> log, Runnable whileWaiting) {
        streams.build(build, log, whileWaiting);
    }

    @Override
    public void tag(String image, String name) {
        int colon = name.lastIndexOf(':');
        boolean tagged = colon > name.lastIndexOf('/');
        acted("tag " + image + " as " + name,
                () -> client.tagImageCmd(image, tagged ? name.substring(0, colon) : name,
                        tagged ? name.substring(colon + 1) : "latest").exec());
    }

    @Override
    public boolean untag(String name) {
        try {
            calls.tell("remove the image " + name, () -> client.removeImageCmd(name).exec());
            return true;
        } catch (NotFoundException e) {
            return true;
        } catch (ConflictException e) {
            return false;
        } catch (DockerException e) {
            throw calls.failed("remove the image " + name, e);
        }
    }

    @Override
    public InputStream save(String image, Runnable whileWaiting) throws IOException {
        String what = "save the image " + image;
        try {
            return calls.ask(what, () -> client.saveImageCmd(image).exec(), SAVED_WITHIN, whileWaiting);
        } catch (DockerException e) {
            throw calls.failed(what, e);
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
    }

    private Optional<Network> network(String name) {
        List<Network> found = answered("list networks", () -> client.listNetworksCmd().withNameFilter(name).exec());
        // The engine's filter takes a part of the name for the name.
        Optional<String> id = found.stream()
                .filter(network -> network.getName().equals(name))
                .map(Network::getId)
                .findFirst();
        return id.flatMap(known -> found("inspect the network " + name,
                () -> client.inspectNetworkCmd().withNetworkId(known).exec()));
    }

    private List<ContainerState> inspected(List<String> ids) {
        List<ContainerState> states = new ArrayList<>();
        for (String id : ids) {
            container(id).ifPresent(states::add); // Another may be gone since it was listed.
        }
        return states;
    }

    private <T> T answered(String what, Supplier<T> call) {
        try {
            return calls.ask(what, call);
        } catch (DockerException e) {
            throw calls.failed(what, e);
        }
    }

    private <T> Optional<T> found(String what, Supplier<T> call) {
        try {
            return Optional.of(calls.ask(what, call));
        } catch (NotFoundException e) {
            return Optional.empty();
        } catch (DockerException e) {
            throw calls.failed(what, e);
        }
    }

    private void acted(String what, Runnable call) {
        acted(what, call, KILLED_WITHIN, () -> {});
    }

    private void acted(String what, Runnable call, Duration within, Runnable whileWaiting) {
        try {
            calls.tell(what, call, within, whileWaiting);
        } catch (NotModifiedException e) {
            // It is so already.
        } catch (DockerException e) {
            throw calls.failed(what, e);
        }
    }

    private void gone(String what, Runnable call) {
        try {
            calls.tell(what, call);
        } catch (NotFoundException e) {
            // So it is.
        } catch (ConflictException e) {
            if (!DockerCalls.said(e).contains("already in progress")) {
                throw calls.failed(what, e);
            }
        } catch (InternalServerErrorException e) {
            throw calls.failed(what, e);
        }
    }
}
