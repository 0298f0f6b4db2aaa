package dev.godwit.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import dev.godwit.step.SpecReader;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAmount;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What fields a step's output has, found from its record, so that a misspelt one is a fault before the run. */
final class OutputShape {
    private OutputShape() {}

    /**
     * What is wrong with reading a path of an output.
     *
     * @param shown how the output is written in an expression, such as {@code .steps.files}
     */
    static Optional<String> problem(Class<? extends Record> output, List<String> path, String shown) {
        Type type = output;
        String at = shown;
        for (String name : path) {
            if (SpecReader.rawType(type) == Optional.class) {
                type = SpecReader.argument(type, 0);
            }
            Class<?> raw = SpecReader.rawType(type);
            if (isScalar(raw)) {
                return Optional.of(at + " has no fields, and so no '" + name + "'");
            }
            if (Collection.class.isAssignableFrom(raw)) {
                return Optional.of(at + " is a list, and has no field '" + name + "'");
            }
            if (!raw.isRecord() || hasFormOfItsOwn(raw)) {
                return Optional.empty();
            }
            Map<String, Type> fields = fields(raw);
            if (!fields.containsKey(name)) {
                return Optional.of(at + " has no field '" + name + "'" + NearestName.hint(name, fields.keySet()));
            }
            type = fields.get(name);
            at += "." + name;
        }
        return Optional.empty();
    }

    private static Map<String, Type> fields(Class<?> output) {
        Map<String, Type> fields = new LinkedHashMap<>();
        for (RecordComponent component : output.getRecordComponents()) {
            JsonProperty property = component.getAccessor().getAnnotation(JsonProperty.class);
            fields.put(property == null || property.value().isEmpty()
                    ? SnakeCaseStrategy.INSTANCE.translate(component.getName())
                    : property.value(), component.getGenericType());
        }
        return fields;
    }

    private static boolean isScalar(Class<?> type) {
        return type.isPrimitive() || type.isEnum() || Number.class.isAssignableFrom(type) || type == String.class
                || type == Boolean.class || type == Location.class || Temporal.class.isAssignableFrom(type)
                || TemporalAmount.class.isAssignableFrom(type);
    }

    private static boolean hasFormOfItsOwn(Class<?> type) {
        return Arrays.stream(type.getMethods()).anyMatch(method -> method.isAnnotationPresent(JsonValue.class));
    }
}
