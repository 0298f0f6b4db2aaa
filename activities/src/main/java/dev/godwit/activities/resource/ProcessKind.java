package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A program that runs for long, on a machine of a site. Of the worker's environment it gets PATH, HOME and a few others,
 * and besides only what is declared.
 *
 * <pre>{@code
 * v2_process:
 *   kind: process
 *   command: [java, V2.java]
 *   directory: v2_home
 *   environment: {PORT: 8001, API_KEY: {secret: PLATES_API_KEY}}
 *   identify: {listens-on: v2, command-contains: V2.java}
 *   health: {http: v2, path: /health, within: 30s}
 * }</pre>
 */
@AutoService(ResourceKind.class)
public final class ProcessKind implements ResourceKind<ObservableProcess, ControllableProcess> {
    /**
     * @param command the program and its arguments; there is no shell
     * @param directory its working directory
     * @param environment texts, or {@code {secret: NAME}}; secrets reach the program only this way
     * @param identify how it is found when this run has not started it
     * @param health when it counts as started
     * @param log where its output is appended; a file that Godwit keeps by default
     * @param grace how long it may take to end when asked to, before it is killed
     */
    public record Definition(List<String> command, @Of("directory") Location directory,
            @Default("{}") Map<String, JsonNode> environment, Optional<Identify> identify, Optional<Health> health,
            @Of("directory") Optional<Location> log, @Default("10s") Duration grace) {
        public Definition {
            if (command.isEmpty()) {
                throw new IllegalArgumentException("command must name a program");
            }
            environment.forEach((name, value) -> {
                boolean secret = value.isObject() && value.size() == 1 && value.path("secret").isTextual();
                if (!secret && (!value.isValueNode() || value.isNull())) {
                    throw new IllegalArgumentException(
                            "environment." + name + " must be a text or {secret: NAME}, and is " + value);
                }
            });
        }
    }

    /**
     * @param listensOn the process is the one that listens on this service's port
     * @param commandContains and its command line contains this; any by default
     */
    public record Identify(@Of("http") Location listensOn, @Default("") String commandContains) {}

    /**
     * @param http the service to ask
     * @param path of the request; an answer with status 2xx means that the process is ready
     * @param within how long that may take
     */
    public record Health(@Of("http") Location http, @Default("") String path, @Default("30s") Duration within) {}

    @Override
    public String name() {
        return "process";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public ObservableProcess read(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return open(definition, location, access);
    }

    @Override
    public ControllableProcess write(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return open(definition, location, access);
    }

    private static LocalProcess open(JsonNode json, Location location, ResourceAccess access) throws Exception {
        if (!location.path().isEmpty()) {
            throw StepFailure.user("process-path", location + ": a process has no paths; write " + location.resource());
        }
        Definition definition = SpecReader.bind(json, Definition.class);
        Path directory = access.reading(DirectoryKind.class, definition.directory()).path();
        Path log = definition.log().isPresent()
                ? access.reading(DirectoryKind.class, definition.log().get()).path()
                : access.shared().resolve("logs").resolve(location.resource() + ".log");
        Optional<Integer> port = definition.identify().isPresent()
                ? Optional.of(access.reading(HttpKind.class, definition.identify().get().listensOn()).port())
                : Optional.empty();
        return new LocalProcess(definition, location, directory, log, port, access);
    }
}
