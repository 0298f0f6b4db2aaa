package dev.godwit.worker;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.temporal.internal.testservice.GRPCServerHelper;
import io.temporal.internal.testservice.TestServicesStarter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Temporal in this process, for trying Godwit out and for tests: no schedules, no lists, and everything is forgotten when it
 * stops.
 */
public final class EmbeddedTemporal implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final int port;
    private final TestServicesStarter services = new TestServicesStarter(true, 0);
    private final Server server;

    /** Only this machine may talk to it, since it asks nobody who they are; the SDK's own server listens to all. */
    private EmbeddedTemporal(int port) {
        this.port = port;
        NettyServerBuilder builder = NettyServerBuilder
                .forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        GRPCServerHelper.registerServicesAndHealthChecks(services.getServices(), builder);
        try {
            server = builder.build().start();
        } catch (IOException e) {
            services.close();
            throw new UncheckedIOException("Temporal cannot listen on 127.0.0.1:" + port
                    + "; is another 'godwit dev' or Temporal there? --port takes another port, 0 a free one", e);
        }
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
        server.shutdown();
        try {
            server.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.shutdownNow();
        services.close();
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
