package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.activities.host.RunVariable;
import dev.godwit.json.Jq;
import dev.godwit.json.Jq.JqException;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.util.List;
import java.util.Map;

/**
 * A jq expression over a document: {@code .} is the document, {@code $file} its path within the directory,
 * {@code $line} its line in a file of JSON Lines or else null, and {@code $run} holds {@code started} and {@code id}. Nothing else can be seen, so that twice equals once.
 */
final class Mapping {
    private final String uses;
    private final Jq expression;
    private final JsonNode run;

    Mapping(String uses, Jq expression, PreviewContext context) {
        this.uses = uses;
        this.expression = expression;
        this.run = RunVariable.of(context);
    }

    /** The only result. */
    JsonNode one(Place place, JsonNode input) {
        List<JsonNode> results = all(place, input);
        if (results.size() != 1) {
            throw failure(place, "jq '" + expression + "' gives " + results.size() + " results where one is wanted");
        }
        return results.get(0);
    }

    /** All results. */
    List<JsonNode> all(Place place, JsonNode input) {
        try {
            return expression.all(input, Map.of("file", TextNode.valueOf(place.file()), "line",
                    place.line() == 0 ? NullNode.getInstance() : LongNode.valueOf(place.line()), "run", run));
        } catch (JqException e) {
            throw failure(place, e.getMessage()).causedBy(e);
        } catch (StackOverflowError e) {
            throw failure(place, "jq '" + expression + "' recurses without end").causedBy(e);
        }
    }

    private StepFailure failure(Place place, String why) {
        return StepFailure.user("mapping-failed",
                uses + ": the mapping fails at " + place + ": " + why + "; correct the mapping or the document");
    }
}
