package dev.godwit.starter;

import dev.godwit.run.TaskQueues;
import dev.godwit.run.TemporalConnection;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.testserver.TestServer;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;

/** The embedded Temporal server on a free port, and workers for it. */
final class FakeTemporal implements AutoCloseable {
    private final int port;
    private final TestServer.PortBoundTestServer server;
    private final WorkflowServiceStubs service;
    private final WorkflowClient client;

    private FakeTemporal(int port, TestServer.PortBoundTestServer server) {
        this.port = port;
        this.server = server;
        TemporalConnection connection = TemporalConnection.load(environment());
        service = connection.connect(Duration.ofSeconds(10));
        client = connection.client(service);
    }

    /** Tries again where someone else was quicker to take the port. */
    static FakeTemporal start() {
        for (int attempt = 1;; attempt++) {
            int port = freePort();
            try {
                return new FakeTemporal(port, TestServer.createPortBoundServer(port, true));
            } catch (RuntimeException e) {
                if (attempt == 5) {
                    throw e;
                }
            }
        }
    }

    /** A port that nobody listens on. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    Map<String, String> environment() {
        return Map.of("TEMPORAL_ADDRESS", "127.0.0.1:" + port, "HOSTNAME", "ops-1");
    }

    WorkflowClient client() {
        return client;
    }

    /** A worker of such runs; the caller shuts it down. */
    WorkerFactory worker(Class<?> migration, Object... activities) {
        WorkerFactory factory = WorkerFactory.newInstance(client);
        Worker worker = factory.newWorker(TaskQueues.GODWIT);
        worker.registerWorkflowImplementationTypes(migration);
        worker.registerActivitiesImplementations(activities);
        factory.start();
        return factory;
    }

    @Override
    public void close() {
        service.shutdownNow();
        server.close();
    }
}
