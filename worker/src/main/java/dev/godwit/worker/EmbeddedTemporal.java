package dev.godwit.worker;

import io.temporal.testserver.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/**
 * Temporal in this process, for trying Godwit out and for tests: no schedules, no lists, and everything is forgotten when it
 * stops.
 */
public final class EmbeddedTemporal implements AutoCloseable {
    private final int port;
    private final TestServer.PortBoundTestServer server;

    private EmbeddedTemporal(int port) {
        this.port = port;
        this.server = TestServer.createPortBoundServer(port, true);
    }

    /** Starts it on a free port. */
    public static EmbeddedTemporal start() {
        return new EmbeddedTemporal(freePort());
    }

    /** Starts it on this port. */
    public static EmbeddedTemporal start(int port) {
        return new EmbeddedTemporal(port);
    }

    /** Host and port. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        server.close();
    }

    /** A port that is free now. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port on 127.0.0.1", e);
        }
    }
}
