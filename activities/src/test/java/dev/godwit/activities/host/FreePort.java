package dev.godwit.activities.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Ports on this machine that are free, each told once: who has asked for another may not have taken it yet. */
public final class FreePort {
    private static final Set<Integer> TOLD = ConcurrentHashMap.newKeySet();

    private FreePort() {}

    public static int next() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return TOLD.add(socket.getLocalPort()) ? socket.getLocalPort() : next();
        }
    }
}
