package dev.godwit.activities.resource;

import java.io.IOException;
import java.util.Optional;

/**
 * A process that listens on a port of this machine.
 *
 * @param pid its id
 * @param program what it is, without its arguments, which may be secret
 */
public record PortListener(long pid, String program) {
    /** Who listens; empty if nobody does, or it belongs to a user whose processes are hidden. */
    public static Optional<PortListener> of(int port) throws IOException {
        return ProcessTable.listener(port)
                .map(identity -> new PortListener(identity.pid(), identity.command().split("\\s", 2)[0]));
    }

    /** Whether someone listens, seen or unseen. */
    public static boolean on(int port) throws IOException {
        return ProcessTable.listening(port);
    }
}
