package dev.godwit.run;

import dev.godwit.step.StepKind;
import java.util.List;
import java.util.Optional;

/**
 * Which entries of the ledger a rollback undoes: all by default.
 *
 * @param to keep this phase and those before it
 * @param only keep what is not of these kinds; empty for all kinds
 */
public record RollbackScope(Optional<String> to, List<StepKind> only) {
    /** Everything. */
    public static final RollbackScope ALL = new RollbackScope(Optional.empty(), List.of());

    public RollbackScope {
        to = to == null ? Optional.empty() : to;
        only = only == null ? List.of() : List.copyOf(only);
    }
}
