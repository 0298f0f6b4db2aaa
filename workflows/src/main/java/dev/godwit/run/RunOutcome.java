package dev.godwit.run;

import java.util.Optional;

/**
 * How a run ended; the result of a {@code Migration}.
 *
 * @param state an ended state
 * @param failure why, where it did not complete
 * @param evidence where the evidence is, as the worker names it
 * @param rollback of a run that was only to preview a rollback: what it would undo
 */
public record RunOutcome(RunState state, Optional<Failure> failure, Optional<String> evidence,
        Optional<RollbackPreview> rollback) {}
