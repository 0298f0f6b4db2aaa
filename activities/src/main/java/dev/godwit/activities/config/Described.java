package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.TreeSet;

/** Values of a configuration in words. */
public final class Described {
    private Described() {}

    /** What sort of value it is, without the value, which may be a secret. */
    public static String of(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT, POJO -> "an object";
            case STRING, BINARY -> "a text";
            case BOOLEAN -> "true or false";
            case NUMBER -> value.isIntegralNumber() ? "an integer" : "a number";
            case NULL, MISSING -> "empty";
        };
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
