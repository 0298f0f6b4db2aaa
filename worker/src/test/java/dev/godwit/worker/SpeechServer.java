package dev.godwit.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.TreeSnapshot;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** An installation of the speech server on free ports. Closing it ends what ran of it. */
final class SpeechServer implements AutoCloseable {
    static final Path EXAMPLE = Site.GODWIT.resolve("examples/stts-server");
    private static final Pattern RUN_ID = Pattern.compile("\\(run id ([0-9a-f-]+)\\)");

    private final Site site;
    private final Path root;
    private final int legacyPort = EmbeddedTemporal.freePort();
    private final int port = EmbeddedTemporal.freePort();
    private final Map<String, Object> parameters = new LinkedHashMap<>();
    private final List<String> runIds = new ArrayList<>();
    private final int proxyPort = EmbeddedTemporal.freePort();
    private final Process legacy;
    private final Process nginx;

    /** Returns when the legacy server answers. */
    SpeechServer(Site site, Path directory) throws Exception {
        Needed.part(hasPython(), "python3 with PyYAML: install python3-yaml");
        this.site = site;
        this.root = directory.toRealPath();
        Needed.part(OnPath.find("nginx").isPresent(), "nginx: install nginx-light");
        run(EXAMPLE.resolve("make-home").toString(), home().toString(), "200", String.valueOf(proxyPort),
                String.valueOf(legacyPort));
        for (String name : List.of("backups", "reports", "staging")) {
            parameters.put(name, Files.createDirectories(root.resolve(name)));
        }
        parameters.put("home", home());
        parameters.put("source", EXAMPLE.resolve("v2"));
        parameters.put("legacy_port", legacyPort);
        parameters.put("port", port);
        parameters.put("proxy_port", proxyPort);
        parameters.put("staging_port", EmbeddedTemporal.freePort());
        legacy = new ProcessBuilder("python3", "server.py", "--port", String.valueOf(legacyPort))
                .directory(home().toFile())
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("legacy.log").toFile())
                .start();
        nginx = new ProcessBuilder("nginx", "-c", home().resolve("nginx/nginx.conf").toString(), "-g", "daemon off;")
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("nginx.log").toFile())
                .start();
        Until.seen("the legacy server answers behind nginx", () -> {
            try {
                return LicensePlate.get(clients("/health")).statusCode() == 200;
            } catch (ConnectException e) {
                return false;
            }
        });
    }

    Path home() {
        return root.resolve("home");
    }

    Path config() {
        return home().resolve("config.yaml");
    }

    Path reports() {
        return root.resolve("reports");
    }

    String workflowId() {
        return "stts-v2/" + home();
    }

    /** What clients ask. */
    URI clients(String path) {
        return URI.create("http://127.0.0.1:" + proxyPort + path);
    }

    /** What an endpoint of the new server says. */
    JsonNode v2(String path) throws Exception {
        return new ObjectMapper().readTree(LicensePlate.get(URI.create("http://127.0.0.1:" + port + path)).body())
                .get("data");
    }

    /** Which server clients are served by. */
    String architecture() throws Exception {
        return new ObjectMapper().readTree(LicensePlate.get(clients("/health")).body())
                .at("/data/architecture")
                .asText();
    }

    /** What clients get; a server's own id apart. */
    List<String> answers() throws Exception {
        List<String> answers = new ArrayList<>();
        for (String path : List.of("/health", "/tts/voices", "/get_reference_files")) {
            HttpResponse<String> answer = LicensePlate.get(clients(path));
            answers.add(path + " " + answer.statusCode() + " " + answer.body().replaceAll("\"pid\": [0-9]+", ""));
        }
        return answers;
    }

    /** Migrates, to the end. */
    Answer migrate(String... options) throws Exception {
        return migrate(EXAMPLE.resolve("plan.yaml"), options);
    }

    /** By a plan that has the parameters of the example's. */
    Answer migrate(Path plan, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("start", plan.toString(), "--output", "json"));
        parameters.forEach((name, value) -> arguments.addAll(List.of("--param", name + "=" + value)));
        arguments.addAll(List.of(options));
        Site.Command command = site.begin(arguments);
        Answer answer = command.await(10);
        RUN_ID.matcher(answer.err()).results().forEach(runId -> runIds.add(runId.group(1)));
        return answer;
    }

    /** All that can be seen of the home and of staging; the servers' own logs apart. */
    List<String> snapshot() throws IOException {
        List<String> snapshot = new ArrayList<>(TreeSnapshot.of(home(), true));
        snapshot.addAll(TreeSnapshot.of(root.resolve("staging"), true));
        snapshot.removeIf(line -> line.matches("(logs|outputs|analytics|nginx)( .*|/.*)"));
        return snapshot;
    }

    @Override
    public void close() throws IOException {
        List<ProcessHandle> ours = new ArrayList<>(List.of(legacy.toHandle(), nginx.toHandle()));
        nginx.children().forEach(ours::add);
        for (String runId : runIds) {
            for (long pid : site.startedBy(runId)) {
                ProcessHandle.of(pid).filter(SpeechServer::isServer).ifPresent(ours::add);
            }
        }
        ours.forEach(ProcessHandle::destroyForcibly);
        ours.forEach(process -> process.onExit().orTimeout(1, TimeUnit.MINUTES).join());
    }

    /** A pid may have been given to another process since. */
    private static boolean isServer(ProcessHandle process) {
        return process.info()
                .arguments()
                .map(arguments -> String.join(" ", arguments).matches(".*server(_v2)?\\.py.*"))
                .orElse(false);
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "-c", "import yaml").start().waitFor() == 0;
        } catch (IOException e) {
            return false; // There is no Python.
        }
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (process.waitFor() != 0) {
            throw new AssertionError(String.join(" ", command) + " failed");
        }
    }
}
