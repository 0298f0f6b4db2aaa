package dev.godwit.activities.compose;

import dev.godwit.activities.run.Invocation;
import java.time.Duration;
import java.util.List;

/** A project of Docker Compose: what a run may do with it. */
public interface WritableCompose extends ReadableCompose {
    /**
     * A command of Compose on this project.
     *
     * @param arguments such as {@code up -d}
     */
    Invocation command(List<String> arguments, Duration timeout) throws Exception;

    /** When the engine starts a container again by itself: {@code no}, {@code always}... */
    String restartPolicy(ComposeContainer container, Runnable whileWaiting) throws Exception;

    /** The last lines that a container wrote, without secrets. */
    String lastWords(ComposeContainer container, Runnable whileWaiting) throws Exception;

    /** The id of an image; empty if there is none of this name. */
    String image(String name, Runnable whileWaiting) throws Exception;

    /** Gives an image a name, taking it away from the one that has it. */
    void tag(String image, String name, Runnable whileWaiting) throws Exception;

    /** Takes a name away from an image, which goes with its last name; not if a container needs it. */
    void untag(String name, Runnable whileWaiting) throws Exception;
}
