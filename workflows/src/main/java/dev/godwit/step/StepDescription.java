package dev.godwit.step;

/**
 * What can be known of a step type without running it.
 *
 * @param uses its name in plans
 * @param kind what it changes
 * @param undoable whether a rollback has something to undo
 * @param spec the record read from {@code with:}
 * @param output the record that later steps read
 */
public record StepDescription(String uses, StepKind kind, boolean undoable, Class<? extends Record> spec,
        Class<? extends Record> output) {}
