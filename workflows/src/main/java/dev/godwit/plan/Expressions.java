package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
import dev.godwit.step.SpecReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A plan's expressions. {@code ${{ JQ }}} within a text is replaced by what the jq gives: a text that is nothing but one
 * expression becomes its value, of whatever type; amid a text, a value is written into it. {@code when} and
 * {@code expect} are jq as they stand.
 */
public final class Expressions {
    private static final String OPEN = "${{";
    private static final String CLOSE = "}}";

    private Expressions() {}

    /** What a gate decided, and why where it did not pass. */
    public record Decision(Verdict verdict, Optional<String> reason) {}

    /** What expressions read: {@code .params}, {@code .values}, {@code .phases.NAME.state} and {@code .steps.NAME.field}. */
    public static ObjectNode scope(Map<String, JsonNode> params, Map<String, JsonNode> values,
            Map<String, String> phases, Map<String, JsonNode> steps) {
        ObjectNode scope = JsonNodeFactory.instance.objectNode();
        scope.putObject("params").setAll(params);
        scope.putObject("values").setAll(values);
        ObjectNode states = scope.putObject("phases");
        phases.forEach((name, state) -> states.putObject(name).put("state", state));
        scope.putObject("steps").setAll(steps);
        return scope;
    }

    /** Whether a text within this holds an expression. */
    public static boolean isDynamic(JsonNode template) {
        if (template.isTextual()) {
            return template.textValue().contains(OPEN);
        }
        for (JsonNode child : template) {
            if (isDynamic(child)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Replaces all expressions in the texts of objects and lists, however deep.
     *
     * @throws ExpressionException if one fails, or gives what cannot stand where it is
     */
    public static JsonNode resolve(JsonNode template, JsonNode scope) {
        if (template.isTextual()) {
            return resolveText(template, scope);
        }
        if (template.isArray()) {
            ArrayNode resolved = JsonNodeFactory.instance.arrayNode();
            template.forEach(item -> resolved.add(resolve(item, scope)));
            return resolved;
        }
        if (template.isObject()) {
            ObjectNode resolved = JsonNodeFactory.instance.objectNode();
            template.properties().forEach(field -> resolved.set(field.getKey(), resolve(field.getValue(), scope)));
            return resolved;
        }
        return template;
    }

    /**
     * Evaluates a {@code when}. Null is not true: so it is with the output of a step that was left out.
     *
     * @throws ExpressionException if it fails, or gives neither true, false nor null
     */
    public static boolean when(String expression, JsonNode scope) {
        JsonNode value = evaluate(expression, scope);
        if (!value.isBoolean() && !value.isNull()) {
            throw new ExpressionException("'" + expression + "' must give true or false, and gives "
                    + SpecReader.describe(value));
        }
        return value.asBoolean();
    }

    /** Evaluates an {@code expect}. Never throws: what cannot be decided is inconclusive. */
    public static Decision expect(String expression, JsonNode output, JsonNode scope) {
        ObjectNode input = JsonNodeFactory.instance.objectNode();
        scope.properties().forEach(field -> input.set(field.getKey(), field.getValue()));
        input.set("output", output);
        try {
            JsonNode value = evaluate(expression, input);
            if (value.isBoolean()) {
                return value.booleanValue()
                        ? new Decision(Verdict.PASSED, Optional.empty())
                        : new Decision(Verdict.FAILED, Optional.of(readValues(expression, input)));
            }
            return new Decision(Verdict.INCONCLUSIVE, Optional.of("'" + expression + "' gives "
                    + (value.isNull() ? "null" : SpecReader.describe(value)) + ", which is neither true nor false"));
        } catch (ExpressionException e) {
            return new Decision(Verdict.INCONCLUSIVE, Optional.of(e.getMessage()));
        }
    }

    /** An expression that failed, or gave what cannot stand where it is. */
    public static final class ExpressionException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ExpressionException(String message) {
            super(message);
        }

        ExpressionException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * The expressions of a text.
     *
     * @throws ExpressionException if one has no end
     */
    static List<String> in(String text) {
        return parts(text).stream().filter(Part::isExpression).map(Part::text).toList();
    }

    /** Says what the paths of a failed gate hold, so that nobody has to look them up: {@code .output.failed is 3}. */
    private static String readValues(String expression, JsonNode input) {
        List<String> read = new ArrayList<>();
        for (JqScanner.Reference reference : JqScanner.scan(expression).references()) {
            JsonNode value = input;
            for (String name : reference.path()) {
                value = value.path(name);
            }
            String said = reference + " is "
                    + (value.isContainerNode() ? SpecReader.describe(value) : value.toString());
            if (!value.isMissingNode() && !read.contains(said)) {
                read.add(said);
            }
        }
        return read.isEmpty() ? "it is false" : String.join(", ", read);
    }

    private static JsonNode resolveText(JsonNode template, JsonNode scope) {
        List<Part> parts = parts(template.textValue());
        if (parts.stream().noneMatch(Part::isExpression)) {
            return template;
        }
        if (parts.size() == 1) {
            return evaluate(parts.get(0).text(), scope);
        }
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            if (!part.isExpression()) {
                text.append(part.text());
                continue;
            }
            JsonNode value = evaluate(part.text(), scope);
            if (value.isNull()) {
                throw new ExpressionException(
                        "'" + part.text() + "' gives null, which cannot be written into '" + template.textValue()
                                + "'");
            }
            text.append(value.isTextual() ? value.textValue() : Json.write(value));
        }
        return TextNode.valueOf(text.toString());
    }

    private static JsonNode evaluate(String expression, JsonNode scope) {
        try {
            return Jq.compile(expression).one(scope, Map.of());
        } catch (Jq.JqException | IllegalArgumentException e) {
            throw new ExpressionException(e.getMessage(), e);
        }
    }

    private static List<Part> parts(String text) {
        List<Part> parts = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int open = text.indexOf(OPEN, at);
            if (open < 0) {
                parts.add(new Part(text.substring(at), false));
                break;
            }
            if (open > at) {
                parts.add(new Part(text.substring(at, open), false));
            }
            int start = open + OPEN.length();
            int end = JqScanner.end(text, start)
                    .orElseThrow(
                            () -> new ExpressionException("'" + text.substring(open)
                                    + "' begins an expression with ${{ and does not end it with }}"));
            parts.add(new Part(text.substring(start, end).strip(), true));
            at = end + CLOSE.length();
        }
        return parts;
    }

    private record Part(String text, boolean isExpression) {}
}
