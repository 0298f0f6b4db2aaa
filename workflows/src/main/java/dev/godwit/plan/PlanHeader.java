package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What names a run before any worker has seen its plan; a client without step types can find it.
 *
 * @param plan the plan's name
 * @param target what the run migrates
 */
public record PlanHeader(String plan, String target) {
    private static final int MAX_TARGET_LENGTH = 500;

    /**
     * Finds the target of a plan with these parameters.
     *
     * @param parameters the values given, as {@link ParameterValues#resolve} returns them
     * @param target what to migrate instead of what the plan says
     * @throws InvalidPlanException if there is no target, or an expression fails
     */
    public static PlanHeader of(Plan plan, Map<String, JsonNode> parameters, Optional<String> target) {
        List<Fault> faults = new ArrayList<>();
        Map<String, JsonNode> all = ParameterValues.withDefaults(plan, parameters);
        Map<String, JsonNode> values = PlanValues.evaluate(plan, all, (name, problem) -> faults
                .add(new Fault(plan.name(), 0, 0, "the value '" + name + "': " + problem)));
        if (faults.isEmpty()) {
            try {
                return new PlanHeader(plan.name(), target(plan, all, values, target));
            } catch (Expressions.ExpressionException e) {
                faults.add(new Fault(plan.name(), 0, 0, e.getMessage()));
            }
        }
        throw new InvalidPlanException(faults);
    }

    static String target(Plan plan, Map<String, JsonNode> parameters, Map<String, JsonNode> values,
            Optional<String> given) {
        String target = given.orElseGet(() -> {
            String template = plan.target()
                    .orElseThrow(() -> new Expressions.ExpressionException(
                            "the plan does not say what it migrates; give it a 'target', or the run one with --target"));
            JsonNode value = Expressions.resolve(TextNode.valueOf(template),
                    Expressions.scope(parameters, values, Map.of(), Map.of()));
            if (!value.isValueNode() || value.isNull()) {
                throw new Expressions.ExpressionException("'" + template + "' gives no text to name the target with");
            }
            return value.asText();
        });
        if (target.isBlank() || target.length() > MAX_TARGET_LENGTH) {
            throw new Expressions.ExpressionException(
                    "a target is a text of 1 to " + MAX_TARGET_LENGTH + " characters, and is '" + target + "'");
        }
        return target;
    }
}
