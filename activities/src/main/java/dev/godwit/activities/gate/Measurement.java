package dev.godwit.activities.gate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.plan.Verdict;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One measurement of a gate, as it is journalled and kept as evidence.
 *
 * @param at when it was made, by Temporal's clock
 * @param verdict what it means
 * @param value what was measured; null if nothing was
 * @param why it did not pass
 */
public record Measurement(Instant at, Verdict verdict, JsonNode value, Optional<String> why) {

    private static final int LONGEST = 200;

    public Measurement {
        value = value == null ? NullNode.instance : bounded(value);
        why = why.map(Measurement::shortened);
    }

    private static JsonNode bounded(JsonNode value) {
        return value.isTextual() ? TextNode.valueOf(shortened(value.textValue())) : value;
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }

    /** The value, where it is a number. */
    OptionalDouble number() {
        return value.isNumber() ? OptionalDouble.of(value.doubleValue()) : OptionalDouble.empty();
    }
}
