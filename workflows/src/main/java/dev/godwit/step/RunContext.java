package dev.godwit.step;

import dev.godwit.plan.Location;
import java.nio.file.Path;
import java.time.Instant;
import java.util.OptionalLong;

/** What a run and an undo may use. */
public interface RunContext extends PreviewContext {
    /** Opens a location for reading and writing. */
    <R, W extends R> W writing(Class<? extends ResourceKind<R, W>> kind, Location location) throws Exception;

    /**
     * When Temporal asked for this attempt: the clock by which a step measures how long it has waited
     * ({@link StepWaiting}), the same on every machine.
     */
    Instant asked();

    /** Counts the attempts at this step and round, from 1, over crashes too. */
    int attempt();

    /**
     * Says that a part of the work is done for good, and that no attempt will do it again: the failures so far do not count
     * any more. So a step that takes hours may lose its connection each hour. Called by several threads, and as often as
     * one likes; never for what a later attempt would repeat, since a step that always fails would not end then.
     */
    void advanced();

    /**
     * How many failures the step may report without having {@link #advanced} between them. It grows when a person wants it tried again, and only then: a step that
     * has answered that it did not pass knows by it whether it is asked anew, or asked again because its answer was lost.
     */
    int attemptsAllowed();

    /**
     * This attempt's fencing token: greater than that of every earlier attempt at this step and round, undo included. A
     * step that writes to a database checks it last in each transaction.
     */
    long token();

    /**
     * The rate that on-call asked for, for this step or for the whole run, in units of the step's own progress a second; 0
     * means to stand still. Empty if none was asked, so that the spec's holds; always empty in an undo. It may change at
     * any time and is cheap enough to ask for every batch. Most steps leave all of this to a throttle of their host.
     */
    OptionalLong throttle();

    /** Who asked for {@link #throttle}; empty where nobody did or said so. */
    String throttledBy();

    /** What this step must remember to resume or undo; the same for run and undo, empty in a new round. */
    Journal journal();

    /** Where this step leaves what proves its work. */
    Evidence evidence();

    /**
     * A directory of this step and round in the site's shared state, for what undo needs (an old file's content). It lives
     * as long as the journal. The directory exists.
     */
    Path workspace();

    /**
     * Names something that undo found changed by others and moved out of the way instead of destroying it; it appears in
     * the report.
     *
     * @param what the location as people know it
     * @param where where it is now
     */
    void reportSetAside(String what, Path where);

    /** Where undo moves what others wrote: a directory of this step and round that outlives the run. */
    Path setAside();
}
