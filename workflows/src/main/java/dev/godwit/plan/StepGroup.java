package dev.godwit.plan;

import java.util.List;

/** Steps that run at the same time; mostly a single one. */
public record StepGroup(List<Step> steps) {
    public StepGroup {
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("a group needs at least one step");
        }
    }
}
