package dev.godwit.step;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.json.Durations;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.plan.NearestName;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads what a plan says under {@code with:}, or declares of a resource, into a record, and finds all that is wrong with
 * it at once.
 *
 * <p>A component is a text, a number, true or false, a {@link Duration}, {@link Location} or {@link Jq}, an enum (written
 * in kebab-case), a {@link JsonNode} (anything), a record, or an {@code Optional}, {@code List} or {@code Map} (by text)
 * of these. Whatever else it is, Jackson reads. A text also takes a number, true or false, as in
 * {@code environment: {PORT: 8001}}.
 */
public final class SpecReader {
    private static final Object UNKNOWN = new Object();
    private static final String EXPRESSION = "${{";

    private final boolean trusting;
    private final List<SpecFault> faults = new ArrayList<>();
    private final List<FoundLocation> locations = new ArrayList<>();
    private final List<FoundQuery> queries = new ArrayList<>();

    private SpecReader(boolean trusting) {
        this.trusting = trusting;
    }

    /**
     * Something wrong with a spec.
     *
     * @param pointer the JSON pointer of what is wrong, from the spec's root; of the object where a field is missing
     * @param message what is wrong, the field included, and what would be right
     */
    public record SpecFault(String pointer, String message) {}

    /**
     * A location that a spec names.
     *
     * @param pointer its JSON pointer, from the spec's root
     * @param text as it was written
     * @param resource the resource; absent where an expression has yet to say
     * @param kinds the kinds of resource that it may be; empty for any
     */
    public record FoundLocation(String pointer, String text, Optional<String> resource, List<String> kinds) {}

    /** A jq expression of a spec, and its JSON pointer from the spec's root. */
    public record FoundQuery(String pointer, Jq query) {}

    /**
     * What a spec holds.
     *
     * @param faults all that is wrong with it
     * @param locations the locations that it names, defaults included
     * @param queries the jq expressions that it holds
     */
    public record Findings(List<SpecFault> faults, List<FoundLocation> locations, List<FoundQuery> queries) {}

    /** Finds all that is wrong with a spec; what expressions will say is taken on trust. */
    public static List<SpecFault> check(JsonNode spec, Class<? extends Record> type) {
        return inspect(spec, type).faults();
    }

    /** Finds all that is wrong with a spec, and the locations that it names; what expressions will say is taken on trust. */
    public static Findings inspect(JsonNode spec, Class<? extends Record> type) {
        SpecReader reader = new SpecReader(true);
        reader.readRecord(spec, type, Place.ROOT);
        return new Findings(List.copyOf(reader.faults), List.copyOf(reader.locations),
                List.copyOf(reader.queries));
    }

    /**
     * Reads a resolved spec.
     *
     * @throws StepFailure {@code spec-invalid}, with all faults, if it has any
     */
    public static <T extends Record> T bind(JsonNode spec, Class<T> type) {
        SpecReader reader = new SpecReader(false);
        Object value = reader.readRecord(spec, type, Place.ROOT);
        if (!reader.faults.isEmpty()) {
            throw StepFailure.user("spec-invalid",
                    reader.faults.stream().map(SpecFault::message).collect(Collectors.joining("; ")));
        }
        return type.cast(value);
    }

    /** The name of a spec's component in a plan. */
    public static String fieldName(RecordComponent component) {
        JsonProperty property = component.getAccessor().getAnnotation(JsonProperty.class);
        return property == null || property.value().isEmpty() ? kebab(component.getName()) : property.value();
    }

    /** How an enum's constant is written in a plan. */
    public static String choiceName(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The value of a component that a spec leaves out; absent if it has none. */
    public static Optional<JsonNode> defaultOf(RecordComponent component) {
        Default annotation = component.getAnnotation(Default.class);
        if (annotation == null) {
            return Optional.empty();
        }
        boolean plainText = component.getGenericType() instanceof Class<?> type && isWrittenAsText(type);
        return Optional.of(plainText
                ? TextNode.valueOf(annotation.value())
                : Json.read(annotation.value(), JsonNode.class));
    }

    private Object readRecord(JsonNode node, Class<? extends Record> type, Place place) {
        if (!node.isObject()) {
            return fault(place, mustBe(place, "an object", node));
        }
        RecordComponent[] components = type.getRecordComponents();
        List<String> names = Arrays.stream(components).map(SpecReader::fieldName).toList();
        node.fieldNames().forEachRemaining(name -> {
            if (!names.contains(name)) {
                fault(place.field(name),
                        "unknown field '" + place.field(name).path() + "'" + NearestName.hint(name, names));
            }
        });
        Object[] values = new Object[components.length];
        boolean known = true;
        for (int i = 0; i < components.length; i++) {
            values[i] = readComponent(node.path(names.get(i)), components[i], place, names.get(i));
            known &= values[i] != UNKNOWN;
        }
        return known ? construct(type, components, values, place) : UNKNOWN;
    }

    private Object readComponent(JsonNode node, RecordComponent component, Place parent, String name) {
        Type type = component.getGenericType();
        Of of = component.getAnnotation(Of.class);
        Place place = parent.field(name).limitedTo(of == null ? List.of() : List.of(of.value()));
        boolean leftOut = node.isMissingNode() || node.isNull() && type != JsonNode.class;
        if (!leftOut) {
            return read(node, type, place);
        }
        Optional<JsonNode> value = defaultOf(component);
        if (value.isPresent()) {
            return read(value.get(), type, place);
        }
        if (rawType(type) == Optional.class) {
            return Optional.empty();
        }
        return fault(parent, "missing field '" + place.path() + "' (" + describe(type) + ")");
    }

    private Object construct(Class<? extends Record> type, RecordComponent[] components, Object[] values, Place place) {
        try {
            Constructor<? extends Record> constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException refusal) {
                String message = refusal.getMessage();
                return fault(place, place.path().isEmpty() ? message : place.path() + ": " + message);
            }
            throw new IllegalStateException("the constructor of " + type.getName() + " failed", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type.getName() + " cannot be constructed", e);
        }
    }

    private Object read(JsonNode node, Type type, Place place) {
        Class<?> raw = rawType(type);
        if (raw == Location.class) {
            return readLocation(node, place);
        }
        if (trusting && node.isTextual() && node.textValue().contains(EXPRESSION)) {
            return UNKNOWN;
        }
        if (raw == JsonNode.class) {
            return node;
        }
        if (raw == Optional.class) {
            Object value = read(node, argument(type, 0), place);
            return value == UNKNOWN ? UNKNOWN : Optional.of(value);
        }
        if (raw == List.class) {
            return readList(node, argument(type, 0), place);
        }
        if (raw == Map.class) {
            return readMap(node, argument(type, 1), place);
        }
        if (raw == String.class) {
            return node.isValueNode() && !node.isNull() ? node.asText() : fault(place, mustBe(place, "a text", node));
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return node.isBoolean() ? node.booleanValue() : fault(place, mustBe(place, "true or false", node));
        }
        if (isNumber(raw)) {
            return readNumber(node, raw, place);
        }
        if (raw == Duration.class) {
            return readText(node, Durations::parse, type, place);
        }
        if (raw == Jq.class) {
            Object query = readText(node, Jq::compile, type, place);
            if (query instanceof Jq compiled) {
                queries.add(new FoundQuery(place.pointer(), compiled));
            }
            return query;
        }
        if (raw.isEnum()) {
            return readEnum(node, raw, place);
        }
        if (raw.isRecord() && !(node.isTextual() && isWrittenAsText(raw))) {
            return readRecord(node, raw.asSubclass(Record.class), place);
        }
        return readByJackson(node, raw, place);
    }

    private Object readLocation(JsonNode node, Place place) {
        if (!node.isTextual()) {
            return fault(place, mustBe(place, describe(Location.class), node));
        }
        String text = node.textValue();
        int expression = text.indexOf(EXPRESSION);
        if (trusting && expression >= 0) {
            int colon = text.indexOf(':');
            boolean resourceKnown = colon >= 0 && colon < expression;
            locations.add(new FoundLocation(place.pointer(), text,
                    resourceKnown ? Optional.of(text.substring(0, colon)) : Optional.empty(), place.kinds()));
            return UNKNOWN;
        }
        Object location = readText(node, Location::parse, Location.class, place);
        if (location instanceof Location found) {
            locations.add(new FoundLocation(place.pointer(), text, Optional.of(found.resource()), place.kinds()));
        }
        return location;
    }

    private Object readText(JsonNode node, Function<String, Object> parser, Type type, Place place) {
        if (!node.isTextual()) {
            return fault(place, mustBe(place, describe(type), node));
        }
        try {
            return parser.apply(node.textValue());
        } catch (IllegalArgumentException e) {
            return fault(place, place.path() + ": " + e.getMessage());
        }
    }

    private Object readList(JsonNode node, Type element, Place place) {
        if (!node.isArray()) {
            String remedy = node.isValueNode() ? "; write [" + node.asText() + "]" : "";
            return fault(place, mustBe(place, "a list", node) + remedy);
        }
        List<Object> values = new ArrayList<>();
        boolean known = true;
        for (int i = 0; i < node.size(); i++) {
            Object value = read(node.get(i), element, place.item(i));
            known &= value != UNKNOWN;
            values.add(value);
        }
        return known ? List.copyOf(values) : UNKNOWN;
    }

    private Object readMap(JsonNode node, Type element, Place place) {
        if (!node.isObject()) {
            return fault(place, mustBe(place, "an object", node));
        }
        Map<String, Object> values = new LinkedHashMap<>();
        boolean known = true;
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            Object value = read(field.getValue(), element, place.field(field.getKey()));
            known &= value != UNKNOWN;
            values.put(field.getKey(), value);
        }
        return known ? Collections.unmodifiableMap(values) : UNKNOWN;
    }

    private Object readNumber(JsonNode node, Class<?> type, Place place) {
        if (!node.isNumber() || isWholeNumber(type) && !node.isIntegralNumber()) {
            return fault(place, mustBe(place, describe(type), node));
        }
        if (type == BigInteger.class) {
            return node.bigIntegerValue();
        }
        if (type == BigDecimal.class) {
            return node.decimalValue();
        }
        if (type == double.class || type == Double.class) {
            return node.doubleValue();
        }
        boolean isInt = type == int.class || type == Integer.class;
        if (isInt ? !node.canConvertToInt() : !node.canConvertToLong()) {
            return fault(place, place.path() + " is too large: " + node.asText());
        }
        return isInt ? (Object) node.intValue() : (Object) node.longValue();
    }

    private Object readEnum(JsonNode node, Class<?> type, Place place) {
        List<String> choices = choices(type);
        int index = node.isTextual() ? choices.indexOf(node.textValue()) : -1;
        if (index >= 0) {
            return type.getEnumConstants()[index];
        }
        return fault(place, mustBe(place, describe(type), node)
                + NearestName.of(node.asText(), choices).map(name -> "; did you mean '" + name + "'?").orElse(""));
    }

    private Object readByJackson(JsonNode node, Class<?> type, Place place) {
        try {
            return Json.bindPlan(node, type);
        } catch (IllegalArgumentException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            String why = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
            return fault(place, place.path() + ": " + why);
        }
    }

    private Object fault(Place place, String message) {
        faults.add(new SpecFault(place.pointer(), message));
        return UNKNOWN;
    }

    private static String mustBe(Place place, String wanted, JsonNode node) {
        String subject = place.path().isEmpty() ? "this" : place.path();
        return subject + " must be " + wanted + ", and is " + describe(node);
    }

    /** Names a JSON value for people. */
    public static String describe(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT, POJO -> "an object";
            case STRING -> {
                String text = node.textValue();
                yield "the text '" + (text.length() > 60 ? text.substring(0, 57) + "..." : text) + "'";
            }
            case BOOLEAN, NUMBER, BINARY -> node.asText();
            case NULL, MISSING -> "empty";
        };
    }

    /** Names what a component of this type takes, for people. */
    public static String describe(Type type) {
        Class<?> raw = rawType(type);
        if (raw == Optional.class) {
            return describe(argument(type, 0));
        }
        if (raw == List.class) {
            return "a list";
        }
        if (raw == String.class) {
            return "a text";
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return "true or false";
        }
        if (isNumber(raw)) {
            return isWholeNumber(raw) ? "a whole number" : "a number";
        }
        if (raw == Duration.class) {
            return "a duration such as 30s";
        }
        if (raw == Location.class) {
            return "a location, RESOURCE or RESOURCE:PATH";
        }
        if (raw == Jq.class) {
            return "a jq expression";
        }
        if (raw == JsonNode.class) {
            return "a value";
        }
        if (raw.isEnum()) {
            return "one of " + String.join(", ", choices(raw));
        }
        return isWrittenAsText(raw) ? "a text" : "an object";
    }

    /** How the constants of an enum are written in a plan. */
    public static List<String> choices(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(constant -> choiceName((Enum<?>) constant)).toList();
    }

    /** Whether a type is read from a text: it is one, or has a factory that takes one. */
    public static boolean isWrittenAsText(Class<?> type) {
        return type == String.class || type == Duration.class || type.isEnum()
                || Arrays.stream(type.getDeclaredMethods())
                        .anyMatch(method -> method.isAnnotationPresent(JsonCreator.class)
                                && Arrays.equals(method.getParameterTypes(), new Class<?>[]{String.class}));
    }

    /** The class behind a possibly generic type. */
    public static Class<?> rawType(Type type) {
        return (Class<?>) (type instanceof ParameterizedType generic ? generic.getRawType() : type);
    }

    /** A type argument of a generic type. */
    public static Type argument(Type type, int index) {
        return ((ParameterizedType) type).getActualTypeArguments()[index];
    }

    /** Whether a component of this type takes a number. */
    public static boolean isNumber(Class<?> type) {
        return isWholeNumber(type) || type == double.class || type == Double.class || type == BigDecimal.class;
    }

    /** Whether a component of this type takes a whole number. */
    public static boolean isWholeNumber(Class<?> type) {
        return type == int.class || type == Integer.class || type == long.class || type == Long.class
                || type == BigInteger.class;
    }

    private static String kebab(String name) {
        return KebabCaseStrategy.INSTANCE.translate(name);
    }

    /** Where in a spec the reader is. */
    private record Place(String pointer, String path, List<String> kinds) {

        static final Place ROOT = new Place("", "", List.of());

        Place field(String name) {
            String escaped = name.replace("~", "~0").replace("/", "~1");
            return new Place(pointer + "/" + escaped, path.isEmpty() ? name : path + "." + name, kinds);
        }

        Place item(int index) {
            return new Place(pointer + "/" + index, path + "[" + index + "]", kinds);
        }

        Place limitedTo(List<String> names) {
            return new Place(pointer, path, names);
        }
    }
}
