package dev.godwit.activities.resource;

import dev.godwit.plan.Location;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A Docker engine: what a preview may ask of it. */
public interface ReadableDocker {
    /** How the plan names it. */
    Location location();

    /** Its address. */
    String address();

    /** Its version. */
    String version();

    /** A container by name or id. */
    Optional<ContainerState> container(String name);

    /** The containers with all of these labels, running or not. */
    List<ContainerState> containers(Map<String, String> labels);

    /** An image by name or id. */
    Optional<ImageState> image(String name);

    /** Whether there is a network of this name. */
    boolean hasNetwork(String name);

    /** The running containers that are attached to a network. */
    List<ContainerState> attachedTo(String network);

    /** The last lines that a container has written to its output and error output. */
    List<String> lastLines(String container, int count);
}
