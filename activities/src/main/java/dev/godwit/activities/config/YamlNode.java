package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** A part of a YAML text, and where in the text it stands. */
sealed interface YamlNode {
    Span span();

    /** The name by which aliases repeat it. */
    Optional<String> anchor();

    /**
     * Positions of characters.
     *
     * @param from where it begins, its anchor and tag included
     * @param content where it begins behind these
     * @param to behind its last character; of a block collection, where the next thing begins
     */
    record Span(int from, int content, int to) {}

    /**
     * @param style its first character, where it is a quote, {@code |} or {@code >}; a space for a plain one
     * @param value what it is in JSON; a text begins with its own tag if it has one
     */
    record Scalar(Span span, Optional<String> anchor, String text, char style, JsonNode value) implements YamlNode {
        boolean isBlock() {
            return style == '|' || style == '>';
        }

        /** Whether nothing is written at all. */
        boolean isEmpty() {
            return span.content() == span.to();
        }
    }

    record Sequence(Span span, Optional<String> anchor, boolean flow, List<YamlNode> items) implements YamlNode {}

    record Mapping(Span span, Optional<String> anchor, boolean flow, List<Entry> entries) implements YamlNode {
        /** The entry of a key that is written here, and not merged. */
        Optional<Entry> entry(String key) {
            return entries.stream().filter(entry -> !entry.isMerge() && entry.key().text().equals(key)).findFirst();
        }
    }

    /** A key and its value. */
    record Entry(Scalar key, YamlNode value) {
        /** Whether it merges other mappings into its own: {@code <<: *defaults}. */
        boolean isMerge() {
            return key.style() == ' ' && key.text().equals("<<");
        }
    }

    /** The repetition of an anchored node. */
    record Alias(Span span, String name, YamlNode target) implements YamlNode {
        @Override
        public Optional<String> anchor() {
            return Optional.empty();
        }
    }
}
