package dev.godwit.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * Something that whoever starts the plan may or must say.
 *
 * @param type what values it takes
 * @param description one sentence for people; may be empty
 * @param required whether a start without it is refused
 * @param defaultValue its value when it is not given; absent means null
 * @param choices the only values allowed; empty for any of the type
 */
public record Parameter(Type type, String description, boolean required,
        @JsonProperty("default") Optional<JsonNode> defaultValue, @JsonProperty("enum") List<JsonNode> choices) {

    /** What values a parameter takes. A path is absolute by the time a worker sees it. */
    public enum Type {
        STRING, INTEGER, NUMBER, BOOLEAN, PATH, DURATION
    }
}
