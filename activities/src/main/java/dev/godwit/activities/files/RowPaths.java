package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.host.RunVariable;
import dev.godwit.json.Jq;
import dev.godwit.json.Jq.JqException;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What jq makes of a row: paths within a directory that cannot lead out of it, and values. */
final class RowPaths {
    private final String uses;
    private final Path root;
    private final JsonNode run;

    /**
     * @param uses the step type, for its errors
     * @param root the directory
     */
    RowPaths(String uses, Path root, PreviewContext context) {
        this.uses = uses;
        this.root = root;
        this.run = RunVariable.of(context);
    }

    /** The only path; the row must give one. */
    Path one(Jq expression, ObjectNode row) {
        return within(expression, row, value(expression, row, Map.of()));
    }

    /** All paths but nulls. */
    List<Path> all(Jq expression, ObjectNode row) {
        try {
            return expression.all(row, Map.of("run", run))
                    .stream()
                    .filter(value -> !value.isNull())
                    .map(value -> within(expression, row, value))
                    .toList();
        } catch (JqException e) {
            throw failed(row, e);
        }
    }

    /** The only value. */
    JsonNode value(Jq expression, ObjectNode row, Map<String, JsonNode> more) {
        Map<String, JsonNode> variables = new HashMap<>(more);
        variables.put("run", run);
        try {
            return expression.one(row, variables);
        } catch (JqException e) {
            throw failed(row, e);
        }
    }

    /** A path within the directory, as people know it. */
    String shown(Path path) {
        return root.relativize(path).toString();
    }

    private Path within(Jq expression, ObjectNode row, JsonNode value) {
        return within(value).orElseThrow(() -> StepFailure.user("invalid-directory", uses + ": for the row " + row
                + " the expression '" + expression + "' gives " + value + ", which is not a path below " + root
                + "; make it give a text such as \"2025/06\""));
    }

    private Optional<Path> within(JsonNode value) {
        if (!value.isTextual()) {
            return Optional.empty();
        }
        try {
            Path path = root.resolve(value.textValue());
            boolean below = path.startsWith(root) && !path.equals(root) && path.equals(path.normalize());
            return below ? Optional.of(path) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private StepFailure failed(ObjectNode row, JqException e) {
        return StepFailure.user("mapping-failed",
                uses + ": the expression fails on the row " + row + ": " + e.getMessage()
                        + "; correct the one or the other")
                .causedBy(e);
    }
}
