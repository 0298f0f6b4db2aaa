package dev.godwit.step;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.Location;

/**
 * A kind of resource that plans can declare ({@code kind: directory}). Discovered like a step type, with
 * {@code @AutoService(ResourceKind.class)}.
 *
 * @param <R> what a preview may do with it
 * @param <W> what a run may do with it
 */
public interface ResourceKind<R, W extends R> {
    /** The name under {@code kind:}. */
    String name();

    /** The fields of its declaration, besides {@code kind} and {@code site}: a record, read like a spec. */
    Class<? extends Record> definition();

    /** Opens a location for reading. Must not change anything. */
    R read(JsonNode definition, Location location, ResourceAccess access) throws Exception;

    /** Opens a location for reading and writing. */
    W write(JsonNode definition, Location location, ResourceAccess access) throws Exception;
}
