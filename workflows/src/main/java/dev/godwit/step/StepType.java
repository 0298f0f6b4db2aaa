package dev.godwit.step;

/**
 * The code behind a {@code uses:} name. An implementation is one public final class with a public constructor without
 * parameters, annotated with {@link Uses} and {@code @AutoService(StepType.class)}; nothing else registers it. Its
 * Javadoc, that of its spec and that of its output are its reference page.
 *
 * <p>It may throw anything: a {@link StepFailure} says precisely what is wrong, well-known I/O errors are translated by the
 * host, whatever else is a fault of Godwit.
 *
 * @param <S> the spec: what stands under {@code with:}, names in kebab-case. A component that is an
 *     {@code Optional} or carries {@link Default} may be left out
 * @param <O> the output: what later steps read as {@code .steps.NAME.field}, names in snake_case, 16 KiB at most as JSON
 */
public interface StepType<S extends Record, O extends Record> {
    /** Finds what {@link #run} would do, and changes nothing. */
    Preview<O> preview(S spec, PreviewContext context) throws Exception;

    /** Does the work. Twice equals once, and after a crash it goes on from its journal. */
    O run(S spec, RunContext context) throws Exception;

    /**
     * Takes the work back. Also right if {@link #run} never began or died half-way, and if undo itself is repeated. What
     * others wrote since is set aside ({@link RunContext#setAside}), never destroyed.
     */
    void undo(S spec, RunContext context) throws Exception;

    /**
     * Removes what {@link #run} keeps for {@link #undo} where the journal is not: a table of its own in a database, say.
     * Called when a run is finalized, for every step that was begun, before their journals go. What it made stays; only the
     * memory goes. Also right if it is repeated, if the step was undone, and if the place is gone by now.
     */
    default void forget(S spec, RunContext context) throws Exception {
        // Most steps remember in their journal and workspace only.
    }
}
