package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.json.Durations;
import dev.godwit.json.Json;
import dev.godwit.step.SpecReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The values of a plan's parameters: from the command line's texts, with defaults, and checked against their types. */
public final class ParameterValues {
    private ParameterValues() {}

    /**
     * Reads the texts of a command line ({@code --param K=V}) by the parameters' types.
     *
     * @param given texts by parameter
     * @param absolutePath makes the text of a path absolute, from wherever the user stands
     * @return the values that were given; a path's default, too, is made absolute and so counts as given
     * @throws InvalidPlanException with all that is wrong with them: unknown, missing, of another type, not in the enum
     */
    public static Map<String, JsonNode> resolve(Plan plan, Map<String, String> given,
            UnaryOperator<String> absolutePath) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        given.forEach((name, text) -> {
            Parameter parameter = plan.parameters().get(name);
            values.put(name, parameter == null ? TextNode.valueOf(text) : coerce(text, parameter.type()));
        });
        plan.parameters().forEach((name, parameter) -> {
            if (parameter.type() == Parameter.Type.PATH) {
                Optional.ofNullable(values.get(name))
                        .or(parameter::defaultValue)
                        .filter(ParameterValues::isPath)
                        .ifPresent(path -> values.put(name, TextNode.valueOf(absolutePath.apply(path.textValue()))));
            }
        });
        List<Fault> faults = new ArrayList<>();
        check(plan, values).forEach((name, problem) -> faults.add(new Fault(plan.name(), 0, 0, problem)));
        if (!faults.isEmpty()) {
            throw new InvalidPlanException(faults);
        }
        return values;
    }

    /**
     * The value of every parameter: as given, else its default, else null. Paths are in their one spelling, because a run's
     * target is made of them, and two spellings would be two targets.
     */
    public static Map<String, JsonNode> withDefaults(Plan plan, Map<String, JsonNode> given) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        plan.parameters()
                .forEach((name, parameter) -> values.put(name,
                        Optional.ofNullable(given.get(name))
                                .filter(value -> !value.isNull())
                                .or(parameter::defaultValue)
                                .map(value -> parameter.type() == Parameter.Type.PATH && isPath(value)
                                        ? TextNode.valueOf(Path.of(value.textValue()).normalize().toString())
                                        : value)
                                .orElse(NullNode.getInstance())));
        return Collections.unmodifiableMap(values);
    }

    /** What is wrong with the values given, by parameter; paths must be absolute. */
    static Map<String, String> check(Plan plan, Map<String, JsonNode> given) {
        Map<String, String> problems = new LinkedHashMap<>();
        given.keySet()
                .stream()
                .filter(name -> !plan.parameters().containsKey(name))
                .forEach(name -> problems.put(name,
                        "the plan has no parameter '" + name + "'"
                                + NearestName.hint(name, plan.parameters().keySet())));
        withDefaults(plan, given).forEach((name, value) -> {
            Parameter parameter = plan.parameters().get(name);
            if (value.isNull()) {
                if (parameter.required()) {
                    String description = parameter.description();
                    problems.put(name, "the parameter '" + name + "' is required and was not given"
                            + (description.isEmpty() ? "" : " (" + description + ")"));
                }
                return;
            }
            Optional<String> found = given.containsKey(name)
                    ? problem(value, parameter)
                    : notAbsolute(value, parameter);
            found.ifPresent(problem -> problems.put(name, "the parameter '" + name + "' " + problem));
        });
        return problems;
    }

    private static Optional<String> problem(JsonNode value, Parameter parameter) {
        Optional<String> problem = problem(value, parameter.type());
        if (problem.isPresent()) {
            return problem;
        }
        if (!parameter.choices().isEmpty() && !parameter.choices().contains(value)) {
            List<String> choices = parameter.choices().stream().map(JsonNode::asText).toList();
            return Optional.of("must be one of " + String.join(", ", choices) + ", and is " + SpecReader.describe(value)
                    + NearestName.of(value.asText(), choices).map(near -> "; did you mean '" + near + "'?").orElse(""));
        }
        return notAbsolute(value, parameter);
    }

    /** All that can be wrong with a default: the reader has checked the rest. */
    private static Optional<String> notAbsolute(JsonNode value, Parameter parameter) {
        boolean wrong = parameter.type() == Parameter.Type.PATH && value.isTextual()
                && !value.textValue().startsWith("/");
        return wrong ? Optional.of("must be an absolute path, and is '" + value.textValue() + "'") : Optional.empty();
    }

    /** What keeps a value from being of a type. */
    static Optional<String> problem(JsonNode value, Parameter.Type type) {
        boolean right = switch (type) {
            case STRING -> value.isTextual();
            case PATH -> isPath(value);
            case INTEGER -> value.isIntegralNumber();
            case NUMBER -> value.isNumber();
            case BOOLEAN -> value.isBoolean();
            case DURATION -> value.isTextual() && isDuration(value.textValue());
        };
        if (right) {
            return Optional.empty();
        }
        String wanted = switch (type) {
            case STRING -> "a text";
            case PATH -> "a path";
            case INTEGER -> "a whole number";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case DURATION -> "a duration such as 30s";
        };
        return Optional.of("must be " + wanted + ", and is " + SpecReader.describe(value));
    }

    /** An empty text is none: it would mean the directory in which someone happens to stand. */
    private static boolean isPath(JsonNode value) {
        return value.isTextual() && !value.textValue().isBlank() && value.textValue().indexOf('\0') < 0;
    }

    private static JsonNode coerce(String text, Parameter.Type type) {
        return switch (type) {
            case STRING, PATH, DURATION -> TextNode.valueOf(text);
            case INTEGER, NUMBER -> number(text);
            case BOOLEAN -> text.equals("true") || text.equals("false")
                    ? BooleanNode.valueOf(text.equals("true"))
                    : TextNode.valueOf(text);
        };
    }

    /** The text itself if it is not a number, so that the check says what is wrong with it. */
    private static JsonNode number(String text) {
        try {
            JsonNode value = Json.read(text, JsonNode.class);
            return value != null && value.isNumber() ? value : TextNode.valueOf(text);
        } catch (IllegalArgumentException e) {
            return TextNode.valueOf(text);
        }
    }

    private static boolean isDuration(String text) {
        try {
            Durations.parse(text);
            return true;
        } catch (IllegalArgumentException | ArithmeticException e) {
            return false;
        }
    }
}
