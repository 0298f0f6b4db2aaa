package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.json.Json;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How new values are written so that they look like the rest of a file.
 *
 * @param step how much deeper each level stands
 * @param sequenceStep how much deeper a list's dashes stand than its key
 * @param newline what ends a line
 */
record YamlStyle(int step, int sequenceStep, String newline) {

    /** What no parser, of YAML 1.1 or 1.2, takes for anything but this text, in a block or in a flow. */
    private static final Pattern PLAIN = Pattern
            .compile("(?:[A-Za-z_]|/(?=[A-Za-z]))[A-Za-z0-9_/.+@%()-]*(?: [A-Za-z0-9_/.+@%()-]+)*");
    private static final Set<String> WORDS = Set.of("y", "n", "yes", "no", "on", "off", "true", "false", "null");

    /** Finds out the style of a text. */
    static YamlStyle of(String text, YamlNode root) {
        YamlLayout layout = YamlLayout.of(text, root);
        return new YamlStyle(layout.step(), layout.sequenceStep(), text.contains("\r\n") ? "\r\n" : "\n");
    }

    /** The key of an entry with its colon, and its value behind or below that. */
    String entry(String key, JsonNode value, int column) {
        return text(key) + ":" + below(value, column);
    }

    /** An item of a list with its dash, which stands in this column. */
    String item(JsonNode value, int column) {
        return "- " + compact(value, column + 2);
    }

    /** What comes behind the colon of a key that stands in this column: the value, or a line break and a block. */
    String below(JsonNode value, int column) {
        if (!isBlock(value)) {
            return " " + inline(value);
        }
        int inner = column + (value.isArray() ? sequenceStep : step);
        return lineBreak(inner) + compact(value, inner);
    }

    /** A value whose first line is already indented to this column. */
    String compact(JsonNode value, int column) {
        if (!isBlock(value)) {
            return inline(value);
        }
        StringBuilder block = new StringBuilder();
        if (value.isArray()) {
            value.forEach(item -> block.append(block.isEmpty() ? "" : lineBreak(column)).append(item(item, column)));
        } else {
            value.properties()
                    .forEach(field -> block.append(block.isEmpty() ? "" : lineBreak(column))
                            .append(entry(field.getKey(), field.getValue(), column)));
        }
        return block.toString();
    }

    String lineBreak(int column) {
        return newline + " ".repeat(column);
    }

    /** Whether a value is written over several lines. */
    static boolean isBlock(JsonNode value) {
        return value.isContainerNode() && !value.isEmpty();
    }

    /** A value in one line. */
    static String inline(JsonNode value) {
        if (value.isObject()) {
            StringBuilder object = new StringBuilder("{");
            for (Iterator<Map.Entry<String, JsonNode>> fields = value.properties().iterator(); fields.hasNext();) {
                Map.Entry<String, JsonNode> field = fields.next();
                object.append(flowEntry(field.getKey(), field.getValue(), false)).append(fields.hasNext() ? ", " : "");
            }
            return object.append('}').toString();
        }
        if (value.isArray()) {
            StringBuilder list = new StringBuilder("[");
            for (int i = 0; i < value.size(); i++) {
                list.append(i == 0 ? "" : ", ").append(inline(value.get(i)));
            }
            return list.append(']').toString();
        }
        return value.isTextual() ? text(value.textValue()) : literal(value);
    }

    /** A value as JSON, for a flow that has been JSON so far. */
    static String flow(JsonNode value, boolean json) {
        return json ? Json.write(value) : inline(value);
    }

    static String flowEntry(String key, JsonNode value, boolean json) {
        return (json ? quoted(key, '"') : text(key)) + ": " + flow(value, json);
    }

    /** A text, quoted if it needs to be. */
    static String text(String text) {
        boolean plain = PLAIN.matcher(text).matches() && !WORDS.contains(text.toLowerCase(java.util.Locale.ROOT));
        return plain ? text : quoted(text, '\'');
    }

    /** A text in quotes: in single ones if these are asked for and can hold it. */
    static String quoted(String text, char quote) {
        boolean printable = text.chars().allMatch(YamlStyle::isPrintable);
        return quote == '\'' && printable ? "'" + text.replace("'", "''") + "'" : escaped(text);
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char character : Json.write(TextNode.valueOf(text)).toCharArray()) {
            escaped.append(isPrintable(character) ? String.valueOf(character) : "\\u%04x".formatted((int) character));
        }
        return escaped.toString();
    }

    private static boolean isPrintable(int character) {
        return character >= 0x20 && character < 0x7f || character >= 0xa0 && character != 0x2028
                && character != 0x2029 && character != 0xfeff && character < 0xfffe;
    }

    /** A number with a point before its exponent, which YAML 1.1 wants. */
    private static String literal(JsonNode value) {
        String text = value.isNumber() ? Json.write(value) : value.asText();
        return text.matches("-?[0-9]+[eE].*") ? text.replaceFirst("[eE]", ".0e") : text;
    }
}
