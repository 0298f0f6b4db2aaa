package dev.godwit.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.TreeSnapshot;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An OCR service before its migration, with a name, ports, secrets and a release of its own. Closing it removes it. */
final class OcrService implements AutoCloseable {
    static final Path EXAMPLE = Site.GODWIT.resolve("examples/ocr-service");
    private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private static final Duration ANSWER = Duration.ofMinutes(1);

    private final Path root;
    private final String name = "godwit-ocr-" + UUID.randomUUID().toString().substring(0, 8);
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private final List<String> strangers = new ArrayList<>();

    /** Returns when the single service has read a certificate. */
    OcrService(Path directory) throws Exception {
        Needed.docker("python:3.11-slim", "redis:7", "nginx:1", "prom/prometheus:v2.42.0");
        Needed.part(OnPath.find("docker-compose").isPresent(), "docker-compose: install docker-compose");
        Needed.part(OnPath.find("python3").isPresent(), "python3");
        root = directory.toRealPath();
        boolean started = false;
        try {
            run(EXAMPLE.resolve("start").toString(), root.toString(), "--name", name);
            started = true;
        } finally {
            if (!started) {
                close();
            }
        }
        for (String line : Files.readAllLines(root.resolve("parameters"))) {
            parameters.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
        }
        Path release = Files.createDirectory(root.resolve("release"));
        try (Stream<Path> files = Files.list(EXAMPLE.resolve("scalable"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, release.resolve(file.getFileName()),
                        StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        parameters.put("release", release.toString());
        // How fast this machine is today is not what is tested.
        parameters.putAll(Map.of("load_time", "5s", "at_once", "60000", "p95_limit", "121"));
    }

    /** What a worker needs in its environment to know the secrets. */
    Map<String, String> environment() {
        return Map.of("GODWIT_SECRETS_DIR", root.resolve("secrets").toString());
    }

    Path home() {
        return root.resolve(name);
    }

    /** What the service brings along; a copy, so that a test may break it. */
    Path release() {
        return root.resolve("release");
    }

    String project() {
        return name;
    }

    Path backups() {
        return root.resolve("backups");
    }

    /** What must be found nowhere. */
    List<String> secrets() throws IOException {
        return List.of(secret("GEMINI_API_KEY"), secret("GRAFANA_PASSWORD"), secret("GRAFANA_AUTHORIZATION"));
    }

    String secret(String secret) throws IOException {
        return Files.readString(root.resolve("secrets").resolve(secret));
    }

    /** A run's workflow id. */
    String id(String plan) {
        return plan + "/" + home();
    }

    OcrService with(String parameter, Object value) {
        parameters.put(parameter, value.toString());
        return this;
    }

    /** What {@code godwit} is to be told to start a plan. */
    List<String> start(String plan, String... options) throws IOException {
        Path file = EXAMPLE.resolve(plan);
        List<String> arguments = new ArrayList<>(List.of("start", file.toString(), "--output", "json"));
        String text = Files.readString(file);
        parameters.forEach((parameter, value) -> {
            if (Pattern.compile("(?m)^  " + parameter + ": +\\{(type|description):").matcher(text).find()) {
                arguments.addAll(List.of("--param", parameter + "=" + value));
            }
        });
        arguments.addAll(List.of(options));
        return arguments;
    }

    /** What the service answers to clients. */
    HttpResponse<String> get(String path) throws Exception {
        return HTTP.send(HttpRequest.newBuilder(uri("http_port", path)).timeout(ANSWER).build(),
                BodyHandlers.ofString());
    }

    JsonNode post(String path, String file) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri("http_port", path))
                .timeout(ANSWER)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"file_path\": \"" + file + "\"}"))
                .build();
        return new ObjectMapper().readTree(HTTP.send(request, BodyHandlers.ofString()).body());
    }

    JsonNode prometheus(String path) throws Exception {
        return new ObjectMapper().readTree(
                HTTP.send(HttpRequest.newBuilder(uri("prometheus_port", path)).timeout(ANSWER).build(),
                        BodyHandlers.ofString()).body());
    }

    JsonNode grafana(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri("grafana_port", path))
                .timeout(ANSWER)
                .header("Authorization", secret("GRAFANA_AUTHORIZATION"))
                .build();
        return new ObjectMapper().readTree(HTTP.send(request, BodyHandlers.ofString()).body());
    }

    private URI uri(String port, String path) {
        return URI.create("http://127.0.0.1:" + parameters.get(port) + path);
    }

    /** The version that answers clients. */
    String version() throws Exception {
        return new ObjectMapper().readTree(get("/health").body()).get("version").asText();
    }

    /** All that can be seen of the home. */
    List<String> files() throws IOException {
        return TreeSnapshot.of(home(), true);
    }

    /** Which containers run, since when and of which image. */
    List<String> containers() throws Exception {
        return run("docker", "ps", "--all", "--filter", "label=com.docker.compose.project=" + name, "--format",
                "{{.ID}} {{.Names}} {{.Image}} {{.State}} {{.CreatedAt}}").lines().sorted().toList();
    }

    /** How many of each service run. */
    List<String> services() throws Exception {
        return run("docker", "ps", "--filter", "label=com.docker.compose.project=" + name, "--format",
                "{{.Label \"com.docker.compose.service\"}} {{.State}}").lines().sorted().toList();
    }

    /** All that can be seen of its containers, networks and volumes, but for what never is the same twice. */
    List<String> stack() throws Exception {
        return run(EXAMPLE.resolve("stack").toString(), home().toString()).lines().toList();
    }

    /** A container that is not of the project has the name that a replica would get, from either version of Compose. */
    void takeNameOfReplica(int number) throws Exception {
        for (String separator : List.of("_", "-")) {
            String taken = name + separator + "ocr-service" + separator + number;
            run("docker", "create", "--name", taken, "redis:7");
            strangers.add(taken);
        }
    }

    /** The tags of its images. */
    List<String> images() throws Exception {
        return run("docker", "images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").lines()
                .filter(image -> image.startsWith(name))
                .sorted()
                .toList();
    }

    /** What all its containers have said. */
    String logs() throws Exception {
        StringBuilder logs = new StringBuilder();
        for (String id : run("docker", "ps", "--all", "--quiet", "--filter",
                "label=com.docker.compose.project=" + name).lines().toList()) {
            logs.append(run("docker", "logs", id));
        }
        return logs.toString();
    }

    /**
     * What Docker tells of its images, how they were made, and its containers; but for those of the two services that get
     * secrets into their environment, as their makers want it.
     */
    String inspected() throws Exception {
        StringBuilder told = new StringBuilder();
        for (String image : images()) {
            String id = image.substring(image.indexOf(' ') + 1);
            told.append(run("docker", "image", "inspect", id)).append(run("docker", "history", "--no-trunc", id));
        }
        for (String container : run("docker", "ps", "--all", "--filter", "label=com.docker.compose.project=" + name,
                "--format", "{{.ID}} {{.Label \"com.docker.compose.service\"}}").lines().toList()) {
            String[] parts = container.split(" ");
            if (!parts[1].matches("ocr-service|app|grafana")) {
                told.append(run("docker", "inspect", parts[0]));
            }
        }
        return told.toString();
    }

    /** What a command says, errors included. It must succeed. */
    String run(String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("godwit-ocr-", ".out");
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            if (!process.waitFor(10, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
            }
            String said = Files.readString(out);
            if (process.exitValue() != 0) {
                throw new AssertionError(String.join(" ", command) + " failed: " + said);
            }
            return said;
        } finally {
            Files.delete(out);
        }
    }

    @Override
    public void close() throws IOException {
        for (String stranger : strangers) {
            try {
                run("docker", "rm", "--volumes", stranger);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (Files.exists(root.resolve("parameters"))) {
            try {
                run(EXAMPLE.resolve("stop").toString(), root.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
