package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.Expressions;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import java.util.Map;
import java.util.Optional;

/** Evaluates a plan's expressions; run as local activities, because workflow code never evaluates one. */
@ActivityInterface
public interface ExpressionActivities {
    /** Resolves the expressions of a step or a phase right before it begins. */
    @ActivityMethod(name = "expressions.resolve")
    Resolved resolve(Unresolved step);

    /** Decides a gate: {@code expect} over {@code .output} and the rest of the scope. */
    @ActivityMethod(name = "expressions.decide")
    Expressions.Decision decide(String expect, JsonNode output, Scope scope);

    /** Makes a message: jq that gives a text. */
    @ActivityMethod(name = "expressions.tell")
    String tell(String text, JsonNode of);

    /**
     * What expressions may read.
     *
     * @param params the parameters
     * @param values the plan's values
     * @param phases the states of the phases that have ended
     * @param steps the outputs of earlier steps, only those that the expressions read
     */
    record Scope(Map<String, JsonNode> params, Map<String, JsonNode> values, Map<String, String> phases,
            Map<String, JsonNode> steps) {}

    /**
     * A spec to be resolved.
     *
     * @param with the spec as it stands in the plan
     * @param when the condition
     * @param scope what its expressions may read
     */
    record Unresolved(JsonNode with, Optional<String> when, Scope scope) {}

    /**
     * A resolved spec.
     *
     * @param wanted whether {@code when} is true
     * @param spec the spec without expressions; absent if it is not wanted
     */
    record Resolved(boolean wanted, Optional<JsonNode> spec) {}
}
