package dev.godwit.step;

import dev.godwit.plan.Location;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** What a preview may use: it reads, and its private scratch directory is all that it writes. */
public interface PreviewContext {
    StepIdentity identity();

    /** When the run started; the only clock that deterministic content may depend on. */
    Instant runStarted();

    /** Opens a location for reading. */
    <R, W extends R> R reading(Class<? extends ResourceKind<R, W>> kind, Location location) throws Exception;

    /** The kind of the resource that a location names, for a spec that takes locations of several kinds. */
    String kindOf(Location location);

    /**
     * In a dry-run, the earlier step of the plan that would make or change this location, so that what it holds now says
     * nothing about what it will hold; always empty in a run.
     */
    Optional<String> madeBy(Location location);

    /**
     * The value of a secret that the spec names. It must reach no journal, evidence, output, message or argument.
     *
     * @throws StepFailure if this worker does not have it
     */
    String secret(String name);

    /** A private directory that is removed when the step ends. */
    Path scratch();

    /** Shows progress to whoever watches; cheap enough to call for every file or row. */
    void progress(long done, long total, String unit);

    /**
     * Shows with the progress why the step is slower than it could be, such as {@code replication lag of 12 s, over 10 s};
     * an empty text when it no longer is. Cheap enough to call for every batch.
     */
    void slowedBy(String why);

    /**
     * To be called between batches and while waiting, at least every few seconds: tells Temporal that the step lives.
     *
     * @throws StepStopped if this attempt should end now
     */
    void checkpoint();
}
