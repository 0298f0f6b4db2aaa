package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.config.YamlNode.Alias;
import dev.godwit.activities.config.YamlNode.Entry;
import dev.godwit.activities.config.YamlNode.Mapping;
import dev.godwit.activities.config.YamlNode.Scalar;
import dev.godwit.activities.config.YamlNode.Sequence;
import java.util.List;
import java.util.Map;

/** What nodes of YAML are in JSON, with aliases and merge keys expanded, within a limit. */
final class YamlValues {
    private static final int MAX_NODES = 200_000;

    private int nodes;

    private YamlValues() {}

    /** The value of a document; an empty one is null. */
    static JsonNode of(YamlNode node) throws UnreadableConfigException {
        return new YamlValues().value(node);
    }

    private JsonNode value(YamlNode node) throws UnreadableConfigException {
        if (++nodes > MAX_NODES) {
            throw new UnreadableConfigException(1, "more than " + MAX_NODES + " values, aliases expanded");
        }
        return switch (node) {
            case Scalar scalar -> scalar.value();
            case Alias alias -> value(alias.target());
            case Sequence sequence -> list(sequence.items());
            case Mapping mapping -> object(mapping);
        };
    }

    private ArrayNode list(List<YamlNode> items) throws UnreadableConfigException {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (YamlNode item : items) {
            list.add(value(item));
        }
        return list;
    }

    private ObjectNode object(Mapping mapping) throws UnreadableConfigException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (Entry entry : mapping.entries()) {
            if (!entry.isMerge()) {
                object.set(entry.key().text(), value(entry.value()));
            }
        }
        for (Entry entry : mapping.entries()) {
            if (entry.isMerge()) {
                merge(value(entry.value()), object);
            }
        }
        return object;
    }

    /** Own keys come first, then those of the sources in their order. */
    private static void merge(JsonNode source, ObjectNode into) {
        if (source.isArray()) {
            source.forEach(each -> merge(each, into));
        }
        for (Map.Entry<String, JsonNode> field : source.properties()) {
            into.putIfAbsent(field.getKey(), field.getValue());
        }
    }

    /** Whether two values are the same; 5 and 5.0 are not, 1.0 and 1.00 are. */
    static boolean same(JsonNode one, JsonNode other) {
        if (one.isNumber() && other.isNumber()) {
            return one.isIntegralNumber() == other.isIntegralNumber()
                    && one.decimalValue().compareTo(other.decimalValue()) == 0;
        }
        if (one.isArray() && other.isArray()) {
            boolean same = one.size() == other.size();
            for (int i = 0; same && i < one.size(); i++) {
                same = same(one.get(i), other.get(i));
            }
            return same;
        }
        if (one.isObject() && other.isObject()) {
            return one.size() == other.size() && one.properties()
                    .stream()
                    .allMatch(field -> other.has(field.getKey()) && same(field.getValue(), other.get(field.getKey())));
        }
        return one.equals(other);
    }
}
