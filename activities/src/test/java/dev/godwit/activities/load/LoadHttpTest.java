package dev.godwit.activities.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepContract;
import dev.godwit.activities.host.StepWorld;
import dev.godwit.activities.resource.Answering;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadHttpTest {
    @Nested
    class Contract extends StepContract {
        @Override
        protected StepWorld world(Path directory) throws Exception {
            StepWorld world = new StepWorld(directory, "load.http")
                    .spec("{to: 'service', users: 2, time: '250ms', requests: [{path: '/health'}]}");
            new Answering(world, "service").with("GET /health", 200, "well");
            return world;
        }

        @Override
        protected Set<String> changingOutputs() {
            return Set.of("requests", "throughput", "mean", "p50", "p90", "p95", "p99", "p999", "max", "by_request",
                    "ramp_requests");
        }
    }

    @TempDir
    private Path temporary;

    private StepWorld world;

    @BeforeEach
    void begin() {
        world = new StepWorld(temporary.resolve("world"), "load.http");
    }

    @AfterEach
    void end() {
        world.close();
    }

    @Test
    void every_user_keeps_a_connection_and_makes_weighted_requests() throws Exception {
        Set<Object> connections = ConcurrentHashMap.newKeySet();
        List<String> bodies = new CopyOnWriteArrayList<>();
        Answering service = new Answering(world, "service").with("GET /health", exchange -> {
            connections.add(exchange.getRemoteAddress());
            Answering.send(exchange, 200, "well");
        }).with("POST /process", exchange -> {
            connections.add(exchange.getRemoteAddress());
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
                    + exchange.getRequestHeaders().getFirst("Content-Type"));
            Answering.send(exchange, 202, "");
        });
        world.spec("""
                {to: 'service', users: 5, ramp: '100ms', time: '2s', requests: [
                    {name: 'process', weight: 3, method: 'POST', path: '/process', body: {text: 'hello'}},
                    {weight: 1, path: 'health'}]}
                """);

        JsonNode output = world.run().output();

        long all = output.get("requests").asLong() + output.get("ramp_requests").asLong();
        assertThat(service.asked()).hasSize((int) all).hasSizeGreaterThan(50);
        assertThat(output.get("failed").asLong() + output.get("ramp_failed").asLong()).isZero();
        assertThat(output.get("errors")).isEmpty();
        assertThat(connections).hasSize(5);
        assertThat(bodies).isNotEmpty().containsOnly("{\"text\":\"hello\"}application/json");
        assertThat(bodies.size() / (double) all).isBetween(0.5, 0.95);
        assertThat(output.get("by_request")).extracting(times -> times.get("name").asText())
                .containsExactly("process", "GET health");
        assertThat(output.get("throughput").asDouble()).isPositive();
        assertThat(output.get("p50").asDouble()).isPositive().isLessThanOrEqualTo(output.get("p99").asDouble());
        assertThat(evidence("load.hgrm")).contains("Percentile", "#[Max     =");
    }

    /** Row B7. */
    @Test
    void a_user_follows_what_a_good_answer_names() throws Exception {
        AtomicInteger number = new AtomicInteger();
        Answering service = new Answering(world, "service").with("GET /health", 200, "{}");
        for (int i = 0; i < 10; i++) {
            service.with("GET /status/a%20" + i + "/x", i == 9 ? 404 : 200, "{}");
        }
        service.with("POST /process", exchange -> {
            exchange.getRequestBody().readAllBytes();
            int i = number.getAndIncrement() % 12;
            Answering.send(exchange, i == 10 ? 500 : 200,
                    i == 11 ? "busy" : "{\"job\": {\"id\": \"a " + i + "\"}, \"more\": \"" + "x".repeat(9_000) + "\"}");
        });
        world.spec("""
                {to: 'service', users: 10, ramp: '10ms', time: '2s', think: {from: '1ms', to: '3ms'}, requests: [
                    {name: 'process', weight: 3, method: 'POST', path: '/process', body: {},
                        then: {name: 'status', path: '/status/{job.id}/x'}},
                    {weight: 1, path: '/health'}]}
                """);

        JsonNode output = world.run().output();

        assertThat(output.get("by_request")).extracting(times -> times.get("name").asText())
                .containsExactly("process", "GET /health", "status");
        long processed = service.asked().stream().filter("POST /process"::equals).count();
        long followed = service.asked().stream().filter(asked -> asked.startsWith("GET /status/a%20")).count();
        assertThat(followed).isGreaterThan(20)
                .isBetween((long) (processed * 0.75), (long) (processed * 0.85) + 12);
        assertThat(output.get("by_request").get(2).get("requests").asLong()).isPositive()
                .isLessThanOrEqualTo(followed);
        assertThat(output.get("by_request").get(2).get("failed").asLong()).isPositive();
        assertThat(output.get("errors").has("status 404")).isTrue();
        assertThat(output.get("errors").has("status 500")).isTrue();
    }

    @Test
    void with_a_rate_a_stalled_service_is_charged_with_all_that_were_due() throws Exception {
        AtomicInteger number = new AtomicInteger();
        CountDownLatch stalled = new CountDownLatch(1);
        new Answering(world, "service").with("GET /health", exchange -> {
            if (number.incrementAndGet() == 100) {
                pause(2_000);
                stalled.countDown();
            } else if (number.get() > 100) {
                await(stalled);
            }
            Answering.send(exchange, 200, "well");
        });
        world.spec("{to: 'service', users: 2, rate: '100/s', time: '4s', requests: [{path: '/health'}]}");

        JsonNode output = world.run().output();

        assertThat(output.get("requests").asInt()).isEqualTo(400);
        assertThat(output.get("p90").asDouble()).as("a fifth of all waited for longer than this")
                .isGreaterThan(1_000);
    }

    @Test
    void with_a_rate_nothing_waits_for_a_user_while_another_is_idle() throws Exception {
        int users = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8); // One for each event loop.
        AtomicInteger number = new AtomicInteger();
        // More than there are without the share of one loop.
        CountDownLatch others = new CountDownLatch(79 - 40 / users);
        new Answering(world, "service").with("GET /health", exchange -> {
            if (number.incrementAndGet() == 1) {
                await(others);
            } else {
                others.countDown();
            }
            Answering.send(exchange, 200, "well");
        });
        world.spec("{to: 'service', users: " + users
                + ", rate: '10/s', time: '8s', within: '12s', requests: [{path: '/health'}]}");

        JsonNode output = world.run().output();

        assertThat(output.get("requests").asInt()).isEqualTo(80);
        assertThat(output.get("errors").has("timeout")).as("the first waits for most of the others").isFalse();
    }

    @Test
    void requests_for_which_no_user_is_free_are_failures_too() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        world.closing(end::countDown);
        new Answering(world, "service").with("GET /health", exchange -> await(end));
        world.spec("{to: 'service', users: 3, rate: '100/s', time: '1s', within: '200ms',"
                + " requests: [{path: '/health', status: [200, 404]}, {path: '/gone', status: [200, 404]}]}");

        JsonNode output = world.run().output();

        assertThat(output.get("requests").asInt()).isEqualTo(100);
        assertThat(output.get("errors").get("timeout").asInt()).isPositive();
        assertThat(output.get("errors").get("unsent").asInt()).isPositive();
        assertThat(output.get("failed").asInt()).isEqualTo(
                output.get("errors").get("timeout").asInt() + output.get("errors").get("unsent").asInt());
    }

    @Test
    void failures_are_told_by_kind_and_are_not_among_the_times() throws Exception {
        AtomicInteger number = new AtomicInteger();
        new Answering(world, "service").with("GET /health", exchange -> {
            int now = number.incrementAndGet();
            Answering.send(exchange, now == 1 ? 503 : now == 2 ? 302 : now == 3 ? 500 : 200, "well");
        });
        world.spec("{to: 'service', users: 1, time: '2s', think: {from: '10ms', to: '20ms'},"
                + " requests: [{path: '/health'}]}");

        JsonNode output = world.run().output();

        assertThat(output.get("errors")).hasToString("{\"status 302\":1,\"status 500\":1,\"status 503\":1}");
        assertThat(output.get("failed").asInt()).isEqualTo(3);
        assertThat(output.get("error_rate").asDouble() * output.get("requests").asInt()).isBetween(2.9, 3.1);
        assertThat(evidence("load.hgrm")).containsPattern(
                "Total count +=  *" + (output.get("requests").asInt() - 3) + "]");
    }

    /** A loop may be woken a moment too late for the last ones. */
    @Test
    void with_a_rate_what_was_due_at_the_end_is_asked_by_users_that_were_free_then() throws Exception {
        new Answering(world, "service").with("GET /health", exchange -> Answering.send(exchange, 200, "well"));
        world.spec("{to: 'service', users: 250, rate: '5000/s', time: '50ms', requests: [{path: '/health'}]}");
        for (int round = 1; round <= 20; round++) {
            JsonNode output = world.round(round).run().output();

            assertThat(output.get("errors")).as("round " + round).isEmpty();
            assertThat(output.get("requests").asInt()).isEqualTo(250);
        }
    }

    @Test
    void a_kept_connection_that_was_closed_meanwhile_is_opened_again() throws Exception {
        try (Closing service = new Closing()) {
            world.resource("service", "{kind: 'http', url: 'http://127.0.0.1:" + service.port() + "'}")
                    .spec("{to: 'service', users: 2, time: '500ms', requests: [{path: '/'}]}");

            JsonNode output = world.run().output();

            assertThat(output.get("failed").asInt()).isZero();
            assertThat(output.get("resent").asInt()).isPositive();

            JsonNode changing = world
                    .spec("{to: 'service', users: 2, time: '500ms', requests: [{method: 'POST', path: '/'}]}")
                    .round(2)
                    .run()
                    .output();

            assertThat(changing.get("errors").get("connection closed").asInt()).isPositive();
            assertThat(changing.get("resent").asInt()).isZero();
        }
    }

    @Test
    void a_service_that_is_gone_is_worth_a_retry() throws Exception {
        new Answering(world, "service").close();
        world.attempts(3)
                .spec("{to: 'service', users: 2, time: '300ms', requests: [{path: '/health'}]}");

        assertThatThrownBy(world::run).hasMessageContaining("had an answer: {connection refused=")
                .isInstanceOfSatisfying(StepFailure.class, failure -> {
                    assertThat(failure.code()).isEqualTo("http-unreachable");
                    assertThat(failure.retryable()).isTrue();
                });
    }

    @Test
    void secrets_reach_the_service_and_no_evidence() throws Exception {
        Set<String> tokens = new HashSet<>();
        Answering service = new Answering(world, "service").with("GET /health", exchange -> {
            synchronized (tokens) {
                tokens.add(exchange.getRequestHeaders().getFirst("X-Token"));
            }
            Answering.send(exchange, 200, "well");
        });
        world.secret("TOKEN", "s3cr3t")
                .resource("service", "{kind: 'http', url: 'http://127.0.0.1:" + service.port()
                        + "', headers: {X-Token: {secret: 'TOKEN'}}}")
                .spec("{to: 'service', users: 1, time: '100ms', requests: [{path: '/health'}, {path: '/gone'}]}");

        JsonNode output = world.run().output();

        assertThat(tokens).containsExactly("s3cr3t");
        assertThat(output.toString()).doesNotContain("s3cr3t");
        assertThat(evidence("load.hgrm")).doesNotContain("s3cr3t");
    }

    @Test
    void a_service_over_tls_is_loaded_if_it_is_trusted_and_is_who_it_says() throws Exception {
        Path keys = temporary.resolve("keys.p12");
        String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Needed.part(Files.isExecutable(Path.of(keytool)), "keytool, which every JDK has");
        Process made = new ProcessBuilder(keytool, "-genkeypair", "-alias", "service", "-keyalg", "EC", "-dname",
                "CN=service", "-ext", "san=ip:127.0.0.1", "-storetype", "PKCS12", "-keystore", keys.toString(),
                "-storepass", "changeit").redirectErrorStream(true).start();
        assertThat(made.waitFor()).as(() -> made.inputReader().lines().toList().toString()).isZero();
        SSLContext own = context(keys);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        world.closing(() -> server.stop(0));
        server.setHttpsConfigurator(new HttpsConfigurator(own));
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                exchange.sendResponseHeaders(200, -1);
            }
        });
        server.start();
        String port = ":" + server.getAddress().getPort();
        String spec = "{to: 'service', users: 2, time: '1s', requests: [{path: '/'}]}";
        world.resource("service", "{kind: 'http', url: 'https://127.0.0.1" + port + "'}").spec(spec);

        assertThatThrownBy(world::run).as("nobody knows its certificate").hasMessageContaining("{TLS: ");

        SSLContext before = SSLContext.getDefault();
        SSLContext.setDefault(own);
        try {
            assertThat(world.round(2).run().output().get("failed").asInt()).isZero();
            world.resource("service", "{kind: 'http', url: 'https://localhost" + port + "'}").round(3);
            assertThatThrownBy(world::run).as("its certificate is of another name").hasMessageContaining("{TLS: ");
        } finally {
            SSLContext.setDefault(before);
        }
    }

    private static SSLContext context(Path keys) throws Exception {
        char[] password = "changeit".toCharArray();
        KeyStore store = KeyStore.getInstance(keys.toFile(), password);
        KeyManagerFactory identity = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        identity.init(store, password);
        KeyStore known = KeyStore.getInstance("PKCS12");
        known.load(null, null);
        known.setCertificateEntry("service", store.getCertificate("service"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(known);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(identity.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void what_makes_no_sense_is_refused() throws Exception {
        world.spec("{to: 'service', users: 1, rate: '5/s', time: '1s', think: {from: '1s', to: '2s'},"
                + " requests: [{path: '/'}]}");
        assertThatThrownBy(world::run).hasMessageContaining("with a rate there is no time to think");
        world.spec("{to: 'service', users: 0, time: '1s', requests: [{path: '/'}]}");
        assertThatThrownBy(world::run).hasMessageContaining("users must be from 1 to 10000, and is 0");
        world.spec("{to: 'service', users: 1, time: '1s', requests: [{path: '/'}, {path: '/'}]}");
        assertThatThrownBy(world::run).hasMessageContaining("two requests are called 'GET /'");
    }

    private String evidence(String name) throws IOException {
        return Files.readString(
                world.state().evidence(world.task().identity().runId()).resolve("steps/step.1").resolve(name));
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A service that closes each connection instead of answering its second request. */
    private static final class Closing implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

        Closing() throws IOException {
            Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        Socket socket = server.accept();
                        Thread.ofVirtual().start(() -> answerOnce(socket));
                    }
                } catch (IOException e) {
                    // Closed.
                }
            });
        }

        int port() {
            return server.getLocalPort();
        }

        private static void answerOnce(Socket socket) {
            try (socket; InputStream in = socket.getInputStream(); OutputStream out = socket.getOutputStream()) {
                readHead(in);
                out.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(StandardCharsets.US_ASCII));
                readHead(in);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void readHead(InputStream in) throws IOException {
            StringBuilder head = new StringBuilder();
            for (int next = in.read(); next >= 0; next = in.read()) {
                if (head.append((char) next).toString().endsWith("\r\n\r\n")) {
                    return;
                }
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
