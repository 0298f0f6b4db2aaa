package dev.godwit.activities.compose;

import dev.godwit.plan.Location;
import java.util.List;
import java.util.Map;

/** A project of Docker Compose: what a preview may know of it. */
public interface ReadableCompose {
    /** How the plan names it. */
    Location location();

    /** Where its files are, as the plan names it. */
    Location directory();

    /** The project's name. */
    String project();

    /** The services that the files describe, each with a hash of what they say of it. */
    Map<String, String> services(Runnable whileWaiting) throws Exception;

    /** The containers that there are, running or not; by service and number. */
    List<ComposeContainer> containers(Runnable whileWaiting) throws Exception;
}
