package dev.godwit.activities.resource;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A Docker engine: what a run may do with it. Whatever takes long calls {@code whileWaiting} several times a second; what
 * that throws ends the wait.
 */
public interface WritableDocker extends ReadableDocker {
    /**
     * Makes a container and does not start it. That its first steps are left half done by a crash shows in its networks.
     *
     * @return its id
     */
    String create(ContainerPlan plan);

    /** Starts a container; nothing if it runs. */
    void start(String container, Runnable whileWaiting);

    /** Asks a container to end and kills it after the grace period; nothing if it does not run. */
    void stop(String container, Duration grace, Runnable whileWaiting);

    /** Sends a signal, such as {@code SIGTERM}, to a container's first process; nothing if it does not run. */
    void signal(String container, String signal);

    /** Removes a container that does not run, without its volumes; nothing if it is gone. */
    void remove(String container);

    /** Removes a container with whatever it does and its nameless volumes; nothing if it is gone. */
    void discard(String container);

    void rename(String container, String name);

    /** Says when the engine starts a container again by itself. */
    void restartPolicy(String container, String policy);

    /** Attaches a container to a network. */
    void connect(String network, String container, ContainerState.Attachment attachment);

    /** Detaches a container from a network, which cuts its connections there; nothing if it is not attached. */
    void disconnect(String network, String container);

    /** Runs a command in a running container, to its end. */
    Ended execute(String container, List<String> command, Duration within, Runnable whileWaiting);

    /** Makes an image from a directory with a Dockerfile. */
    void build(Build build, Consumer<String> log, Runnable whileWaiting);

    /** Lets a name lead to an image. */
    void tag(String image, String name);

    /**
     * Takes a name away, and the image if that was its last one and no container needs it.
     *
     * @return whether the image may be gone; false if a container still uses it
     */
    boolean untag(String name);

    /**
     * The content of an image as {@code docker save} writes it.
     *
     * @param whileWaiting called several times a second until the engine has begun to send it
     */
    InputStream save(String image, Runnable whileWaiting) throws IOException;

    /**
     * How a command ended.
     *
     * @param exitCode 0 if all went well
     * @param output the last lines of what it wrote
     */
    record Ended(long exitCode, List<String> output) {}

    /**
     * An image to be made.
     *
     * @param directory what its Dockerfile may copy
     * @param dockerfile within the directory
     * @param name and tag of the image
     * @param target the stage to stop at; empty for the last
     * @param arguments values for the Dockerfile's ARGs
     * @param labels of the image
     * @param refresh whether every line is done again, also where an earlier build left its result
     */
    record Build(Path directory, Path dockerfile, String name, String target, Map<String, String> arguments,
            Map<String, String> labels, boolean refresh) {}
}
