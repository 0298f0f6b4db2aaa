package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.godwit.activities.host.Needed;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The system of {@code examples/smart-parking}, in containers with names of their own: databases, version 5, and a
 * simulator that sends. Closing it removes what there is of it.
 */
final class ParkingSystem implements AutoCloseable {
    static final Path EXAMPLE = Site.GODWIT.resolve("examples/smart-parking");
    static final String[] IMAGES = {"python:3.11-slim", "postgres:15", "redis:7"};

    private final String name = "godwit-it-" + UUID.randomUUID().toString().substring(0, 8);
    private final Path directory;
    private final Map<String, String> environment;

    /**
     * Returns when the simulator's first uplinks are answered.
     *
     * @param directory where it goes
     * @param environment of Docker's command line, besides that of this process
     */
    ParkingSystem(Path directory, Map<String, String> environment) throws Exception {
        this(directory, environment, 50, 20);
    }

    private ParkingSystem(Path directory, Map<String, String> environment, int rate, int devices) throws Exception {
        this.directory = Files.createDirectories(directory);
        this.environment = environment;
        try {
            run(EXAMPLE.resolve("start").toString(), home(), "--name", name, "--rate", String.valueOf(rate),
                    "--devices", String.valueOf(devices));
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    /** On this machine's engine. */
    static ParkingSystem onThisMachine(Path directory) throws Exception {
        Needed.docker(IMAGES);
        return new ParkingSystem(directory, Map.of());
    }

    /**
     * On this machine's engine, with a load of its own.
     *
     * @param rate how many uplinks a second
     * @param devices which send them
     */
    static ParkingSystem onThisMachine(Path directory, int rate, int devices) throws Exception {
        Needed.docker(IMAGES);
        return new ParkingSystem(directory, Map.of(), rate, devices);
    }

    String name() {
        return name;
    }

    String version5() {
        return name + "-api";
    }

    String version6() {
        return name + "-api-v6";
    }

    String workflowId() {
        return "smart-parking-v6/" + name;
    }

    private String home() {
        return directory.resolve("system").toString();
    }

    Path file(String path) {
        return directory.resolve("system").resolve(path);
    }

    /** The command that starts the migration; watches are short, and how fast this machine is today is not what is tested. */
    List<String> start(Path plan) throws IOException {
        List<String> command = new ArrayList<>(List.of("start", plan.toString(), "--output", "json"));
        List<String> parameters = new ArrayList<>(Files.readAllLines(file("parameters")));
        parameters.addAll(List.of("first_watch=1s", "second_watch=1s", "third_watch=1s", "look=1s",
                "webhook_limit=10000", "query_limit=10000"));
        parameters.forEach(parameter -> command.addAll(List.of("--param", parameter)));
        return command;
    }

    /** Workers know the system's secrets and its engine. */
    Temporal known(Temporal temporal) {
        return new Temporal() {
            @Override
            public String address() {
                return temporal.address();
            }

            @Override
            public Map<String, String> environment() {
                Map<String, String> all = new HashMap<>(temporal.environment());
                all.putAll(environment);
                all.put("GODWIT_SECRETS_DIR", file("secrets").toString());
                return all;
            }

            @Override
            public void close() {
                temporal.close();
            }
        };
    }

    /** Those that clients may be served by. */
    List<String> containersWithAlias() throws Exception {
        List<String> having = new ArrayList<>();
        for (String container : docker("ps", "--format", "{{.Names}}", "--filter", "network=" + name + "-network")) {
            String networks = String.join("", docker("inspect", "-f", "{{json .NetworkSettings.Networks}}", container));
            if (new ObjectMapper().readTree(networks)
                    .at("/" + name + "-network/Aliases")
                    .toString()
                    .contains("\"api\"")) {
                having.add(container);
            }
        }
        return having;
    }

    /** What the simulator says of itself. */
    JsonNode simulator() throws Exception {
        String port = Files.readAllLines(file("parameters"))
                .stream()
                .filter(line -> line.startsWith("simulator_port="))
                .findFirst()
                .orElseThrow()
                .substring("simulator_port=".length());
        return new ObjectMapper()
                .readTree(LicensePlate.get(URI.create("http://127.0.0.1:" + port + "/status")).body());
    }

    /** Where a container answers clients; it gets a new address each time it joins. */
    String address(String container) throws Exception {
        return docker("inspect", "-f", "{{(index .NetworkSettings.Networks \"" + name + "-network\").IPAddress}}",
                container).getFirst();
    }

    /** How long it took until a request that was sent later than this had its answer at another address. */
    Duration untilAnsweredElsewhere(String address, Instant since) throws IOException {
        double began = since.toEpochMilli();
        String notes = Files.readString(file("notes/frames.jsonl"));
        double answered = Double.POSITIVE_INFINITY;
        // The last line may still be being written.
        for (String line : notes.substring(0, notes.lastIndexOf('\n')).lines().toList()) {
            JsonNode note = new ObjectMapper().readTree(line);
            double sent = note.get("at").asDouble() * 1000;
            if (sent >= began && note.get("status").asInt() == 200 && !note.get("address").asText().equals(address)) {
                answered = Math.min(answered, sent + note.get("ms").asDouble());
            }
        }
        assertThat(answered).as("answers of another than " + address).isFinite();
        return Duration.ofMillis(Math.round(answered - began));
    }

    /** Returns when some uplinks were acknowledged that were not when this was called. */
    void awaitServed() throws Exception {
        long before = simulator().get("acknowledged").asLong();
        Until.seen("uplinks are acknowledged", () -> simulator().get("acknowledged").asLong() > before + 20);
    }

    /** Where each frame is; the simulator goes on if asked by {@code --running}. */
    JsonNode account(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(EXAMPLE.resolve("account").toString(), home()));
        command.addAll(List.of(options));
        Answer answer = execute(command);
        assertThat(answer.out()).as(answer.err()).contains("\"lost\"");
        return new ObjectMapper().readTree(answer.out());
    }

    List<String> docker(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new)).lines().toList();
    }

    /** What a command writes that must succeed. */
    private String run(String... command) throws IOException, InterruptedException {
        Answer answer = execute(List.of(command));
        assertThat(answer.exit()).as(List.of(command) + ": " + answer.out() + answer.err()).isZero();
        return answer.out();
    }

    private Answer execute(List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(directory, "command", ".out");
        Path err = Files.createTempFile(directory, "command", ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly().waitFor();
        }
        return new Answer(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Override
    public void close() throws IOException {
        if (Files.exists(file("parameters"))) {
            try {
                run(EXAMPLE.resolve("stop").toString(), home());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
