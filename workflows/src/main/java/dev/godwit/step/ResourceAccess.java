package dev.godwit.step;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.Location;
import java.nio.file.Path;
import java.util.Optional;

/** What a resource needs in order to open: the other resources of the plan, secrets, and a place for its own files. */
public interface ResourceAccess {
    /** Opens another resource that a definition names. */
    <R, W extends R> R reading(Class<? extends ResourceKind<R, W>> kind, Location location) throws Exception;

    /** The resolved declaration of a resource, if the plan has it. */
    Optional<JsonNode> definition(String resource);

    /**
     * The value of a secret.
     *
     * @throws StepFailure if this worker does not have it
     */
    String secret(String name);

    /** A directory for short-lived private files, removed when the step ends. */
    Path scratch();

    /** The run's directory in the site's shared state; what processes write about themselves goes there. */
    Path shared();

    /**
     * To be called at least every few seconds while it takes long to open a resource, or to answer: tells Temporal that the
     * step lives.
     *
     * @throws StepStopped if this attempt should end now
     */
    void checkpoint();

    /** Which step asks. */
    StepIdentity identity();
}
