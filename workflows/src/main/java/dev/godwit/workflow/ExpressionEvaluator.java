package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Jq;
import dev.godwit.plan.Expressions;
import dev.godwit.step.SpecReader;
import java.util.Map;
import java.util.Optional;

/** Evaluates expressions. */
public final class ExpressionEvaluator implements ExpressionActivities {
    @Override
    public Resolved resolve(Unresolved step) {
        JsonNode scope = tree(step.scope());
        try {
            return step.when().isPresent() && !Expressions.when(step.when().get(), scope)
                    ? new Resolved(false, Optional.empty())
                    : new Resolved(true, Optional.of(Expressions.resolve(step.with(), scope)));
        } catch (Expressions.ExpressionException e) {
            throw Failures.told(e.getMessage(), "user/expression-failed");
        }
    }

    @Override
    public Expressions.Decision decide(String expect, JsonNode output, Scope scope) {
        return Expressions.expect(expect, output, tree(scope));
    }

    @Override
    public String tell(String text, JsonNode of) {
        try {
            JsonNode told = Jq.compile(text).one(of, Map.of());
            if (!told.isTextual()) {
                throw Failures.told("'" + text + "' gives " + SpecReader.describe(told) + " where a text is wanted",
                        "user/expression-failed");
            }
            return told.textValue();
        } catch (Jq.JqException e) {
            throw Failures.told(e.getMessage(), "user/expression-failed");
        }
    }

    private static JsonNode tree(Scope scope) {
        return Expressions.scope(scope.params(), scope.values(), scope.phases(), scope.steps());
    }
}
