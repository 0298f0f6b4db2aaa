package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * A plan with its parameters, free of faults: all that a run needs.
 *
 * @param plan the plan
 * @param sha256 of the plan's text, in hexadecimal
 * @param target what this run migrates
 * @param parameters the parameters' values, defaults included
 * @param values the values of {@code values:}
 * @param resources the resolved declarations; secrets are still references
 * @param facts by step name
 * @param phaseNeeds by phase name, the earlier steps whose outputs its {@code when} reads
 */
public record CheckedPlan(Plan plan, String sha256, String target, Map<String, JsonNode> parameters,
        Map<String, JsonNode> values, Map<String, JsonNode> resources, Map<String, StepFacts> facts,
        Map<String, List<String>> phaseNeeds) {

    /** The facts of a step of this plan. */
    public StepFacts factsOf(Step step) {
        return facts.get(step.name());
    }
}
