package dev.godwit.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.therapi.runtimejavadoc.ClassJavadoc;
import com.github.therapi.runtimejavadoc.ParamJavadoc;
import com.github.therapi.runtimejavadoc.RuntimeJavadoc;
import dev.godwit.activities.host.DiscoveredCatalog;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Of;
import dev.godwit.step.ResourceKind;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepDescription;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The reference page of a step type or a kind of resource, read from its code and its Javadoc.
 *
 * @param name its name in plans
 * @param kind what a step changes; empty for a resource
 * @param undoable whether a rollback has something to undo
 * @param prose what it does
 * @param example a step that uses it
 * @param fields what a plan says of it
 * @param output what later steps read
 */
record StepReference(String name, String kind, boolean undoable, String prose, Optional<String> example,
        List<Field> fields, List<Field> output) {

    /**
     * A field.
     *
     * @param name dotted where it is nested
     * @param type in a plan's words
     * @param required whether it must be there
     * @param defaultValue what it is when left out, as JSON
     * @param prose what it means
     */
    record Field(String name, String type, boolean required, Optional<JsonNode> defaultValue, String prose) {
        private String defaultText() {
            return defaultValue.map(value -> "`" + Json.write(value).replace("|", "\\|") + "`")
                    .orElse(required ? "required" : "");
        }
    }

    /** The pages of all step types, by name. */
    static List<StepReference> steps(DiscoveredCatalog catalog) {
        return catalog.stepTypes().stream().map(step -> of(step, catalog.classes().get(step.uses()))).toList();
    }

    /** The pages of all kinds of resource, by name. */
    static List<StepReference> resources(DiscoveredCatalog catalog) {
        return catalog.resourceKinds().stream().map(StepReference::of).toList();
    }

    private static StepReference of(StepDescription step, Class<?> type) {
        ClassJavadoc javadoc = RuntimeJavadoc.getJavadoc(type);
        return new StepReference(step.uses(), step.kind().name().toLowerCase(Locale.ROOT), step.undoable(),
                JavadocText.prose(javadoc.getComment()), JavadocText.example(javadoc.getComment()),
                fields(step.spec(), "", SpecReader::fieldName), fields(step.output(), "", StepReference::snake));
    }

    private static StepReference of(ResourceKind<?, ?> kind) {
        ClassJavadoc javadoc = RuntimeJavadoc.getJavadoc(kind.getClass());
        return new StepReference(kind.name(), "", false, JavadocText.prose(javadoc.getComment()),
                JavadocText.example(javadoc.getComment()), fields(kind.definition(), "", SpecReader::fieldName),
                List.of());
    }

    private static List<Field> fields(Class<? extends Record> type, String prefix,
            Function<RecordComponent, String> names) {
        ClassJavadoc javadoc = RuntimeJavadoc.getJavadoc(type);
        return Arrays.stream(type.getRecordComponents()).flatMap(component -> {
            String name = prefix + names.apply(component);
            Optional<JsonNode> defaultValue = SpecReader.defaultOf(component);
            Field field = new Field(name, typeName(component.getGenericType(), component), defaultValue.isEmpty()
                    && component.getType() != Optional.class, defaultValue, prose(javadoc, component));
            Optional<Class<? extends Record>> nested = nested(component.getGenericType());
            return Stream.concat(Stream.of(field),
                    nested.map(inner -> fields(inner, name + ".", names)).orElse(List.of()).stream());
        }).toList();
    }

    private static String prose(ClassJavadoc javadoc, RecordComponent component) {
        return javadoc.getRecordComponents()
                .stream()
                .filter(param -> param.getName().equals(component.getName()))
                .map(ParamJavadoc::getComment)
                .map(JavadocText::prose)
                .findFirst()
                .orElse("");
    }

    private static Optional<Class<? extends Record>> nested(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            Type[] arguments = parameterized.getActualTypeArguments();
            return nested(arguments[arguments.length - 1]);
        }
        return type instanceof Class<?> simple && simple.isRecord() && !SpecReader.isWrittenAsText(simple)
                ? Optional.of(simple.asSubclass(Record.class))
                : Optional.empty();
    }

    private static String typeName(Type type, RecordComponent component) {
        if (type instanceof ParameterizedType parameterized) {
            Type[] arguments = parameterized.getActualTypeArguments();
            String last = typeName(arguments[arguments.length - 1], component);
            return switch (((Class<?>) parameterized.getRawType()).getSimpleName()) {
                case "Optional" -> last;
                case "Map" -> "map of " + last;
                default -> "list of " + last;
            };
        }
        return type instanceof Class<?> simple ? simpleName(simple, component) : "anything";
    }

    private static String simpleName(Class<?> type, RecordComponent component) {
        if (type == Location.class) {
            Of of = component.getAnnotation(Of.class);
            return of == null ? "location" : "location (" + String.join(" or ", of.value()) + ")";
        }
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .map(constant -> SpecReader.choiceName((Enum<?>) constant))
                    .collect(Collectors.joining(" \\| "));
        }
        if (type == Jq.class) {
            return "jq";
        }
        if (type == Duration.class) {
            return "duration";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
            return "number";
        }
        if (SpecReader.isWrittenAsText(type)) {
            return "text";
        }
        return type.isRecord() ? "object" : "anything";
    }

    private static String snake(RecordComponent component) {
        return component.getName().replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    /** The page as Markdown; the same text is printed by {@code godwit steps TYPE}. */
    String markdown() {
        StringBuilder page = new StringBuilder("# ").append(name).append("\n\n").append(prose).append("\n\n");
        if (!kind.isEmpty()) {
            page.append("Kind: ")
                    .append(kind)
                    .append(undoable
                            ? "; undone by a rollback.\n\n"
                            : "; changes nothing that a rollback would undo.\n\n");
        }
        example.ifPresent(text -> page.append("```yaml\n").append(text).append("\n```\n\n"));
        if (!fields.isEmpty()) {
            page.append(kind.isEmpty() ? "| field" : "| with")
                    .append(" | type | default | meaning |\n|---|---|---|---|\n");
            fields.forEach(field -> page.append("| `")
                    .append(field.name())
                    .append("` | ")
                    .append(field.type())
                    .append(" | ")
                    .append(field.defaultText())
                    .append(" | ")
                    .append(cell(field.prose()))
                    .append(" |\n"));
            page.append('\n');
        }
        if (!output.isEmpty()) {
            page.append("| output | type | meaning |\n|---|---|---|\n");
            output.forEach(field -> page.append("| `")
                    .append(field.name())
                    .append("` | ")
                    .append(field.type())
                    .append(" | ")
                    .append(cell(field.prose()))
                    .append(" |\n"));
            page.append('\n');
        }
        return page.toString().strip() + "\n";
    }

    /** The first sentence of what it does. */
    String summary() {
        String line = prose.lines().findFirst().orElse("");
        int end = line.indexOf(". ");
        return end < 0 ? line : line.substring(0, end + 1);
    }

    private static String cell(String text) {
        return text.replace("\n", " ").replace("|", "\\|");
    }
}
