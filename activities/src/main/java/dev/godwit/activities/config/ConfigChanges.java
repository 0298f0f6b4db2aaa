package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is to become of the values of a configuration file, done in this order.
 *
 * @param remove settings that go
 * @param merge keys and values that come in, object by object; a list is replaced
 * @param set settings that get this value, whatever they are now
 * @param append items that a list gets if it has not got them
 */
record ConfigChanges(List<ConfigPath> remove, Optional<JsonNode> merge, Map<ConfigPath, JsonNode> set,
        Map<ConfigPath, List<JsonNode>> append) {

    /** The values of a file after these changes, found without its text. */
    JsonNode applied(JsonNode before) {
        JsonNode values = before.isNull() ? JsonNodeFactory.instance.objectNode() : before.deepCopy();
        remove.forEach(path -> remove(values, path));
        merge.ifPresent(patch -> merge(values, patch));
        set.forEach((path, value) -> set(values, path, value));
        append.forEach((path, items) -> append(values, path, items));
        return before.isNull() && values.isEmpty() ? before : values;
    }

    private static void remove(JsonNode values, ConfigPath path) {
        switch (path.parent().in(values)) {
            case ObjectNode object when path.last() instanceof ConfigPath.Key key -> object.remove(key.name());
            case ArrayNode list when path.last() instanceof ConfigPath.Index index -> list.remove(index.number());
            default -> {
                // What is not there is removed already.
            }
        }
    }

    private static void merge(JsonNode values, JsonNode patch) {
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            JsonNode old = values.path(field.getKey());
            if (field.getValue().isObject() && old.isObject()) {
                merge(old, field.getValue());
            } else {
                ((ObjectNode) values).set(field.getKey(), field.getValue());
            }
        }
    }

    private static void set(JsonNode values, ConfigPath path, JsonNode value) {
        JsonNode parent = path.parent().in(values);
        if (path.last() instanceof ConfigPath.Index index) {
            if (parent instanceof ArrayNode list && index.number() < list.size()) {
                list.set(index.number(), value);
            }
            return;
        }
        if (!parent.isObject() && !path.parent().isRoot()) {
            set(values, path.parent(), JsonNodeFactory.instance.objectNode());
            parent = path.parent().in(values);
        }
        if (parent instanceof ObjectNode object && path.last() instanceof ConfigPath.Key key) {
            object.set(key.name(), value);
        }
    }

    private static void append(JsonNode values, ConfigPath path, List<JsonNode> items) {
        if (!path.in(values).isArray()) {
            set(values, path, JsonNodeFactory.instance.arrayNode());
        }
        if (path.in(values) instanceof ArrayNode list) {
            items.stream().filter(item -> !holds(list, item)).forEach(list::add);
        }
    }

    /** Whether a list has an item with this value. */
    static boolean holds(JsonNode list, JsonNode item) {
        for (JsonNode each : list) {
            if (YamlValues.same(each, item)) {
                return true;
            }
        }
        return false;
    }
}
