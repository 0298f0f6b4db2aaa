package dev.godwit.activities.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.plan.Location;
import dev.godwit.run.StepTask;
import dev.godwit.step.ResourceAccess;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Opens the locations that one attempt at a step names, and closes them when it ends. */
final class Resources implements ResourceAccess, AutoCloseable {
    private final DiscoveredCatalog catalog;
    private final SecretSource secrets;
    private final StepTask task;
    private final Path scratch;
    private final Path shared;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private volatile Runnable checkpoint = () -> {};

    Resources(DiscoveredCatalog catalog, SecretSource secrets, StepTask task, Path scratch, Path shared) {
        this.catalog = catalog;
        this.secrets = secrets;
        this.task = task;
        this.scratch = scratch;
        this.shared = shared;
    }

    /** Says what a checkpoint of the attempt is: its context, which opens resources, is made after them. */
    void checkpointBy(Runnable ofContext) {
        checkpoint = ofContext;
    }

    @Override
    public <R, W extends R> R reading(Class<? extends ResourceKind<R, W>> kind, Location location) throws Exception {
        return opened(kind(kind, location).read(declaration(location), location, this));
    }

    <R, W extends R> W writing(Class<? extends ResourceKind<R, W>> kind, Location location) throws Exception {
        return opened(kind(kind, location).write(declaration(location), location, this));
    }

    String kindOf(Location location) {
        return require(location).path("kind").asText();
    }

    @Override
    public Optional<JsonNode> definition(String resource) {
        return Optional.ofNullable(task.resources().get(resource));
    }

    @Override
    public String secret(String name) {
        return secrets.find(name)
                .orElseThrow(() -> StepFailure.user("secret-missing",
                        task.uses() + ": this worker does not have the secret " + name
                                + "; set it in the worker's environment,"
                                + " or as a file in the directory that " + SecretSource.DIRECTORY_VARIABLE + " names"));
    }

    @Override
    public Path scratch() {
        return scratch;
    }

    @Override
    public Path shared() {
        try {
            return Files.createDirectories(shared);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void checkpoint() {
        checkpoint.run();
    }

    @Override
    public StepIdentity identity() {
        return task.identity();
    }

    @Override
    public void close() throws IOException {
        Exception first = null;
        synchronized (open) {
            while (!open.isEmpty()) {
                try {
                    open.pop().close();
                } catch (Exception e) {
                    first = first == null ? e : first;
                }
            }
        }
        if (first != null) {
            throw new IOException("a resource could not be closed: " + first.getMessage(), first);
        }
    }

    private <T> T opened(T resource) {
        if (resource instanceof AutoCloseable closeable) {
            synchronized (open) {
                open.push(closeable);
            }
        }
        return resource;
    }

    private <R, W extends R> ResourceKind<R, W> kind(Class<? extends ResourceKind<R, W>> wanted, Location location) {
        JsonNode declaration = require(location);
        String name = declaration.path("kind").asText();
        ResourceKind<?, ?> kind = catalog.resourceKind(name, location.resource());
        if (!wanted.isInstance(kind)) {
            String wantedName = catalog.resourceKinds()
                    .stream()
                    .filter(wanted::isInstance)
                    .map(ResourceKind::name)
                    .findFirst()
                    .orElse(wanted.getSimpleName());
            throw StepFailure.user("wrong-resource-kind", task.uses() + ": " + location + " is of kind '" + name
                    + "', and '" + wantedName + "' is needed; name a resource of that kind");
        }
        return wanted.cast(kind);
    }

    /** The declaration without what only Godwit itself reads. */
    private JsonNode declaration(Location location) {
        ObjectNode declaration = require(location).deepCopy();
        return declaration.remove(List.of("kind", "site"));
    }

    private ObjectNode require(Location location) {
        return definition(location.resource()).filter(JsonNode::isObject)
                .map(ObjectNode.class::cast)
                .orElseThrow(() -> StepFailure.user("unknown-resource", task.uses() + ": the plan has no resource '"
                        + location.resource() + "'; declare it under resources, or name one of "
                        + String.join(", ", task.resources().keySet())));
    }
}
