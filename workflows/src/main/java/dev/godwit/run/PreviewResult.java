package dev.godwit.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** What a step's preview answers; see {@link dev.godwit.step.Preview}. */
public record PreviewResult(Optional<JsonNode> output, List<String> changes, List<String> makes,
        Optional<String> unknown, long millis) {
    public PreviewResult {
        // Jackson reads an absent tree as null; an output is an object.
        output = output.filter(JsonNode::isObject);
    }
}
