package dev.godwit.activities.resource;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.godwit.activities.host.StepWorld;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A real HTTP service for tests, with answers by method and path; whatever else is asked gets 404. */
public final class Answering implements AutoCloseable {
    /** What a request gets. */
    @FunctionalInterface
    public interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    /** Of connections that nobody has accepted yet: by default more than 50 must wait for a second. */
    private static final int BACKLOG = 1000;

    private final HttpServer server;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    /** Starts a service and declares it as a resource. */
    public Answering(StepWorld world, String resource) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
        world.resource(resource, "{kind: 'http', url: 'http://127.0.0.1:" + port() + "'}")
                .closing(this);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public Answering with(String request, Answer answer) {
        answers.put(request, answer);
        return this;
    }

    public Answering with(String request, int status, String content) {
        return with(request, exchange -> send(exchange, status, content));
    }

    public static void send(HttpExchange exchange, int status, String content) throws IOException {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    /** The requests so far, such as {@code GET /health}. */
    public List<String> asked() {
        return asked;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        asked.add(request);
        try (exchange) {
            answers.getOrDefault(request, missing -> send(missing, 404, "{}")).to(exchange);
        }
    }
}
