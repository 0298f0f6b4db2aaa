import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A service whose answers take 20 ms, of a hundred 16 take 28 ms and 4 take 36 ms: java KnownTimes.java PORT. */
public class KnownTimes {
    public static void main(String[] arguments) throws Exception {
        // Otherwise the content waits for the acknowledgement of the headers.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        AtomicInteger number = new AtomicInteger();
        HttpServer server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            int of = number.incrementAndGet() % 25;
            try {
                Thread.sleep(of == 0 ? 36 : of % 6 == 1 ? 28 : 20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            byte[] content = "hello, world\n".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, content.length);
            try (exchange; var out = exchange.getResponseBody()) {
                out.write(content);
            }
        });
        server.start();
    }
}
