package dev.godwit.activities.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A container as its engine knows it.
 *
 * @param id its whole id
 * @param name its name
 * @param imageId the id of its image
 * @param image its image as whoever made the container named it
 * @param status the engine's word, such as {@code running} or {@code exited}
 * @param running whether its program runs, paused or not
 * @param exitCode of its last end
 * @param outOfMemory whether the kernel ended it for its memory
 * @param error why the engine could not start it; empty if it could
 * @param startedAt when it was started last, in the engine's words; another text means another start
 * @param restarts how often the engine has started it again by itself
 * @param restartPolicy when it does so: {@code no}, {@code always}, {@code unless-stopped} or {@code on-failure}
 * @param autoRemove whether it vanishes when it ends
 * @param health {@code starting}, {@code healthy} or {@code unhealthy}; absent if its image says no check
 * @param labels what it is labelled with
 * @param networks what it is attached to, by the network's name
 * @param volumes the volumes without a name of their own: where they are on the engine's machine, by path in the container
 */
public record ContainerState(String id, String name, String imageId, String image, String status, boolean running,
        long exitCode, boolean outOfMemory, String error, String startedAt, long restarts, String restartPolicy,
        boolean autoRemove, Optional<String> health, Map<String, String> labels, Map<String, Attachment> networks,
        Map<String, String> volumes) {

    private static final int SHORT = 12;

    /** The first characters of its id, as Docker's command line shows them. */
    public String shortId() {
        return id.substring(0, Math.min(SHORT, id.length()));
    }

    /** Whether it is attached to a network under an alias. */
    public boolean hasAlias(String network, String alias) {
        return networks.containsKey(network) && networks.get(network).aliases().contains(alias);
    }

    /**
     * How a container is attached to a network.
     *
     * @param aliases its names there besides its own
     * @param address its address there while it runs; empty if it does not
     * @param fixedAddress the address that whoever attached it asked for; empty if any
     * @param links its names for other containers, as {@code container:name}
     */
    public record Attachment(List<String> aliases, String address, String fixedAddress, List<String> links) {
        public Attachment {
            aliases = List.copyOf(aliases);
            links = List.copyOf(links);
        }

        /** With these aliases, and no demands. */
        public static Attachment of(List<String> aliases) {
            return new Attachment(aliases, "", "", List.of());
        }

        /** The same with one alias more, or without it. */
        public Attachment with(String alias, boolean present) {
            List<String> others = new ArrayList<>(aliases);
            others.remove(alias);
            if (present) {
                others.add(alias);
            }
            return new Attachment(others, address, fixedAddress, links);
        }
    }
}
