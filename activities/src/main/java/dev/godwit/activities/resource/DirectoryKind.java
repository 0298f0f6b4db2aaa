package dev.godwit.activities.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;

/**
 * A directory on the machines of a site. The path of a location is a file or directory within it.
 *
 * <pre>{@code
 * v1_home: {kind: directory, path: '${{ .params.home }}'}
 * }</pre>
 */
@AutoService(ResourceKind.class)
public final class DirectoryKind implements ResourceKind<ReadableDirectory, WritableDirectory> {
    /**
     * @param path where the directory is: an absolute path; it need not exist yet
     */
    public record Definition(String path) {}

    @Override
    public String name() {
        return "directory";
    }

    @Override
    public Class<? extends Record> definition() {
        return Definition.class;
    }

    @Override
    public ReadableDirectory read(JsonNode definition, Location location, ResourceAccess access) {
        return resolve(definition, location);
    }

    @Override
    public WritableDirectory write(JsonNode definition, Location location, ResourceAccess access) {
        return resolve(definition, location);
    }

    private static Place resolve(JsonNode definition, Location location) {
        Path root = Path.of(SpecReader.bind(definition, Definition.class).path()).normalize();
        if (!root.isAbsolute()) {
            throw StepFailure.user("path-relative",
                    "resource " + location.resource() + ": path must be absolute, and is '"
                            + root + "'; a parameter of type path becomes absolute by itself");
        }
        Path path = root.resolve(location.path()).normalize();
        if (!path.startsWith(root)) {
            throw StepFailure.user("path-outside", location + " leaves the directory " + root);
        }
        return new Place(path, location);
    }

    private record Place(Path path, Location location) implements WritableDirectory {}
}
