package dev.godwit.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.godwit.activities.host.TreeSnapshot;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An installation of the plate recogniser on free ports, and what people do with it. Closing it ends what ran of it. */
final class LicensePlate implements AutoCloseable {
    static final Path EXAMPLE = Site.GODWIT.resolve("examples/license-plate");
    private static final Pattern RUN_ID = Pattern.compile("\\(run id ([0-9a-f-]+)\\)");
    private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final Site site;
    private final Path root;
    private final int v1Port = EmbeddedTemporal.freePort();
    private final int v2Port = EmbeddedTemporal.freePort();
    private final Set<String> runIds = new TreeSet<>();
    private final Map<String, Object> parameters = new LinkedHashMap<>();
    private final List<Site.Command> commands = new ArrayList<>();
    private Path plan = EXAMPLE.resolve("plan.yaml");
    private Process v1;

    /** Makes its home, with data; V1 does not run yet. */
    LicensePlate(Site site, Path directory, int sessions) throws Exception {
        this.site = site;
        this.root = directory.toRealPath();
        Files.createDirectories(backups());
        Files.createDirectories(reports());
        Process generator = new ProcessBuilder(Site.JAVA, "-XX:TieredStopAtLevel=1",
                EXAMPLE.resolve("generator/Generate.java").toString(), home().toString(), "--sessions",
                String.valueOf(sessions)).redirectErrorStream(true)
                .redirectOutput(root.resolve("generator.log").toFile())
                .start();
        if (generator.waitFor() != 0) {
            throw new AssertionError(Files.readString(root.resolve("generator.log")));
        }
        parameters.put("home", home());
        parameters.put("v2_home", v2Home());
        parameters.put("v2_source", EXAMPLE.resolve("v2"));
        parameters.put("backups", backups());
        parameters.put("reports", reports());
        parameters.put("v1_port", v1Port);
        parameters.put("v2_port", v2Port);
        parameters.put("driver", sqliteDriver());
        parameters.put("java", CompiledServers.java());
    }

    /** Where its migration runs. */
    Site site() {
        return site;
    }

    /** Where all of it is. */
    Path root() {
        return root;
    }

    Path home() {
        return root.resolve("v1");
    }

    Path v2Home() {
        return root.resolve("v2");
    }

    Path backups() {
        return root.resolve("backups");
    }

    Path reports() {
        return root.resolve("reports");
    }

    Path sessions() {
        return home().resolve("data/license_plates");
    }

    /** Adds a line to V1's settings. */
    LicensePlate setting(String line) throws IOException {
        Files.writeString(home().resolve(".env"), line + "\n", StandardOpenOption.APPEND);
        return this;
    }

    /** Sets a parameter of the plan. */
    LicensePlate with(String parameter, Object value) {
        parameters.put(parameter, value);
        return this;
    }

    /** Takes the example's plan with batches so small that there is time to see and to disturb its middle. */
    LicensePlate slowly(int batch) throws IOException {
        return slowly(batch, "3s");
    }

    /**
     * The same.
     *
     * @param heartbeat how long a worker must be silent to be taken for lost
     */
    LicensePlate slowly(int batch, String heartbeat) throws IOException {
        return plan(text -> slow(text, batch, heartbeat));
    }

    /** The text of the example's plan, with such batches and such a heartbeat in the steps that have them. */
    static String slow(String plan, int batch, String heartbeat) {
        return batches(plan, batch).replaceAll("(?m)^( +)with: &(sessions|rows)$",
                "$1heartbeat: " + heartbeat + "\n$0");
    }

    /** The text of the example's plan, with such batches. */
    static String batches(String plan, int batch) {
        String text = plan;
        for (String step : List.of("sessions", "rows")) {
            String head = "        with: &" + step + "\n";
            if (!text.contains(head)) {
                throw new AssertionError("the example's plan no longer has '" + head + "'");
            }
            text = text.replace(head, head + "          batch: " + batch + "\n");
        }
        return text;
    }

    /**
     * Takes the example's plan as a test changes it.
     *
     * @param change gets the plan's text and gives another
     */
    LicensePlate plan(UnaryOperator<String> change) throws IOException {
        plan = Files.writeString(root.resolve("changed.yaml"), change.apply(Files.readString(plan)));
        return this;
    }

    /** Returns when V1 answers; when told to, it will detect all the time. */
    LicensePlate startV1() throws Exception {
        return startV1(50);
    }

    /** V1 detects, so there is detection to pause and to start again, and yet it writes nothing: no two runs differ. */
    LicensePlate startIdleV1() throws Exception {
        int never = (int) TimeUnit.DAYS.toMillis(1);
        setting("SESSION_INTERVAL_MS=" + never).startV1(never);
        Set<Path> before = files(sessions());
        detect();
        Until.seen("V1 detects", () -> files(sessions()).size() > before.size());
        Set<Path> detected = files(sessions());
        detected.removeAll(before);
        for (Path session : detected) {
            Files.delete(session);
        }
        return this;
    }

    private LicensePlate startV1(int sessionIntervalMillis) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(CompiledServers.java().toString(), "V1.java")
                .directory(home().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(home().resolve("logs/console.log").toFile()));
        builder.environment().put("PORT", String.valueOf(v1Port));
        builder.environment().put("SESSION_INTERVAL_MS", String.valueOf(sessionIntervalMillis));
        v1 = builder.start();
        Until.seen("V1 answers", () -> {
            try {
                return get(v1("/health")).statusCode() == 200;
            } catch (ConnectException e) {
                return false;
            }
        });
        return this;
    }

    /** V1 looks at its camera, and writes sessions. */
    LicensePlate detect() throws Exception {
        post(v1("/detection/start"));
        return this;
    }

    URI v1(String path) {
        return URI.create("http://127.0.0.1:" + v1Port + path);
    }

    URI v2(String path) {
        return URI.create("http://127.0.0.1:" + v2Port + path);
    }

    static HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    static void post(URI uri) throws IOException, InterruptedException {
        HTTP.send(HttpRequest.newBuilder(uri)
                .timeout(Duration.ofSeconds(10))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(), HttpResponse.BodyHandlers.discarding());
    }

    /** What answers there says of itself. */
    static String version(URI health) throws IOException, InterruptedException {
        return new ObjectMapper().readTree(get(health).body()).path("version").asText();
    }

    /** The process that was started as V1 first. */
    ProcessHandle firstV1() {
        return v1.toHandle();
    }

    /** Migrates, to the end. */
    Answer migrate(String... options) throws Exception {
        return await(begin(options));
    }

    /** Begins to migrate. */
    Site.Command begin(String... options) throws IOException {
        return start(plan, parameters, options);
    }

    /** Recovers V1 from its newest good backup. */
    Answer recover() throws Exception {
        Map<String, Object> some = new LinkedHashMap<>(parameters);
        some.keySet().retainAll(Set.of("home", "backups", "v1_port", "v2_home", "v2_port", "java"));
        return await(start(EXAMPLE.resolve("recover.yaml"), some));
    }

    Answer await(Site.Command command) throws Exception {
        return command.await();
    }

    /** What begins to migrate, for the command line. */
    List<String> startArguments(String... options) {
        return arguments(plan, parameters, options);
    }

    private Site.Command start(Path file, Map<String, Object> values, String... options) throws IOException {
        Site.Command command = site.begin(arguments(file, values, options));
        commands.add(command);
        return command;
    }

    private static List<String> arguments(Path file, Map<String, Object> values, String... options) {
        List<String> arguments = new ArrayList<>(List.of("start", file.toString(), "--output", "json"));
        values.forEach((name, value) -> arguments.addAll(List.of("--param", name + "=" + value)));
        arguments.addAll(List.of(options));
        return arguments;
    }

    /** The id of a run that migrates this. */
    String workflowId() {
        return "license-plate-v2/" + home();
    }

    /** What a run was given for the plan's parameters. */
    Map<String, Object> parameters() {
        return Map.copyOf(parameters);
    }

    /** The file of the plan. */
    Path plan() {
        return plan;
    }

    /** Takes note of a run that was started otherwise, so that what it starts is ended too. */
    void remember(String runId) {
        runIds.add(runId);
    }

    /** All that can be seen of V1's home; its own logs apart. V1 must not be detecting. */
    List<String> snapshot() throws IOException {
        return TreeSnapshot.of(home(), true)
                .stream()
                .filter(line -> !line.startsWith("logs ") && !line.startsWith("logs/"))
                .toList();
    }

    /** What a rollback left of V2's home; its own logs apart. */
    List<String> leftOfV2() throws IOException {
        List<String> left = new ArrayList<>();
        if (Files.exists(v2Home(), LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> files = Files.walk(v2Home())) {
                files.map(v2Home()::relativize)
                        .filter(file -> !file.toString().isEmpty() && !file.startsWith("logs"))
                        .forEach(file -> left.add(file.toString()));
            }
        }
        return left;
    }

    /** How many files a directory holds; none if there is no such directory. */
    static long count(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.count();
        }
    }

    private static Set<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** A file of JSON. */
    static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    private static Path sqliteDriver() throws IOException {
        try (Stream<Path> jars = Files.list(Site.GODWIT.resolve("worker/target/lib"))) {
            return jars.filter(jar -> jar.getFileName().toString().startsWith("sqlite-jdbc")).findFirst().orElseThrow();
        }
    }

    @Override
    public void close() throws IOException {
        List<ProcessHandle> ours = processes();
        ours.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle process : ours) {
            process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        }
    }

    /** Which versions run, one entry a process. */
    List<String> running() throws IOException {
        return processes().stream()
                .filter(ProcessHandle::isAlive)
                .map(process -> process.info().commandLine().orElse("").replaceAll(".*(V[12])\\.java.*", "$1"))
                .sorted()
                .toList();
    }

    private List<ProcessHandle> processes() throws IOException {
        List<ProcessHandle> ours = new ArrayList<>();
        if (v1 != null) {
            ours.add(v1.toHandle());
        }
        for (Site.Command command : commands) {
            RUN_ID.matcher(command.saidSoFar()).results().map(runId -> runId.group(1)).forEach(this::remember);
        }
        for (String runId : runIds) {
            for (long pid : site.startedBy(runId)) {
                ProcessHandle.of(pid).filter(LicensePlate::isRecogniser).ifPresent(ours::add);
            }
        }
        return ours;
    }

    /** A pid may have been given to another process since. */
    private static boolean isRecogniser(ProcessHandle process) {
        return process.info()
                .arguments()
                .map(arguments -> String.join(" ", arguments).matches(".*V[12]\\.java.*"))
                .orElse(false);
    }
}
