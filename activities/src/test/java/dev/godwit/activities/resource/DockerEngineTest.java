package dev.godwit.activities.resource;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.godwit.plan.Location;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DockerEngineTest {
    private final CountDownLatch beats = new CountDownLatch(3);

    /** An engine sends the first byte of an image when it has written all of it to its own disk. */
    @Test
    void while_an_engine_prepares_an_image_the_step_says_that_it_lives() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        String host = "tcp://127.0.0.1:" + server.getAddress().getPort();
        WritableDocker engine = DockerEngine.connect(Location.parse("engine"), host, Optional.empty());
        try (InputStream image = engine.save("large:1", beats::countDown)) {
            assertThat(new String(image.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("in time");
        } finally {
            ((AutoCloseable) engine).close();
            server.stop(0);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try {
            Answering.send(exchange, 200, beats.await(1, TimeUnit.MINUTES) ? "in time" : "too late");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
