package dev.godwit.activities.resource;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A container to be made.
 *
 * @param name its name
 * @param image the name or id of its image
 * @param command instead of the image's own; empty for that
 * @param entrypoint instead of the image's own; absent for that
 * @param environment variables by name; may hold secrets
 * @param labels by which it is found again
 * @param networks what it is attached to, in this order, with its aliases there; empty for the engine's default network
 * @param mounts directories and volumes of the engine's machine
 * @param publish ports, in Docker's own form {@code [address:]port:port[/protocol]}
 * @param restart when the engine starts it again by itself: {@code no}, {@code always}, {@code unless-stopped} or
 *     {@code on-failure}
 * @param user as which its program runs; empty for the image's own
 * @param initProcess whether a small first process hands on signals and reaps
 * @param capabilities what it may do beyond what Docker lets every container do, such as {@code NET_ADMIN}
 */
public record ContainerPlan(String name, String image, List<String> command, Optional<List<String>> entrypoint,
        Map<String, String> environment, Map<String, String> labels, Map<String, List<String>> networks,
        List<Mount> mounts, List<String> publish, String restart, String user, boolean initProcess,
        List<String> capabilities) {
    /**
     * Something of the engine's machine in a container.
     *
     * @param source an absolute path, or the name of a volume
     * @param target where it is in the container
     * @param readOnly whether the container may only read it
     */
    public record Mount(String source, String target, boolean readOnly) {}

    /** A container that does one thing in a network, and has none of the rest. */
    public static ContainerPlan errand(String name, String image, List<String> command, String network,
            Map<String, String> environment, Map<String, String> labels) {
        return new ContainerPlan(name, image, command, Optional.of(List.of("")), environment, labels,
                Map.of(network, List.of()), List.of(), List.of(), "no", "", false, List.of());
    }
}
