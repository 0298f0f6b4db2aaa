package dev.godwit.step;

/** A step type that changes nothing that a rollback would have to take back: a check, a measurement, a backup. */
public interface ReadOnlyStepType<S extends Record, O extends Record> extends StepType<S, O> {
    @Override
    default void undo(S spec, RunContext context) {
        // Nothing was changed.
    }
}
