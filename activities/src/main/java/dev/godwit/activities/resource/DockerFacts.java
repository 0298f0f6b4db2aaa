package dev.godwit.activities.resource;

import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.MountType;
import com.github.dockerjava.api.model.RestartPolicy;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The engine's words for containers and images, in ours. */
final class DockerFacts {
    private static final int SHORT = 12;

    private DockerFacts() {}

    static ContainerState container(InspectContainerResponse found) {
        InspectContainerResponse.ContainerState state = found.getState();
        HostConfig host = found.getHostConfig();
        RestartPolicy policy = host.getRestartPolicy();
        Map<String, ContainerState.Attachment> networks = new LinkedHashMap<>();
        if (found.getNetworkSettings() != null) {
            found.getNetworkSettings()
                    .getNetworks()
                    .forEach((name, network) -> networks.put(name, attachment(network, found.getId())));
        }
        return new ContainerState(found.getId(), found.getName().replaceFirst("^/", ""), found.getImageId(),
                text(found.getConfig().getImage()), text(state.getStatus()), Boolean.TRUE.equals(state.getRunning()),
                Objects.requireNonNullElse(state.getExitCodeLong(), 0L), Boolean.TRUE.equals(state.getOOMKilled()),
                text(state.getError()), text(state.getStartedAt()),
                Objects.requireNonNullElse(found.getRestartCount(), 0),
                policy == null || text(policy.getName()).isEmpty() ? "no" : policy.getName(),
                Boolean.TRUE.equals(host.getAutoRemove()),
                Optional.ofNullable(state.getHealth())
                        .map(health -> text(health.getStatus()))
                        .filter(status -> !status.isEmpty() && !status.equals("none")),
                Objects.requireNonNullElse(found.getConfig().getLabels(), Map.of()), networks, volumes(found));
    }

    static ImageState image(InspectImageResponse found) {
        Map<String, String> labels = found.getConfig() == null ? null : found.getConfig().getLabels();
        return new ImageState(found.getId(), Objects.requireNonNullElse(found.getRepoTags(), List.of()),
                Objects.requireNonNullElse(found.getSize(), 0L), Objects.requireNonNullElse(labels, Map.of()),
                found.getConfig() != null && found.getConfig().getHealthcheck() != null);
    }

    static com.github.dockerjava.api.model.Mount mount(ContainerPlan.Mount mount) {
        return new com.github.dockerjava.api.model.Mount()
                .withType(mount.source().startsWith("/") ? MountType.BIND : MountType.VOLUME)
                .withSource(mount.source())
                .withTarget(mount.target())
                .withReadOnly(mount.readOnly());
    }

    private static ContainerState.Attachment attachment(ContainerNetwork network, String container) {
        // Engines before 25 count a container's short id among its aliases.
        List<String> aliases = network.getAliases() == null
                ? List.of()
                : network.getAliases()
                        .stream()
                        .filter(alias -> alias.length() != SHORT || !container.startsWith(alias))
                        .toList();
        String fixed = network.getIpamConfig() == null ? "" : text(network.getIpamConfig().getIpv4Address());
        List<String> links = network.getLinks() == null
                ? List.of()
                : Arrays.stream(network.getLinks()).map(Object::toString).toList();
        return new ContainerState.Attachment(aliases, text(network.getIpAddress()), fixed, links);
    }

    private static Map<String, String> volumes(InspectContainerResponse found) {
        Map<String, String> volumes = new LinkedHashMap<>();
        if (found.getMounts() != null) {
            found.getMounts()
                    .stream()
                    .filter(mount -> text(mount.getName()).matches("[0-9a-f]{64}"))
                    .forEach(mount -> volumes.put(mount.getDestination().getPath(), text(mount.getSource())));
        }
        return volumes;
    }

    private static String text(String value) {
        return Objects.requireNonNullElse(value, "");
    }
}
