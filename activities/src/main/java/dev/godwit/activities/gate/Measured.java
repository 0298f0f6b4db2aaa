package dev.godwit.activities.gate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.godwit.json.Jq;
import dev.godwit.json.Jq.JqException;
import dev.godwit.plan.Verdict;
import dev.godwit.step.SpecReader;
import java.util.Map;
import java.util.Optional;

/**
 * What measuring gave.
 *
 * @param value the value; null if there is none
 * @param verdict what it means by itself, where nothing is left to judge
 * @param why there is no value to judge
 */
public record Measured(JsonNode value, Optional<Verdict> verdict, Optional<String> why) {
    /** A value, to be judged. One that says nothing is inconclusive. */
    public static Measured of(JsonNode value) {
        if (value.isNull() || value.isMissingNode()) {
            return inconclusive("there is no value");
        }
        if (value.isContainerNode()) {
            return inconclusive("there is " + SpecReader.describe(value) + " where one value is wanted");
        }
        return new Measured(value, Optional.empty(), Optional.empty());
    }

    /** What a jq makes of it, to be judged. */
    public static Measured of(Jq value, JsonNode input) {
        try {
            return of(value.one(input, Map.of()));
        } catch (JqException e) {
            return inconclusive(e.getMessage());
        }
    }

    /** Nobody knows. */
    public static Measured inconclusive(String why) {
        return new Measured(NullNode.instance, Optional.of(Verdict.INCONCLUSIVE), Optional.of(why));
    }

    /** It is bad, and there is no value. */
    public static Measured failed(String why) {
        return new Measured(NullNode.instance, Optional.of(Verdict.FAILED), Optional.of(why));
    }
}
