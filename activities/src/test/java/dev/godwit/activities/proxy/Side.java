package dev.godwit.activities.proxy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A service behind a proxy that says which one it is; one that can be told to fail, or to take its time. */
final class Side {
    /** The same for all tests, for their ports stand in files that are compared. */
    static final Side V1 = new Side("v1");
    static final Side V2 = new Side("v2");

    private final HttpServer server;
    private final String version;
    private volatile int status = 200;
    private volatile CountDownLatch slow = new CountDownLatch(0);
    private final AtomicInteger held = new AtomicInteger();

    private Side(String version) {
        this.version = version;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> answer(exchange, status));
        server.createContext("/slow", exchange -> {
            held.incrementAndGet();
            try {
                slow.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            answer(exchange, 200);
        });
        server.start();
    }

    /** From now on it answers with this status. */
    Side answering(int other) {
        status = other;
        return this;
    }

    /** Requests for /slow are held until this is counted down. */
    CountDownLatch slow() {
        held.set(0);
        slow = new CountDownLatch(1);
        return slow;
    }

    /** How many requests for /slow have come since {@link #slow()}. */
    int held() {
        return held.get();
    }

    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange, int code) throws IOException {
        byte[] content = ("{\"version\":\"" + version + "\"}").getBytes(StandardCharsets.UTF_8);
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(code, content.length);
        exchange.getResponseBody().write(content);
        exchange.close();
    }
}
