package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.json.Durations;
import dev.godwit.step.SpecReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads the fields of a plan's parts, and tells the faults of their form. */
final class PlanFields {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    private static final int MAX_NAME_LENGTH = 100;

    private final YamlTree tree;
    private final FaultList faults;

    PlanFields(YamlTree tree, FaultList faults) {
        this.tree = tree;
        this.faults = faults;
    }

    /** Whether the node is an object; reports if it is not, and its unknown fields. */
    boolean checkFields(JsonNode node, String pointer, String what, Set<String> known) {
        if (!node.isObject()) {
            fault(pointer, what + " must be an object, and is " + SpecReader.describe(node));
            return false;
        }
        node.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                String near = NearestName.of(name, known)
                        .map(right -> "; did you mean '" + right + "'?")
                        .orElse("; known: " + String.join(", ", new TreeSet<>(known)));
                fault(pointer + "/" + PlanReader.escape(name), "unknown field '" + name + "' of " + what + near);
            }
        });
        return true;
    }

    String uniqueName(JsonNode node, String pointer, String what, Map<String, Integer> lines) {
        String name = checkedName(node, pointer, what, NAME, "[a-z][a-z0-9_]*");
        int line = tree.at(pointer + "/name").line();
        Integer first = name.isEmpty() ? null : lines.putIfAbsent(name, line);
        if (first != null) {
            fault(pointer + "/name", what + " named '" + name + "' is there already, in line " + first);
        }
        return name;
    }

    String checkedName(JsonNode node, String pointer, String what, Pattern pattern, String shown) {
        if (!node.has("name")) {
            fault(pointer, "missing field 'name' of " + what);
            return "";
        }
        String name = text(node, pointer, "name");
        if (!name.isEmpty() || node.get("name").isTextual()) {
            checkName(name, pointer + "/name", pattern, shown);
        }
        return name;
    }

    void checkName(String name, String pointer) {
        checkName(name, pointer, NAME, "[a-z][a-z0-9_]*");
    }

    void checkName(String name, String pointer, Pattern pattern, String shown) {
        if (!pattern.matcher(name).matches()) {
            fault(pointer, "'" + name + "' is not a name; it must match " + shown);
        } else if (name.length() > MAX_NAME_LENGTH) {
            fault(pointer, "a name has at most " + MAX_NAME_LENGTH + " characters, and this one " + name.length());
        }
    }

    Optional<String> expression(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        if (value.isBoolean()) {
            return Optional.of(value.asText());
        }
        Optional<String> text = optionalText(node, pointer, name);
        if (text.isPresent() && text.get().contains("${{")) {
            fault(pointer + "/" + name, "'" + name + "' is an expression already; write it without ${{ }}");
            return Optional.empty();
        }
        return text;
    }

    String text(JsonNode node, String pointer, String name) {
        return optionalText(node, pointer, name).orElse("");
    }

    Optional<String> optionalText(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        if (value.isMissingNode()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            fault(pointer + "/" + name, "'" + name + "' must be a text, and is " + SpecReader.describe(value));
            return Optional.empty();
        }
        return Optional.of(value.textValue());
    }

    List<String> texts(JsonNode node, String pointer, String name) {
        List<String> texts = new ArrayList<>();
        List<JsonNode> items = list(node, pointer, name);
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i).isContainerNode() || items.get(i).isNull()) {
                fault(pointer + "/" + name + "/" + i,
                        "this must be a text, and is " + SpecReader.describe(items.get(i)));
            } else {
                texts.add(items.get(i).asText());
            }
        }
        return List.copyOf(texts);
    }

    boolean bool(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        if (!value.isMissingNode() && !value.isBoolean()) {
            fault(pointer + "/" + name, "'" + name + "' must be true or false, and is " + SpecReader.describe(value));
        }
        return value.asBoolean(false);
    }

    Optional<Duration> duration(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        if (value.isMissingNode()) {
            return Optional.empty();
        }
        try {
            Duration duration = Durations.parse(value.asText());
            if (!duration.isZero() || name.equals("delay")) {
                return Optional.of(duration);
            }
            fault(pointer + "/" + name, "'" + name + "' must be longer than nothing");
        } catch (IllegalArgumentException | ArithmeticException e) {
            fault(pointer + "/" + name, "'" + name + "': " + (e instanceof NumberFormatException
                    || e instanceof ArithmeticException ? "'" + value.asText() + "' is too long" : e.getMessage()));
        }
        return Optional.empty();
    }

    List<JsonNode> list(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        List<JsonNode> items = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(items::add);
        } else if (!value.isMissingNode()) {
            fault(pointer + "/" + PlanReader.escape(name),
                    "'" + name + "' must be a list, and is " + SpecReader.describe(value));
        }
        return items;
    }

    Map<String, JsonNode> object(JsonNode node, String pointer, String name) {
        JsonNode value = node.path(name);
        Map<String, JsonNode> fields = new LinkedHashMap<>();
        if (value.isObject()) {
            value.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
        } else if (!value.isMissingNode()) {
            fault(pointer + "/" + name, "'" + name + "' must be an object, and is " + SpecReader.describe(value));
        }
        return fields;
    }

    Optional<OnFailure> onFailure(JsonNode parent, String parentPointer) {
        JsonNode node = parent.path("on-failure");
        String pointer = parentPointer + "/on-failure";
        if (node.isMissingNode()) {
            return Optional.empty();
        }
        if (node.isObject()) {
            boolean complete = node.path("undo").asText().equals("phase")
                    && node.path("then").asText().equals("continue");
            if (complete && node.size() == 2) {
                return Optional.of(OnFailure.UNDO_PHASE);
            }
        }
        if (node.isTextual()) {
            switch (node.textValue()) {
                case "rollback" -> {
                    return Optional.of(OnFailure.ROLLBACK);
                }
                case "continue" -> {
                    return Optional.of(OnFailure.CONTINUE);
                }
                case "pause" -> {
                    return Optional.of(OnFailure.PAUSE);
                }
                default -> {
                    // Reported below.
                }
            }
        }
        String hint = node.isTextual()
                ? NearestName.of(node.textValue(), List.of("rollback", "pause", "continue"))
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("")
                : "";
        fault(pointer, "'on-failure' must be rollback, pause, continue or {undo: phase, then: continue}, and is "
                + SpecReader.describe(node) + hint);
        return Optional.empty();
    }

    void fault(String pointer, String message) {
        faults.add(tree.at(pointer), message);
    }
}
