package dev.godwit.worker;

import dev.godwit.step.StepFailure;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.temporal.internal.testservice.GRPCServerHelper;
import io.temporal.internal.testservice.TestServicesStarter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Temporal in this process, for trying Godwit out and for tests: no schedules, no lists, and everything is forgotten when it
 * stops.
 */
public final class EmbeddedTemporal implements LocalTemporal {
    static final String LOCAL = "127.0.0.1";
    private static final Set<Integer> TOLD = ConcurrentHashMap.newKeySet();
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final TestServicesStarter services = new TestServicesStarter(true, 0);
    private final Server server;

    /** Only this machine may talk to it, since it asks nobody who they are; the SDK's own server listens to all. */
    private EmbeddedTemporal(int port) {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(local(port));
        GRPCServerHelper.registerServicesAndHealthChecks(services.getServices(), builder);
        try {
            server = builder.build().start();
        } catch (IOException e) {
            services.close();
            throw taken(port, "Temporal", "--port", e);
        }
    }

    /** Starts it on a free port. */
    public static EmbeddedTemporal start() {
        return new EmbeddedTemporal(0);
    }

    /** Starts it on this port. */
    public static EmbeddedTemporal start(int port) {
        return new EmbeddedTemporal(port);
    }

    @Override
    public String address() {
        return LOCAL + ":" + server.getPort();
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

    /** A port that is free now. It is told once: who has asked for another may not have taken it yet. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(local(0));
            return TOLD.add(socket.getLocalPort()) ? socket.getLocalPort() : freePort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port on " + LOCAL, e);
        }
    }

    /** Says who needs a port that is taken, and which option takes another one. */
    static void requireFree(int port, String who, String option) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(local(port));
        } catch (IOException e) {
            throw taken(port, who, option, e);
        }
    }

    private static StepFailure taken(int port, String who, String option, IOException why) {
        return StepFailure.user("port-taken", who + " cannot listen on " + LOCAL + ":" + port
                + "; is another 'godwit dev' or Temporal there? " + option + " takes another port, 0 a free one")
                .causedBy(why);
    }

    /** By its number: the name of this machine may mean its other address, which the clients do not try. */
    private static InetSocketAddress local(int port) {
        return new InetSocketAddress(LOCAL, port);
    }
}
