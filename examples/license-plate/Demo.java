import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The story that {@code godwit demo} tells: a plate recogniser is migrated, another migration fails at its end and is rolled
 * back, and data that was damaged is recovered from the backup. Every step of it is a command that anyone can type.
 *
 * <pre>
 * java Demo.java --directory DIR --sessions N [--keep]      with GODWIT_HOME and TEMPORAL_ADDRESS set
 * </pre>
 */
public final class Demo {
    private static final Duration START = Duration.ofSeconds(30);

    private final Path godwit = Path.of(System.getenv("GODWIT_HOME"));
    private final Path example = godwit.resolve("examples/license-plate");
    private final String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final List<Instance> instances = new ArrayList<>();
    private final List<Path> reports = new ArrayList<>();
    private final Path directory;
    private final int sessions;

    private Demo(Path directory, int sessions) {
        this.directory = directory;
        this.sessions = sessions;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            boolean hasValue = i + 1 < arguments.length && !arguments[i + 1].startsWith("--");
            options.put(arguments[i], hasValue ? arguments[++i] : "");
        }
        Demo demo = new Demo(Path.of(options.get("--directory")), Integer.parseInt(options.get("--sessions")));
        boolean keep = options.containsKey("--keep");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (!keep) {
                demo.stopEverything();
                demo.stopWhatBegan();
            }
        }));
        try {
            demo.tell();
        } catch (DemoFailed e) {
            System.err.println("demo: " + e.getMessage());
            System.exit(1);
        }
    }

    private void tell() throws IOException, InterruptedException {
        Instance first = instance("first");
        say("1. A plate recogniser V1 runs at " + first.v1() + " with " + sessions + " sessions, and goes on writing.",
                "   Forward: it is migrated to V2, side by side (strategy parallel).",
                "   $DEMO stands for " + directory + ".");
        expect(0, first.start("plan.yaml", "parallel", "forward"));
        say("   V2 answers: " + get(first.v2() + "/health"));

        Instance second = instance("second");
        Files.writeString(second.home.resolve(".env"),
                Files.readString(second.home.resolve(".env")) + "FAULT=wrong-detections\n");
        Map<String, String> before = second.snapshot();
        say("2. Another one, whose V2 will answer wrongly: its migration (strategy direct) fails at the end.");
        expect(3, second.start("plan.yaml", "direct", "rolled back"));
        Map<String, String> after = second.snapshot();
        if (!before.equals(after)) {
            throw new DemoFailed("the rolled back home is not as it was: " + difference(before, after));
        }
        say("   V1 answers again: " + get(second.v1() + "/health"),
                "   All " + before.size() + " files and directories are as they were, byte for byte and to the second.");

        say("3. Someone damages V1's data in the first instance; it is recovered from the newest good backup.");
        first.damage();
        expect(0, first.start("recover.yaml", "", "recovered"));

        say("The reports:");
        reports.forEach(report -> say("   " + report));
    }

    private Instance instance(String name) throws IOException, InterruptedException {
        Instance instance = new Instance(name);
        run(List.of(java, "-XX:TieredStopAtLevel=1", example.resolve("generator/Generate.java").toString(),
                instance.home.toString(), "--sessions", String.valueOf(sessions)), directory);
        instance.startV1();
        return instance;
    }

    /** An installation of the recogniser. */
    private final class Instance {
        private final Path root;
        private final Path home;
        private final int v1Port = freePort();
        private final int v2Port = freePort();

        private Instance(String name) throws IOException {
            root = Files.createDirectories(directory.resolve(name));
            home = root.resolve("v1");
        }

        private String v1() {
            return "http://127.0.0.1:" + v1Port;
        }

        private String v2() {
            return "http://127.0.0.1:" + v2Port;
        }

        private void startV1() throws IOException, InterruptedException {
            ProcessBuilder builder = new ProcessBuilder(java, "-XX:TieredStopAtLevel=1", "V1.java")
                    .directory(home.toFile()).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("logs/console.log").toFile()));
            builder.environment().put("PORT", String.valueOf(v1Port));
            builder.start();
            instances.add(this);
            awaitHealthy(v1());
            http.send(HttpRequest.newBuilder(URI.create(v1() + "/detection/start"))
                    .POST(HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.discarding());
        }

        private int start(String plan, String strategy, String outcome) throws IOException, InterruptedException {
            List<String> command = new ArrayList<>(List.of("start", "examples/license-plate/" + plan));
            parameter(command, "home", home);
            parameter(command, "backups", root.resolve("backups"));
            parameter(command, "v2_home", root.resolve("v2"));
            parameter(command, "v1_port", v1Port);
            parameter(command, "v2_port", v2Port);
            if (plan.equals("plan.yaml")) {
                parameter(command, "reports", root.resolve("reports"));
                parameter(command, "strategy", strategy);
                parameter(command, "v2_source", example.resolve("v2"));
                parameter(command, "driver", sqliteDriver());
            }
            parameter(command, "java", java);
            Files.createDirectories(root.resolve("backups"));
            Files.createDirectories(root.resolve("reports"));
            System.err.println("   $ ./godwit " + String.join(" ", command).replace(directory.toString(), "$DEMO"));
            int exit = run(launcher(command), godwit);
            Path report = Files.createDirectories(godwit.resolve(".godwit/demo"))
                    .resolve((reports.size() + 1) + "-" + outcome.replace(' ', '-') + ".md");
            String id = workflowId(plan);
            Process shown = new ProcessBuilder(launcher(List.of("report", id))).redirectOutput(report.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            expect(0, shown.waitFor());
            reports.add(report);
            return exit;
        }

        private String workflowId(String plan) throws IOException {
            Matcher name = Pattern.compile("(?m)^name: *(\\S+)").matcher(Files.readString(example.resolve(plan)));
            if (!name.find()) {
                throw new DemoFailed(plan + " has no name");
            }
            return name.group(1) + "/" + home;
        }

        /** Every file and directory with what it holds and when it changed; the system's own logs apart. */
        private Map<String, String> snapshot() throws IOException {
            quiet();
            Map<String, String> entries = new TreeMap<>();
            try (Stream<Path> files = Files.walk(home)) {
                for (Path file : files.filter(file -> !file.startsWith(home.resolve("logs"))).toList()) {
                    entries.put(home.relativize(file).toString(), describe(file));
                }
            }
            return entries;
        }

        /** V1 must not write while the tree is looked at. */
        private void quiet() throws IOException {
            try {
                http.send(HttpRequest.newBuilder(URI.create(v1() + "/detection/stop"))
                        .POST(HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.discarding());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void damage() throws IOException {
            try (Stream<Path> files = Files.list(home.resolve("data/license_plates"))) {
                for (Path file : files.sorted().limit(3).toList()) {
                    Files.writeString(file, "{\"detections\": [");
                }
            }
        }
    }

    private static String describe(Path file) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:mode,lastModifiedTime,isDirectory",
                LinkOption.NOFOLLOW_LINKS);
        String content = (boolean) attributes.get("isDirectory") ? "" : sha256(file);
        return attributes.get("mode") + " " + attributes.get("lastModifiedTime") + " " + content;
    }

    private static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String difference(Map<String, String> before, Map<String, String> after) {
        List<String> lines = new ArrayList<>();
        before.forEach((file, was) -> {
            if (!was.equals(after.get(file))) {
                lines.add(file + ": " + was + " -> " + after.get(file));
            }
        });
        after.keySet().stream().filter(file -> !before.containsKey(file)).forEach(file -> lines.add(file + ": is new"));
        return String.join("; ", lines.subList(0, Math.min(lines.size(), 5)));
    }

    private List<String> launcher(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(godwit.resolve("godwit").toString()));
        command.addAll(arguments);
        return command;
    }

    private static void parameter(List<String> command, String name, Object value) {
        command.add("--param");
        command.add(name + "=" + value);
    }

    /** V2 keeps a database too if it finds a driver; the worker has one. */
    private Path sqliteDriver() throws IOException {
        try (Stream<Path> jars = Files.list(godwit.resolve("worker/target/lib"))) {
            return jars.filter(jar -> jar.getFileName().toString().startsWith("sqlite-jdbc")).findFirst()
                    .orElseThrow(() -> new DemoFailed("the worker's libraries have no SQLite driver"));
        }
    }

    private int run(List<String> command, Path where) throws IOException, InterruptedException {
        return new ProcessBuilder(command).directory(where.toFile()).inheritIO().start().waitFor();
    }

    private String get(String url) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(5)).build(),
                HttpResponse.BodyHandlers.ofString()).body().strip();
    }

    private void awaitHealthy(String url) throws InterruptedException {
        long deadline = System.nanoTime() + START.toNanos();
        while (true) {
            try {
                get(url + "/health");
                return;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw new DemoFailed("nothing answers at " + url + " within " + START.toSeconds() + " s");
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
    }

    /** Also what the migrations started: each server tells its own pid. */
    private void stopEverything() {
        for (Instance instance : instances) {
            for (String url : List.of(instance.v1(), instance.v2())) {
                try {
                    Matcher pid = Pattern.compile("\"pid\": ?(\\d+)").matcher(get(url + "/health"));
                    if (pid.find()) {
                        ProcessHandle.of(Long.parseLong(pid.group(1))).ifPresent(Demo::stop);
                    }
                } catch (IOException e) {
                    // Nothing answers there any more, so there is nothing to stop.
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** A server that was just being started does not answer yet, but has written its pid into the worker's state. */
    private void stopWhatBegan() {
        Path shared = directory.resolve("state/shared");
        if (!Files.isDirectory(shared)) {
            return;
        }
        try (Stream<Path> files = Files.walk(shared)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String pid = Files.readString(file).lines().findFirst().orElse("");
                if (pid.matches("\\d+")) {
                    ProcessHandle.of(Long.parseLong(pid))
                            .filter(process -> process.info().arguments()
                                    .map(arguments -> String.join(" ", arguments).matches(".*V[12]\\.java.*"))
                                    .orElse(false))
                            .ifPresent(Demo::stop);
                }
            }
        } catch (IOException e) {
            System.err.println("demo: cannot look for what was started: " + e.getMessage());
        }
    }

    private static void stop(ProcessHandle process) {
        process.destroy();
        process.onExit().orTimeout(5, TimeUnit.SECONDS).exceptionally(late -> {
            process.destroyForcibly();
            return process;
        }).join();
    }

    private static void expect(int wanted, int exit) {
        if (exit != wanted) {
            throw new DemoFailed("the command ended with exit code " + exit + " where " + wanted + " was expected");
        }
    }

    private static void say(String... lines) {
        for (String line : lines) {
            System.err.println(line);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static final class DemoFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DemoFailed(String message) {
            super(message);
        }
    }
}
