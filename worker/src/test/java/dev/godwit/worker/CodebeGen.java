package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.godwit.activities.host.Needed;
import dev.godwit.activities.host.TreeSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** CodebeGen as {@code examples/codebegen/start} brings it up, and a site that can migrate it. Closing it ends both. */
final class CodebeGen implements AutoCloseable {
    static final Path EXAMPLE = Site.GODWIT.resolve("examples/codebegen");
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final String LITTLE = "-Xmx96m";
    private static final int BATCH = 256;

    final Site site;
    private final Path directory;
    private final String name = "t-codebegen-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private Path plan = EXAMPLE.resolve("plan.yaml");

    /**
     * Returns when it answers. The site has the embedded Temporal, and no worker yet.
     *
     * @param seed options of {@code seed.py}
     */
    CodebeGen(Path directory, String... seed) throws Exception {
        this(directory, Temporal.embedded(), seed);
    }

    /** @param temporal closed with it */
    CodebeGen(Path directory, Temporal temporal, String... seed) throws Exception {
        this.directory = directory.toRealPath();
        boolean started = false;
        site = new Site(Files.createDirectories(this.directory.resolve("site")),
                temporal.with(Map.of("GODWIT_SECRETS_DIR", home().resolve("secrets").toString())));
        try {
            Needed.docker("postgres:15", "redis:7");
            Needed.part(OnPath.find("python3").isPresent(), "python3 with its module venv: install python3-venv");
            List<String> start = new ArrayList<>(List.of(home().toString(), "--name", name));
            start.addAll(List.of(seed));
            run(EXAMPLE.resolve("start"), start);
            started = true;
        } finally {
            if (!started) {
                close();
            }
        }
        Files.readAllLines(home().resolve("parameters")).forEach(line -> {
            String[] parts = line.split("=", 2);
            parameters.put(parts[0], parts[1]);
        });
        parameters.putAll(Map.of("load", "2s", "watch", "1s", "look", "1s"));
        // How fast this machine is today is not what is tested.
        parameters.putAll(Map.of("endpoint_limit", "10000", "query_limit", "10000"));
        // Open for almost all of the day, and the minute in which it is not is one to wait for.
        parameters.putAll(Map.of("window_opens", "00:00", "window_closes", "23:59"));
    }

    CodebeGen with(String parameter, String value) {
        parameters.put(parameter, value);
        return this;
    }

    Path home() {
        return directory.resolve("system");
    }

    Path storage() {
        return home().resolve("storage");
    }

    String id() {
        return "codebegen-versions/" + name;
    }

    /** Changes the plan for this system. */
    CodebeGen plan(UnaryOperator<String> change) throws IOException {
        plan = Files.writeString(directory.resolve("plan.yaml"), change.apply(Files.readString(plan)));
        return this;
    }

    /** Starts a run. */
    Site.Command begin(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of("start", plan.toString(), "--output", "json"));
        parameters.forEach((parameter, value) -> command.addAll(List.of("--param", parameter + "=" + value)));
        command.addAll(List.of(options));
        return site.begin(command);
    }

    /** Migrates, to the end. */
    Answer migrate(String... options) throws Exception {
        return begin(options).await(10);
    }

    /** Takes back what a run did that has ended, and follows that to its end. */
    Answer rollback(String... options) throws Exception {
        return beginRollback(options).await(10);
    }

    /** Begins to take back what a run did that has ended. */
    Site.Command beginRollback(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of("rollback", id(), "--output", "json"));
        command.addAll(List.of(options));
        return site.begin(command);
    }

    /** All that can be seen of the home, but for what the system writes as it runs, backups, and reports. */
    List<String> files() throws IOException {
        List<String> files = new ArrayList<>(TreeSnapshot.of(home(), true));
        files.removeIf(line -> line.matches("(\\.|api\\.pid|backups|reports|logs|messages\\.jsonl)([ /].*)?"));
        return files;
    }

    /** The names of what runs have noted for themselves. */
    List<String> reports() throws IOException {
        try (Stream<Path> files = Files.list(home().resolve("reports"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    /** The containers, and the processes of the API: their versions, for they do not keep their numbers. */
    List<String> running() throws Exception {
        List<String> running = new ArrayList<>(said("docker", "ps", "--all", "--no-trunc", "--filter", "name=^" + name
                + "-", "--format", "{{.ID}} {{.Names}} {{.Image}} {{.State}} {{.CreatedAt}}").lines()
                .sorted()
                .toList());
        ProcessHandle.allProcesses()
                .filter(process -> isApi(process.pid()))
                .map(process -> directory(process.pid()))
                .sorted()
                .forEach(running::add);
        return running;
    }

    /** Whether a process listens, or wants to, where clients ask. */
    private boolean isApi(long pid) {
        try {
            String line = Files.readString(Path.of("/proc", String.valueOf(pid), "cmdline"),
                    StandardCharsets.ISO_8859_1);
            return line.contains("app.main:app\0--port\0" + parameters.get("port") + "\0");
        } catch (IOException e) {
            return false; // It has ended.
        }
    }

    private static String directory(long pid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", String.valueOf(pid), "cwd")).toString();
        } catch (IOException e) {
            return "ended just now";
        }
    }

    /** The one that answers clients, and since when it runs. */
    String processOfApi() throws IOException {
        long pid = Long.parseLong(Files.readString(home().resolve("api.pid")));
        return pid + " " + ProcessHandle.of(pid).orElseThrow().info().startInstant();
    }

    /**
     * Kills the workers at random moments while a command waits for its run, up to four times; another takes over each time.
     *
     * @return how often
     */
    int killAmid(Site.Command run, Random random) throws Exception {
        int kills = 0;
        for (int kill = 0; kill < 4; kill++) {
            if (run.process().waitFor(1_000 + random.nextInt(9_000), TimeUnit.MILLISECONDS)) {
                break;
            }
            site.killWorkers();
            kills++;
            site.startWorker();
        }
        return kills;
    }

    /** How many generations lie in the storage itself. */
    int flat() throws IOException {
        try (Stream<Path> places = Files.list(storage())) {
            return (int) places.filter(place -> !place.endsWith("projects")).count();
        }
    }

    /**
     * Follows a command to its good end with workers that have little room, of which the first is killed when fewer, or
     * more, than so many generations lie in the storage itself; what it had done by then is not done again.
     *
     * @param falling whether fewer
     * @return the most that was alive in a worker's heap
     */
    long killedOnce(Site.Command command, int limit, boolean falling) throws Exception {
        long worker = site.startWorkerWith(LITTLE);
        long liveHeap = 0;
        boolean killed = false;
        while (!command.process().waitFor(500, TimeUnit.MILLISECONDS)) {
            int flat = flat();
            if (killed) {
                assertThat(falling ? flat - BATCH < limit : flat + BATCH > limit).as("it goes on where it was")
                        .isTrue();
            } else if (falling ? flat < limit : flat > limit) {
                site.killWorkers();
                killed = true;
                worker = site.startWorkerWith(LITTLE);
            }
            liveHeap = Math.max(liveHeap, Needs.liveHeap(worker));
        }
        Answer answer = command.await();
        assertThat(answer.exit()).as(answer.err()).isZero();
        assertThat(killed).as("the worker was killed").isTrue();
        site.killWorkers();
        return liveHeap;
    }

    /** The storage without times: what a run has made is not made at the same time again. */
    List<String> filesWithoutTimes() throws IOException {
        return TreeSnapshot.of(storage(), false);
    }

    /** All rows, and the schema; the steps' own journal apart. */
    List<String> database() throws SQLException {
        List<String> all = new ArrayList<>();
        all.addAll(rows("SELECT version_num FROM alembic_version"));
        all.addAll(rows("SELECT p::text FROM projects p ORDER BY id"));
        all.addAll(rows("SELECT g::text FROM generations g ORDER BY id"));
        all.addAll(rows("SELECT table_name || '.' || column_name || ' ' || data_type || coalesce(column_default, '')"
                + " || is_nullable FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1"));
        all.addAll(rows("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"));
        all.addAll(rows("SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
                + " WHERE connamespace = 'public'::regnamespace ORDER BY 1"));
        return all;
    }

    List<String> rows(String query) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }

    void execute(String sql) throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + parameters.get("postgres_port") + "/codebegen", "postgres",
                secret("CODEBEGEN_DB_PASSWORD"));
    }

    /** What the API answers a client with a token. */
    HttpResponse<byte[]> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(api(path)));
    }

    JsonNode json(String path) throws Exception {
        HttpResponse<byte[]> answer = get(path);
        assertThat(answer.statusCode()).as(path + ": " + new String(answer.body())).isEqualTo(200);
        return new ObjectMapper().readTree(answer.body());
    }

    /** A client generates something; returns the API's answer. */
    JsonNode generate(String project) throws Exception {
        HttpResponse<byte[]> answer = send(HttpRequest.newBuilder(api("/projects/" + project + "/generations"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"prompt\": \"made by a client\"}")));
        assertThat(answer.statusCode()).as(new String(answer.body())).isEqualTo(201);
        return new ObjectMapper().readTree(answer.body());
    }

    /** What the stakeholders were told. */
    String messages() throws IOException {
        Path messages = home().resolve("messages.jsonl");
        return Files.exists(messages) ? Files.readString(messages) : "";
    }

    private URI api(String path) {
        return URI.create("http://127.0.0.1:" + parameters.get("port") + path);
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.header("Authorization", "Bearer " + secret("CODEBEGEN_TOKEN")).build(),
                    BodyHandlers.ofByteArray());
        }
    }

    /** All of them, and the password of the database by itself. */
    List<String> secrets() throws IOException {
        try (Stream<Path> files = Files.list(home().resolve("secrets"))) {
            return files.map(file -> secret(file.getFileName().toString())).toList();
        }
    }

    private String secret(String secret) {
        try {
            return Files.readString(home().resolve("secrets").resolve(secret));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void run(Path program, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        said(command.toArray(String[]::new));
    }

    /** What a command says. It must succeed. */
    private String said(String... command) throws IOException {
        Path said = Files.createTempFile(directory, "command", ".out");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
        process.onExit().orTimeout(10, TimeUnit.MINUTES).join();
        String text = Files.readString(said);
        Files.delete(said);
        assertThat(process.exitValue()).as(String.join(" ", command) + ": " + text).isZero();
        return text;
    }

    @Override
    public void close() throws IOException {
        site.close();
        if (Files.exists(home().resolve("parameters"))) {
            run(EXAMPLE.resolve("stop"), List.of(home().toString()));
        }
    }
}
