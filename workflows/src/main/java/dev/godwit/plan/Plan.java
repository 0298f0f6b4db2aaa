package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A plan as it was written, read and found free of faults of form. Expressions ({@code ${{ }}}) are still text.
 *
 * @param name the plan's name
 * @param description one sentence for people; may be empty
 * @param target what the plan migrates, usually an expression over parameters; absent if only {@code --target} gives it
 * @param parameters by name, in the order of the plan
 * @param values named expressions, evaluated once when the run starts, in the order of the plan
 * @param resources declarations by name, in the order of the plan
 * @param onFailure what a failed step leads to where neither step nor phase says
 * @param acceptLoss whether an automatic rollback or a cancel may go past the pivot without asking
 * @param notices whom the run tells about its changes of state
 * @param phases in order
 * @param checklist lines of a guide's checklist by section
 */
public record Plan(String name, String description, Optional<String> target, Map<String, Parameter> parameters,
        Map<String, JsonNode> values, Map<String, JsonNode> resources, OnFailure onFailure, boolean acceptLoss,
        List<Notice> notices,
        List<Phase> phases,
        Map<String, List<ChecklistLine>> checklist) {

    /** All steps, in the order of the plan. */
    public List<Step> steps() {
        return phases.stream().flatMap(phase -> phase.steps().stream()).toList();
    }

    Plan withNotices(List<Notice> resolved) {
        return new Plan(name, description, target, parameters, values, resources, onFailure, acceptLoss, resolved,
                phases, checklist);
    }
}
