package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Of;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A Docker engine, version 20.10 or newer. The path of a location is the name of a container, an image or a network there,
 * as the step says: {@code engine:parking-api}, {@code engine:parking-api:6.0.0}.
 *
 * <pre>{@code
 * engine: {kind: docker}
 * }</pre>
 *
 * <p>An engine on another machine has an address, and certificates that make it trust the worker:
 * {@code {kind: docker, host: 'tcp://docker-1:2376', certificates: docker_certificates}}. What a plan mounts into a
 * container from a {@code directory} must be on the engine's machine.
 */
@AutoService(ResourceKind.class)
public final class DockerKind implements ResourceKind<ReadableDocker, WritableDocker> {
    private static final String LOCAL = "unix:///var/run/docker.sock";

    /**
     * @param host the engine's address: {@code unix:///path} or {@code tcp://host:port}; by default what the worker's
     *     DOCKER_HOST says, and else this machine's engine
     * @param certificates the directory with {@code ca.pem}, {@code cert.pem} and {@code key.pem}, for an engine that is
     *     reached with TLS
     */
    public record Definition(Optional<String> host, @Of("directory") Optional<Location> certificates) {
        public Definition {
            host.ifPresent(address -> {
                if (!address.matches("unix:///.+|tcp://[^/@?#\\s]+/?")) {
                    throw new IllegalArgumentException("'" + address + "' is not the address of a Docker engine;"
                            + " write one like unix:///var/run/docker.sock or tcp://docker-1:2376");
                }
            });
        }
    }

    @Override
    public String name() {
        return "docker";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public ReadableDocker read(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return connect(definition, location, access);
    }

    @Override
    public WritableDocker write(JsonNode definition, Location location, ResourceAccess access) throws Exception {
        return connect(definition, location, access);
    }

    private static WritableDocker connect(JsonNode json, Location location, ResourceAccess access) throws Exception {
        Definition definition = SpecReader.bind(json, Definition.class);
        String host = definition.host().orElseGet(DockerKind::usualHost);
        Optional<Path> certificates = definition.certificates().isPresent()
                ? Optional.of(access.reading(DirectoryKind.class, definition.certificates().get()).directory())
                : Optional.empty();
        return DockerEngine.connect(location, host, certificates);
    }

    /** The address of the engine that a plan means which says none. */
    public static String usualHost() {
        return Optional.ofNullable(System.getenv("DOCKER_HOST")).filter(text -> !text.isBlank()).orElse(LOCAL);
    }

    /** That engine. */
    public static ReadableDocker usual() {
        return DockerEngine.connect(new Location("docker", ""), usualHost(), Optional.empty());
    }
}
