package dev.godwit.activities.compose;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.run.Invocation;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepFailure;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A project of Docker Compose: the services that compose files describe. Either version does, the plugin {@code docker
 * compose} or {@code docker-compose} 1.28 or newer, tried with 2.29.7 and 1.29.2; what the worker has is found at run time.
 * It needs the command {@code docker}, too.
 *
 * <pre>{@code
 * plates:
 *   kind: compose
 *   directory: v2_home
 *   environment: {API_KEY: {secret: PLATES_API_KEY}, MAX_EXTRACTIONS: 25}
 * }</pre>
 *
 * <p>The environment is what the compose files may name as {@code ${API_KEY}}. It reaches Compose as the environment of
 * its process: secrets stand in no argument and in no file, and what Compose and the services say is redacted.
 */
@AutoService(ResourceKind.class)
public final class ComposeKind implements ResourceKind<ReadableCompose, WritableCompose> {
    /**
     * @param directory the project's directory
     * @param files the compose files in it; those that Compose finds by itself by default
     * @param project the project's name; by default the one that Compose takes, whichever version: COMPOSE_PROJECT_NAME of
     *     the environment or of the file .env, else {@code name} in the compose files, else the name of the directory of the
     *     first of them
     * @param profiles whose services belong to it, besides those without a profile
     * @param environment texts, or {@code {secret: NAME}}
     */
    public record Definition(@Of("directory") Location directory, @Default("[]") List<String> files,
            Optional<String> project, @Default("[]") List<String> profiles,
            @Default("{}") Map<String, JsonNode> environment) {
        public Definition {
            if (project.isPresent() && !project.get().matches("[a-z0-9][a-z0-9_-]*")) {
                throw new IllegalArgumentException("project '" + project.get()
                        + "' must consist of lower case letters, digits, '-' and '_'");
            }
            environment.forEach((name, value) -> {
                if (name.equals(ProjectName.VARIABLE) && Invocation.isSecret(value)) {
                    throw new IllegalArgumentException(
                            "environment." + name + " is a secret, and the name of a project stands in every message");
                }
                if (!Invocation.isSecret(value) && (!value.isValueNode() || value.isNull())) {
                    throw new IllegalArgumentException(
                            "environment." + name + " must be a text or {secret: NAME}, and is " + value);
                }
            });
        }
    }

    @Override
    public String name() {
        return "compose";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public ReadableCompose read(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return open(definition, location, access);
    }

    @Override
    public WritableCompose write(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return open(definition, location, access);
    }

    private static ComposeProject open(JsonNode json, Location location, ResourceAccess access) throws Exception {
        if (!location.path().isEmpty()) {
            throw StepFailure.user("compose-path", location + ": a project has no paths; write "
                    + location.resource());
        }
        Definition definition = SpecReader.bind(json, Definition.class);
        return new ComposeProject(location, definition,
                access.reading(DirectoryKind.class, definition.directory()), access);
    }
}
