package dev.godwit.activities.gate;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.FreePort;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.StepWorld;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real Prometheus of a test. */
public final class PrometheusServer implements AutoCloseable {
    private static final long LONGEST_START = TimeUnit.MINUTES.toNanos(2);

    private final Path home;
    private final int port;
    private final Process process;

    /** @param scraped the port of 127.0.0.1 whose {@code /metrics} it reads; 0 for none */
    PrometheusServer(int scraped) throws Exception {
        this(scraped == 0
                ? "{}\n"
                : "scrape_configs: [{job_name: v2, scrape_interval: 100ms, scrape_timeout: 100ms,"
                        + " static_configs: [{targets: ['127.0.0.1:" + scraped + "']}]}]\n");
    }

    /** @param configuration in YAML */
    public PrometheusServer(String configuration, String... options) throws Exception {
        Needed.part(installed(), "Prometheus: apt-get install prometheus");
        home = Files.createTempDirectory("prometheus");
        port = FreePort.next();
        Files.writeString(home.resolve("config.yml"), configuration);
        List<String> command = new ArrayList<>(List.of("prometheus", "--config.file=" + home.resolve("config.yml"),
                "--storage.tsdb.path=" + home.resolve("data"), "--web.listen-address=127.0.0.1:" + port));
        command.addAll(List.of(options));
        process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(home.resolve("log").toFile())
                .start();
        awaitReady();
    }

    /** What it answers. */
    public String get(String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI address = URI.create("http://127.0.0.1:" + port + path);
            return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString()).body();
        }
    }

    /** The port that it listens on. */
    public int port() {
        return port;
    }

    private static boolean installed() {
        return Path.of("/usr/bin/prometheus").toFile().canExecute();
    }

    private void awaitReady() throws Exception {
        long deadline = System.nanoTime() + LONGEST_START;
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest ready = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/-/ready")).build();
            while (true) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new IllegalStateException(Files.readString(home.resolve("log")));
                }
                try {
                    if (client.send(ready, BodyHandlers.discarding()).statusCode() == 200) {
                        return;
                    }
                } catch (ConnectException e) {
                    // Not yet.
                }
                Thread.sleep(50);
            }
        }
    }

    /** Declares it as the resource {@code metrics}. */
    public StepWorld in(StepWorld world) {
        return world.resource("metrics", "{kind: 'http', url: 'http://127.0.0.1:" + port + "'}");
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        process.onExit().join();
        DurableFiles.deleteTree(home);
    }
}
