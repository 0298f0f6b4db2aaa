package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Durations;
import dev.godwit.plan.Location;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/** A process on this machine. */
final class LocalProcess implements ControllableProcess {
    private static final Duration KILLED_WITHIN = Duration.ofSeconds(10);
    private static final Duration SETTLED_AFTER = Duration.ofSeconds(1);
    private static final Duration LISTENING_WITHIN = Duration.ofSeconds(30);
    private static final Duration EXIT_KNOWN_WITHIN = Duration.ofSeconds(2);
    /** A process that a signal ends has this and the signal's number for its exit code. */
    private static final int SIGNALS_BEGIN = 128;
    private static final int LAST_WORDS_BYTES = 4_000;
    private static final int LAST_WORDS_LINES = 10;

    private final ProcessKind.Definition definition;
    private final Location location;
    private final Path directory;
    private final Path log;
    private final Optional<Integer> port;
    private final ResourceAccess access;

    LocalProcess(ProcessKind.Definition definition, Location location, Path directory, Path log,
            Optional<Integer> port, ResourceAccess access) {
        this.definition = definition;
        this.location = location;
        this.directory = directory;
        this.log = log;
        this.port = port;
        this.access = access;
    }

    @Override
    public Location location() {
        return location;
    }

    @Override
    public List<String> command() {
        return definition.command();
    }

    @Override
    public Duration grace() {
        return definition.grace();
    }

    @Override
    public Optional<Location> service() {
        return definition.identify()
                .map(ProcessKind.Identify::listensOn)
                .or(() -> definition.health().map(ProcessKind.Health::http));
    }

    @Override
    public Optional<ProcessIdentity> find() throws IOException {
        Optional<ProcessIdentity> ours = started();
        return ours.isPresent() ? ours : listener().filter(this::isOurs);
    }

    @Override
    public Optional<String> intruder() throws IOException {
        if (port.isEmpty() || !ProcessTable.listening(port.get())) {
            return Optional.empty();
        }
        Optional<ProcessIdentity> listener = listener();
        if (listener.isEmpty()) {
            return Optional.of("a process of another user");
        }
        Optional<ProcessIdentity> ours = find();
        boolean own = ours.isPresent() && ProcessTable.family(ours.get()).stream().anyMatch(listener.get()::same);
        return own ? Optional.empty() : listener.map(ProcessIdentity::toString);
    }

    @Override
    public ProcessIdentity start(String name) throws IOException {
        Optional<ProcessIdentity> running = started(name);
        if (running.isPresent()) {
            return running.get();
        }
        if (!Files.isDirectory(directory)) {
            throw StepFailure.user("directory-missing", location + " cannot start: its directory " + directory
                    + " does not exist; create it, or change the plan");
        }
        Map<String, String> environment = new LinkedHashMap<>();
        definition.environment().forEach((variable, value) -> environment.put(variable, text(value)));
        return Launcher.launch(command(), directory, environment, log, places(name));
    }

    @Override
    public Optional<ProcessIdentity> started(String name) {
        return Launcher.launched(places(name)).stream().filter(ProcessTable::alive).findFirst();
    }

    @Override
    public Optional<ProcessIdentity> started() throws IOException {
        Path starts = places();
        if (!Files.isDirectory(starts)) {
            return Optional.empty();
        }
        TreeSet<String> names = new TreeSet<>();
        try (DirectoryStream<Path> places = Files.newDirectoryStream(starts, "*.[0-9]*")) {
            places.forEach(place -> names.add(place.getFileName().toString().replaceAll("\\.\\d+$", "")));
        }
        return names.stream()
                .map(name -> Launcher.launched(starts.resolve(name)))
                .flatMap(List::stream)
                .filter(ProcessTable::alive)
                .findFirst();
    }

    @Override
    public Usage usage(ProcessIdentity process) {
        Duration cpu = Duration.ZERO;
        long residentBytes = 0;
        for (ProcessIdentity member : ProcessTable.family(process)) {
            cpu = cpu.plus(handle(member).flatMap(handle -> handle.info().totalCpuDuration()).orElse(Duration.ZERO));
            residentBytes += ProcessTable.residentBytes(member.pid());
        }
        return new Usage(cpu, residentBytes);
    }

    @Override
    public void awaitHealthy(ProcessIdentity process, Runnable whileWaiting) throws Exception {
        if (definition.health().isPresent()) {
            ProcessKind.Health health = definition.health().get();
            HttpService service = access.reading(HttpKind.class, health.http());
            awaitStarted(process, () -> noIntruder() && answers(service, health.path(), whileWaiting), health.within(),
                    service.uri(health.path()) + " did not answer with 2xx", whileWaiting);
        } else if (definition.identify().isPresent()) {
            awaitStarted(process, this::listens, LISTENING_WITHIN, "it does not listen on port " + port.orElseThrow(),
                    whileWaiting);
        } else {
            Polling.until(() -> !ProcessTable.alive(process), SETTLED_AFTER, whileWaiting);
            requireAlive(process);
        }
    }

    @Override
    public List<ProcessIdentity> family(ProcessIdentity process) {
        return ProcessTable.alive(process) ? ProcessTable.family(process) : List.of();
    }

    @Override
    public void stop(List<ProcessIdentity> processes, Duration grace, Runnable whileWaiting) throws IOException {
        List<ProcessIdentity> family = processes.stream().map(this::family).flatMap(List::stream).distinct().toList();
        BooleanSupplier gone = () -> family.stream().noneMatch(ProcessTable::alive);
        family.forEach(member -> handle(member).ifPresent(ProcessHandle::destroy));
        if (Polling.until(gone::getAsBoolean, grace, whileWaiting)) {
            return;
        }
        family.forEach(member -> handle(member).ifPresent(ProcessHandle::destroyForcibly));
        if (!Polling.until(gone::getAsBoolean, KILLED_WITHIN, whileWaiting)) {
            throw StepFailure.external("process-not-stopped", location + ": "
                    + family.stream().filter(ProcessTable::alive).findFirst().orElse(family.getFirst())
                    + " does not end, though it was killed; see what it waits for, and whether this worker may stop it");
        }
    }

    private void awaitStarted(ProcessIdentity process, BooleanSupplier ready, Duration within, String otherwise,
            Runnable whileWaiting) {
        boolean done = Polling.until(() -> !ProcessTable.alive(process) || ready.getAsBoolean(), within, whileWaiting);
        requireAlive(process);
        if (!done) {
            throw StepFailure.external("process-not-healthy",
                    location + ": " + process + " runs, but " + otherwise + " within " + Durations.format(within)
                            + "; see its log " + log + lastWords());
        }
    }

    private void requireAlive(ProcessIdentity process) {
        if (!ProcessTable.alive(process)) {
            throw StepFailure.external("process-ended", location + ": '" + String.join(" ", command())
                    + "' ended while it started" + exit(process) + "; see its log " + log + lastWords());
        }
    }

    private String exit(ProcessIdentity process) {
        // Whoever waits for it may hear of it a moment later than others see it.
        Polling.until(() -> Launcher.exit(places(), process).isPresent(), EXIT_KNOWN_WITHIN, () -> {});
        OptionalInt code = Launcher.exit(places(), process);
        if (code.isEmpty()) {
            return "";
        }
        int signal = code.getAsInt() - SIGNALS_BEGIN;
        return ", " + (signal > 0 ? "killed by signal " + signal : "with exit code " + code.getAsInt());
    }

    private static boolean answers(HttpService service, String path, Runnable whileWaiting) {
        try {
            int status = service.get(path, HttpService.Content.IGNORED, Duration.ofSeconds(5), whileWaiting).status();
            return status >= 200 && status < 300;
        } catch (IOException e) {
            return false; // Not yet.
        }
    }

    private boolean listens() {
        try {
            return ProcessTable.listening(port.orElseThrow()) && noIntruder();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Else another's answer on the same port would pass for that of a process which is about to fail. */
    private boolean noIntruder() {
        try {
            return intruder().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path places() {
        return access.shared().resolve("processes").resolve(location.resource());
    }

    private Path places(String name) {
        return places().resolve(name);
    }

    private Optional<ProcessIdentity> listener() throws IOException {
        return port.isPresent() ? ProcessTable.listener(port.get()) : Optional.empty();
    }

    private boolean isOurs(ProcessIdentity process) {
        return process.command().contains(definition.identify().orElseThrow().commandContains());
    }

    private String text(JsonNode value) {
        return value.isObject() ? access.secret(value.get("secret").textValue()) : value.asText();
    }

    /** Without the secrets that it was given: a program that dies may well write what it was configured with. */
    private String lastWords() {
        Map<String, String> secrets = new LinkedHashMap<>();
        definition.environment()
                .values()
                .stream()
                .filter(JsonNode::isObject)
                .forEach(value -> secrets.put(value.get("secret").textValue(), text(value)));
        int longest = secrets.values().stream().mapToInt(LocalProcess::bytes).max().orElse(0);
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            byte[] end = new byte[(int) Math.min(LAST_WORDS_BYTES + longest, file.length())];
            file.seek(file.length() - end.length);
            file.readFully(end);
            String redacted = new Redactor(secrets).redacted(new String(end, StandardCharsets.UTF_8));
            // What it begins with may be the rest of a secret.
            boolean whole = end.length == file.length();
            List<String> lines = redacted.substring(whole ? 0 : Math.min(longest, redacted.length()))
                    .lines()
                    .filter(line -> !line.isBlank())
                    .toList();
            return lines.isEmpty()
                    ? ", which is empty"
                    : ", which ends:\n" + String.join("\n",
                            lines.subList(Math.max(0, lines.size() - LAST_WORDS_LINES), lines.size()));
        } catch (IOException e) {
            return ", which cannot be read";
        }
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static Optional<ProcessHandle> handle(ProcessIdentity process) {
        return ProcessTable.alive(process) ? ProcessHandle.of(process.pid()) : Optional.empty();
    }
}
