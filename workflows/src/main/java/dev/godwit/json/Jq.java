package dev.godwit.json;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.thisptr.jackson.jq.BuiltinFunctionLoader;
import net.thisptr.jackson.jq.Function;
import net.thisptr.jackson.jq.JsonQuery;
import net.thisptr.jackson.jq.Scope;
import net.thisptr.jackson.jq.Version;
import net.thisptr.jackson.jq.Versions;
import net.thisptr.jackson.jq.exception.JsonQueryException;

/**
 * A compiled jq 1.7 expression. What would make two evaluations differ ({@code now}) or reveal the worker's environment
 * ({@code env}, {@code $ENV}) is refused. Thread-safe.
 */
public final class Jq {
    private static final Version VERSION = Versions.JQ_1_7;
    private static final Pattern PLACE = Pattern.compile("line (\\d+), column (\\d+)");
    private static final Scope BUILTINS = builtins();

    private final String text;
    private final JsonQuery query;

    private Jq(String text, JsonQuery query) {
        this.text = text;
        this.query = query;
    }

    /**
     * Compiles an expression.
     *
     * @throws IllegalArgumentException if it is not jq
     */
    @JsonCreator
    public static Jq compile(String text) {
        try {
            return new Jq(text, JsonQuery.compile(text, VERSION));
        } catch (JsonQueryException e) {
            throw new IllegalArgumentException("'" + text + "' is not a jq expression: " + whatIsWrong(e), e);
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException("this jq expression is nested too deep", e);
        }
    }

    /** The expression as it was written. */
    @JsonValue
    public String text() {
        return text;
    }

    /** All results, with the given variables ({@code $name}) set. */
    public List<JsonNode> all(JsonNode input, Map<String, JsonNode> variables) {
        Scope scope = Scope.newChildScope(BUILTINS);
        variables.forEach(scope::setValue);
        List<JsonNode> results = new ArrayList<>();
        try {
            query.apply(scope, input, results::add);
        } catch (JsonQueryException e) {
            throw new JqException(text, firstLine(e), e);
        } catch (StackOverflowError e) {
            throw new JqException(text, "it calls itself without end, or its input is nested too deep", e);
        }
        return results;
    }

    /** The only result; an expression that gives none or several is an error. */
    public JsonNode one(JsonNode input, Map<String, JsonNode> variables) {
        List<JsonNode> results = all(input, variables);
        if (results.size() != 1) {
            throw new JqException(text, "it gives " + results.size() + " results where one is wanted", null);
        }
        return results.get(0);
    }

    @Override
    public String toString() {
        return text;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Jq that && that.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    private static Scope builtins() {
        Scope scope = Scope.newEmptyScope();
        BuiltinFunctionLoader.getInstance().loadFunctions(VERSION, scope);
        refuse(scope, "now", "use $run.started");
        refuse(scope, "env", "make it a parameter of the plan");
        scope.addFunction("fromjson", 0, exactFromJson());
        return scope;
    }

    /** The library's own would read decimals as doubles and so change them. */
    private static Function exactFromJson() {
        return (caller, arguments, in, path, output, version) -> {
            if (!in.isTextual()) {
                throw new JsonQueryException("fromjson wants a text and got " + in.getNodeType());
            }
            try {
                output.emit(Json.read(in.textValue(), JsonNode.class), null);
            } catch (IllegalArgumentException e) {
                throw new JsonQueryException("fromjson: the text is not JSON: " + e.getMessage(), e);
            }
        };
    }

    private static void refuse(Scope scope, String name, String instead) {
        Function refusal = (caller, arguments, in, path, output, version) -> {
            throw new JsonQueryException("'" + name + "' is not available in a plan; " + instead);
        };
        scope.addFunction(name, 0, refusal);
    }

    /** The parser's own message lists every token that it knows. */
    private static String whatIsWrong(JsonQueryException e) {
        String message = e.getCause() == null ? "" : String.valueOf(e.getCause().getMessage());
        if (message.contains("<EOF>")) {
            return "it ends too early";
        }
        Matcher place = PLACE.matcher(message);
        return place.find() ? "look at line " + place.group(1) + ", column " + place.group(2) + " of it" : firstLine(e);
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    /** An expression that failed on its input. */
    public static final class JqException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        JqException(String expression, String why, Throwable cause) {
            super("jq '" + expression + "': " + why, cause);
        }
    }
}
