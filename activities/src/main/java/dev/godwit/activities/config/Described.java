package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.step.SpecReader;
import java.util.List;
import java.util.TreeSet;

/** Values of a configuration in words. */
final class Described {
    private Described() {}

    /** What sort of value it is, without the value, which may be a secret. */
    static String of(JsonNode value) {
        return value.isContainerNode() || value.isNull() || value.isMissingNode()
                ? SpecReader.describe(value)
                : "a " + value.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Adds the paths at which two trees differ. */
    static void differences(ConfigPath path, JsonNode one, JsonNode other, List<String> into) {
        if (one.isObject() && other.isObject()) {
            TreeSet<String> keys = new TreeSet<>();
            one.fieldNames().forEachRemaining(keys::add);
            other.fieldNames().forEachRemaining(keys::add);
            keys.forEach(key -> differences(path.key(key), one.path(key), other.path(key), into));
        } else if (!YamlValues.same(one, other)) {
            into.add(path.toString());
        }
    }
}
