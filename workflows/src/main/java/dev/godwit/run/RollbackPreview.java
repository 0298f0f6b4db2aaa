package dev.godwit.run;

import dev.godwit.step.StepKind;
import java.util.List;
import java.util.Optional;

/**
 * What a rollback will do, told before it begins.
 *
 * @param undo in the order in which it is undone
 * @param keeps the steps of the ledger that the scope leaves as they are
 */
public record RollbackPreview(List<Undo> undo, List<String> keeps) {
    /**
     * One undo.
     *
     * @param step the step
     * @param phase its phase
     * @param uses its type
     * @param kind what it changed
     * @param leftOut whether it is left out, because a later undo stops again what it would start
     * @param loses what others may have written since and would no longer see
     */
    public record Undo(String step, String phase, String uses, StepKind kind, boolean leftOut,
            Optional<String> loses) {}

    /** What could be lost, in the order in which it is undone. */
    public List<String> loses() {
        return undo.stream().flatMap(undo -> undo.loses().stream()).toList();
    }
}
