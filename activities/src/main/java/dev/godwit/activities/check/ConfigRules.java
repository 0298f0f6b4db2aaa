package dev.godwit.activities.check;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.check.CheckConfig.ConfigFault;
import dev.godwit.activities.check.CheckConfig.Rule;
import dev.godwit.activities.check.CheckConfig.Setting;
import dev.godwit.activities.check.CheckConfig.Spec;
import dev.godwit.activities.check.CheckConfig.Type;
import dev.godwit.activities.config.ConfigPath;
import dev.godwit.activities.config.ConfigPath.Each;
import dev.godwit.activities.config.ConfigPath.Index;
import dev.godwit.activities.config.ConfigPath.Key;
import dev.godwit.activities.config.ConfigPath.Segment;
import dev.godwit.activities.config.ConfigValues;
import dev.godwit.activities.config.Described;
import dev.godwit.plan.NearestName;
import dev.godwit.step.SpecReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Holds the values of a configuration file to what a {@code check.config} says of them. No fault repeats a value. */
final class ConfigRules {
    private final Spec spec;
    private final ConfigValues config;
    private final boolean texts;
    private final List<ConfigFault> faults = new ArrayList<>();
    /** Every path that the step names. */
    private final List<ConfigPath> named;

    /** @param texts whether all values are texts, which are of a type if they can be read as one */
    ConfigRules(Spec spec, ConfigValues config, boolean texts) {
        this.spec = spec;
        this.config = config;
        this.texts = texts;
        this.named = Stream.of(spec.required(), spec.deprecated().keySet(), spec.settings().keySet())
                .flatMap(paths -> paths.stream().map(ConfigPath::parse))
                .toList();
    }

    List<ConfigFault> faults() {
        spec.required().forEach(path -> require(ConfigPath.parse(path)));
        spec.deprecated()
                .forEach((path, instead) -> matches(ConfigPath.parse(path)).keySet()
                        .forEach(found -> add(found, Rule.DEPRECATED, found + " is deprecated; use " + instead)));
        spec.settings().forEach((path, setting) -> {
            if (setting.required()) {
                require(ConfigPath.parse(path));
            }
            matches(ConfigPath.parse(path)).forEach((found, value) -> checkValue(found, value, setting));
        });
        spec.known().forEach(path -> matches(ConfigPath.parse(path)).forEach(this::checkKeys));
        return faults;
    }

    /** What is there of a path, whose {@code []} stand for every key or item. */
    private Map<ConfigPath, JsonNode> matches(ConfigPath pattern) {
        Map<ConfigPath, JsonNode> found = new LinkedHashMap<>();
        found.put(ConfigPath.ROOT, config.values());
        for (Segment segment : pattern.segments()) {
            Map<ConfigPath, JsonNode> next = new LinkedHashMap<>();
            found.forEach((path, value) -> children(path, value).forEach((child, inner) -> {
                if (segment instanceof Each || segment.equals(child.last())) {
                    next.put(child, inner);
                }
            }));
            found = next;
        }
        return found;
    }

    private static Map<ConfigPath, JsonNode> children(ConfigPath path, JsonNode value) {
        Map<ConfigPath, JsonNode> children = new LinkedHashMap<>();
        value.properties().forEach(field -> children.put(path.key(field.getKey()), field.getValue()));
        for (int i = 0; value.isArray() && i < value.size(); i++) {
            children.put(path.resolve(new Index(i)), value.get(i));
        }
        return children;
    }

    /** Each holder that is there must have it; where {@code []} matches nothing, nothing is missing. */
    private void require(ConfigPath path) {
        int last = path.segments().lastIndexOf(new Each()) + 1;
        ConfigPath rest = new ConfigPath(path.segments().subList(last, path.segments().size()));
        matches(new ConfigPath(path.segments().subList(0, last))).forEach((holder, value) -> {
            if (rest.in(value).isMissingNode() || rest.in(value).isNull()) {
                ConfigPath missing = holder;
                for (Segment segment : rest.segments()) {
                    missing = missing.resolve(segment);
                }
                Optional<ConfigPath> near = near(missing);
                add(missing, Rule.REQUIRED, missing + " is missing"
                        + near.map(name -> "; is " + name + " meant for it?").orElse(""));
            }
        });
    }

    /** A key beside a missing one that nobody names, and that is called nearly like it. */
    private Optional<ConfigPath> near(ConfigPath missing) {
        if (missing.isRoot() || !(missing.last() instanceof Key key)) {
            return Optional.empty();
        }
        Set<String> others = new LinkedHashSet<>();
        children(missing.parent(), missing.parent().in(config.values())).keySet()
                .stream()
                .filter(path -> path.last() instanceof Key && !isNamed(path))
                .forEach(path -> others.add(((Key) path.last()).name()));
        return NearestName.of(key.name(), others).map(name -> missing.parent().key(name));
    }

    private void checkKeys(ConfigPath path, JsonNode value) {
        children(path, value).forEach((child, inner) -> {
            if (isNamed(child)) {
                if (!isFree(child)) {
                    checkKeys(child, inner);
                }
            } else if (child.last() instanceof Key key) {
                add(child, Rule.UNKNOWN, child + " is not known" + NearestName.hint(key.name(), keysWithin(path)));
            } else {
                checkKeys(child, inner);
            }
        });
    }

    private Set<String> keysWithin(ConfigPath path) {
        Set<String> keys = new LinkedHashSet<>();
        int depth = path.segments().size();
        named.stream()
                .filter(known -> known.segments().size() > depth && covers(known, path))
                .map(known -> known.segments().get(depth))
                .forEach(segment -> {
                    if (segment instanceof Key key) {
                        keys.add(key.name());
                    }
                });
        return keys;
    }

    private boolean isNamed(ConfigPath path) {
        return named.stream()
                .anyMatch(known -> known.segments().size() >= path.segments().size()
                        && covers(known, path));
    }

    /** Whether anything may stand within a setting: it is named itself, and nothing within it is. */
    private boolean isFree(ConfigPath path) {
        int depth = path.segments().size();
        return named.stream().noneMatch(known -> known.segments().size() > depth && covers(known, path));
    }

    /** Whether the beginning of a known path is this one. */
    private static boolean covers(ConfigPath known, ConfigPath path) {
        for (int i = 0; i < path.segments().size(); i++) {
            Segment segment = known.segments().get(i);
            if (!(segment instanceof Each) && !segment.equals(path.segments().get(i))) {
                return false;
            }
        }
        return true;
    }

    private void checkValue(ConfigPath path, JsonNode value, Setting setting) {
        Optional<Type> type = setting.type();
        if (type.isPresent() && !isOf(type.get(), value)) {
            add(path, Rule.TYPE, path + " must be " + article(type.get()) + ", and is "
                    + (texts ? "a text that is none" : Described.of(value)));
            return;
        }
        if (!setting.choices().isEmpty() && !setting.choices().contains(value.asText())) {
            add(path, Rule.VALUE, path + " must be one of " + String.join(", ", setting.choices()));
        }
        Optional<BigDecimal> number = number(value);
        if (setting.min().isPresent() && (number.isEmpty() || number.get().compareTo(setting.min().get()) < 0)) {
            add(path, Rule.VALUE, path + " must be at least " + setting.min().get().toPlainString());
        }
        if (setting.max().isPresent() && (number.isEmpty() || number.get().compareTo(setting.max().get()) > 0)) {
            add(path, Rule.VALUE, path + " must be at most " + setting.max().get().toPlainString());
        }
        if (setting.pattern().isPresent()
                && !(value.isValueNode() && value.asText().matches(setting.pattern().get()))) {
            add(path, Rule.VALUE, path + " must match " + setting.pattern().get());
        }
    }

    private boolean isOf(Type type, JsonNode value) {
        return switch (type) {
            case TEXT -> value.isTextual();
            case NUMBER -> number(value).isPresent();
            case INTEGER -> texts
                    ? number(value).filter(number -> number.stripTrailingZeros().scale() <= 0).isPresent()
                    : value.isIntegralNumber();
            case BOOLEAN -> value.isBoolean() || texts && value.asText()
                    .toLowerCase(Locale.ROOT)
                    .matches("true|false|yes|no|on|off|1|0");
            case LIST -> value.isArray();
            case OBJECT -> value.isObject();
        };
    }

    private Optional<BigDecimal> number(JsonNode value) {
        if (value.isNumber()) {
            return Optional.of(value.decimalValue());
        }
        boolean written = texts && value.asText().matches("[-+]?[0-9]{1,30}(\\.[0-9]{1,30})?");
        return written ? Optional.of(new BigDecimal(value.asText())) : Optional.empty();
    }

    private void add(ConfigPath path, Rule rule, String problem) {
        faults.add(new ConfigFault(config.line(path), path.toString(), rule, problem));
    }

    private static String article(Type type) {
        String name = SpecReader.choiceName(type);
        return switch (type) {
            case INTEGER, OBJECT -> "an " + name;
            case BOOLEAN -> "true or false";
            case TEXT, NUMBER, LIST -> "a " + name;
        };
    }
}
