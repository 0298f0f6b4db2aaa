package dev.godwit.plan;

import dev.godwit.step.StepKind;
import java.util.List;
import java.util.Optional;

/**
 * What the check found out about a step, so that workflow code need not know step types.
 *
 * @param kind what it changes
 * @param undoable whether a rollback has something to undo
 * @param site whose worker runs it
 * @param resources the resources that its worker must be able to open, those they name included
 * @param needs the earlier steps whose outputs its expressions read
 * @param dynamic whether its spec or {@code when} holds expressions
 * @param starts the field of the spec that names what the step starts
 * @param stops the field of the spec that names what the step stops
 * @param loses what others may have written since the step, so that undoing it could lose it: it is a pivot
 */
public record StepFacts(StepKind kind, boolean undoable, String site, List<String> resources, List<String> needs,
        boolean dynamic, Optional<String> starts, Optional<String> stops, Optional<String> loses) {
    /** The site of steps whose resources name none. */
    public static final String DEFAULT_SITE = "default";
}
