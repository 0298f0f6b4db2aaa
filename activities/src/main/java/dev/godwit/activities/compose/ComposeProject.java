package dev.godwit.activities.compose;

import dev.godwit.activities.resource.ReadableDirectory;
import dev.godwit.activities.resource.Redactor;
import dev.godwit.activities.resource.ShortCommand;
import dev.godwit.activities.resource.ShortCommand.Said;
import dev.godwit.activities.run.Invocation;
import dev.godwit.plan.Location;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.StepFailure;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A project of Docker Compose, by {@code docker compose} or {@code docker-compose}, and {@code docker}. */
final class ComposeProject implements WritableCompose {
    private static final Duration QUESTION_WITHIN = Duration.ofMinutes(2);
    private static final String LABEL = "com.docker.compose.";
    /** Never the whole of it: the environment of a container may hold secrets. */
    private static final String ASKED = String.join("\t", "{{.ID}}", "{{.Name}}", label("service"),
            label("container-number"), "{{.Config.Image}}", "{{.Image}}", label("config-hash"), "{{.State.Status}}",
            "{{if .State.Health}}{{.State.Health.Status}}{{end}}", "{{.State.ExitCode}}", "{{.RestartCount}}",
            "{{.State.StartedAt}}");

    private final Location location;
    private final ComposeKind.Definition definition;
    private final ReadableDirectory directory;
    private final ResourceAccess access;
    private Optional<List<String>> tool = Optional.empty();

    ComposeProject(Location location, ComposeKind.Definition definition, ReadableDirectory directory,
            ResourceAccess access) {
        this.location = location;
        this.definition = definition;
        this.directory = directory;
        this.access = access;
    }

    private static String label(String name) {
        return "{{index .Config.Labels \"" + LABEL + name + "\"}}";
    }

    @Override
    public Location location() {
        return location;
    }

    @Override
    public Location directory() {
        return definition.directory();
    }

    @Override
    public String project() {
        if (definition.project().isPresent()) {
            return definition.project().get();
        }
        Map<String, String> texts = new LinkedHashMap<>();
        definition.environment().forEach((name, value) -> {
            if (!Invocation.isSecret(value)) {
                texts.put(name, value.asText());
            }
        });
        try {
            return new ProjectName(location, directory.path(), definition.files(), texts).find();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Map<String, String> services(Runnable whileWaiting) throws Exception {
        Invocation command = command(List.of("config", "--hash", "*"), QUESTION_WITHIN);
        Said said = ShortCommand.run(command.arguments(), command.environment(), command.directory(), access.scratch(),
                command.timeout(), whileWaiting);
        if (said.code() != 0) {
            throw StepFailure.user("compose-invalid", location + ": Compose refuses the files in " + directory.path()
                    + ":\n" + redactor().redacted(said.words()));
        }
        Map<String, String> services = new LinkedHashMap<>();
        said.text()
                .lines()
                .map(line -> line.strip().split(" "))
                .filter(fields -> fields.length == 2 && fields[1].matches("[0-9a-f]{64}"))
                .forEach(fields -> services.put(fields[0], fields[1]));
        return services;
    }

    @Override
    public List<ComposeContainer> containers(Runnable whileWaiting) throws Exception {
        List<String> ids = docker(List.of("ps", "--all", "--quiet", "--no-trunc", "--filter",
                "label=" + LABEL + "project=" + project(), "--filter", "label=" + LABEL + "oneoff=False"),
                whileWaiting).text().lines().filter(line -> line.matches("[0-9a-f]{64}")).toList();
        if (ids.isEmpty()) {
            return List.of();
        }
        List<String> inspect = new ArrayList<>(List.of("inspect", "--type", "container", "--format", ASKED));
        inspect.addAll(ids);
        Said said = asked(dockerCommand(inspect), whileWaiting);
        if (said.code() != 0 && !said.text().contains("No such container")) {
            throw failed(inspect, said);
        }
        return said.text()
                .lines()
                .map(line -> line.split("\t", -1))
                .filter(fields -> fields.length == 12)
                .map(f -> new ComposeContainer(f[0], f[1].substring(1), f[2], Integer.parseInt(f[3]), f[4], f[5], f[6],
                        f[7], f[8], Integer.parseInt(f[9]), Integer.parseInt(f[10]), f[11]))
                .sorted(Comparator.comparing(ComposeContainer::service).thenComparing(ComposeContainer::number))
                .toList();
    }

    @Override
    public Invocation command(List<String> arguments, Duration timeout) throws Exception {
        List<String> command = new ArrayList<>(tool());
        command.addAll(List.of("--ansi", "never", "--project-name", project()));
        definition.files()
                .forEach(file -> command.addAll(List.of("--file", directory.path().resolve(file).toString())));
        definition.profiles().forEach(profile -> command.addAll(List.of("--profile", profile)));
        command.addAll(arguments);
        Map<String, String> environment = new LinkedHashMap<>(engine());
        Map<String, String> secrets = secrets();
        definition.environment()
                .forEach((name, value) -> environment.put(name,
                        Invocation.isSecret(value) ? secrets.get(value.get("secret").textValue()) : value.asText()));
        return new Invocation(location.toString(), command, directory.directory(), environment, secrets, List.of(0),
                timeout, Duration.ofSeconds(30));
    }

    @Override
    public String restartPolicy(ComposeContainer container, Runnable whileWaiting) throws Exception {
        return docker(List.of("inspect", "--type", "container", "--format", "{{.HostConfig.RestartPolicy.Name}}",
                container.id()), whileWaiting).text().strip();
    }

    @Override
    public String lastWords(ComposeContainer container, Runnable whileWaiting) throws Exception {
        Said said = asked(dockerCommand(List.of("logs", "--tail", "10", container.id())), whileWaiting);
        return redactor().redacted(said.words());
    }

    @Override
    public String image(String name, Runnable whileWaiting) throws Exception {
        Said said = asked(dockerCommand(List.of("image", "inspect", "--format", "{{.Id}}", name)), whileWaiting);
        return said.code() == 0 ? said.text().strip() : "";
    }

    @Override
    public void tag(String image, String name, Runnable whileWaiting) throws Exception {
        docker(List.of("tag", image, name), whileWaiting);
    }

    @Override
    public void untag(String name, Runnable whileWaiting) throws Exception {
        List<String> remove = List.of("rmi", "--no-prune", name);
        Said said = asked(dockerCommand(remove), whileWaiting);
        if (said.code() != 0 && !said.text().contains("No such image") && !said.text().contains("conflict")) {
            throw failed(remove, said);
        }
    }

    private Said docker(List<String> arguments, Runnable whileWaiting) throws Exception {
        Said said = asked(dockerCommand(arguments), whileWaiting);
        if (said.code() != 0) {
            throw failed(arguments, said);
        }
        return said;
    }

    private StepFailure failed(List<String> arguments, Said said) {
        boolean unreachable = said.text().contains("Cannot connect to the Docker daemon");
        return StepFailure.external(unreachable ? "docker-unreachable" : "docker-failed", location + ": 'docker "
                + arguments.getFirst() + "' ended with " + said.code() + ": " + said.words()
                + (unreachable ? "; start it, or let the worker's user reach it" : ""));
    }

    private static List<String> dockerCommand(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(arguments);
        return command;
    }

    /** The plugin if there is one, for the other is no longer maintained. */
    private List<String> tool() throws Exception {
        if (tool.isEmpty()) {
            tool = Optional.of(hasPlugin() ? List.of("docker", "compose") : List.of("docker-compose"));
            if (tool.get().size() == 1 && !onPath("docker-compose")) {
                throw StepFailure.user("compose-missing", location + ": this worker has no Docker Compose; install the"
                        + " package docker-compose-plugin (Docker) or docker-compose (Debian, Ubuntu)");
            }
        }
        return tool.get();
    }

    private boolean hasPlugin() throws Exception {
        try {
            return asked(dockerCommand(List.of("compose", "version")), () -> {}).code() == 0;
        } catch (StepFailure missing) {
            if (missing.code().equals("command-missing")) {
                return false;
            }
            throw missing;
        }
    }

    /** Only looked for, for it takes a second to say its version. */
    private static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private Said asked(List<String> command, Runnable whileWaiting) throws Exception {
        return ShortCommand.run(command, engine(), access.scratch(), QUESTION_WITHIN, whileWaiting);
    }

    private Map<String, String> secrets() {
        Map<String, String> secrets = new LinkedHashMap<>();
        definition.environment().values().stream().filter(Invocation::isSecret).forEach(value -> {
            String name = value.get("secret").textValue();
            secrets.put(name, access.secret(name));
        });
        return secrets;
    }

    private Redactor redactor() {
        return new Redactor(secrets());
    }

    /** What leads to the engine. */
    private static Map<String, String> engine() {
        return System.getenv()
                .entrySet()
                .stream()
                .filter(variable -> variable.getKey().startsWith("DOCKER_"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
