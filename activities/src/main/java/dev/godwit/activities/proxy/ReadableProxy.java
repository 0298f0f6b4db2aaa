package dev.godwit.activities.proxy;

import dev.godwit.activities.resource.HttpService;
import dev.godwit.plan.Location;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A proxy that a file tells where requests go: what a preview may know of it. nginx is one; another is a class that
 * implements {@link WritableProxy}, and a field of {@link ProxyKind.Definition} by which a plan asks for it.
 */
public interface ReadableProxy {
    /** How the plan names it. */
    Location location();

    /** The file that says where requests go, links followed; it must exist. */
    Path configuration() throws IOException;

    /** The same as the plan names it. */
    Location configurationLocation();

    /**
     * Where requests go by a configuration.
     *
     * @param configuration each byte of the file as a character
     * @throws dev.godwit.step.StepFailure if it does not say so
     */
    List<Share> shares(String configuration);

    /** The same configuration but for where requests go; the same at all if they go there already. */
    String routed(String configuration, List<Share> shares);

    /** The address by which the proxy reaches a service. */
    String address(Location service) throws Exception;

    /** What clients ask. */
    HttpService clients();

    /** What clients ask, as the plan names it. */
    Location clientsLocation();

    /** Why it cannot take requests, in words; absent if it runs. */
    Optional<String> trouble(Runnable whileWaiting) throws Exception;
}
