package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.config.ConfigPath.Index;
import dev.godwit.activities.config.ConfigPath.Key;
import dev.godwit.activities.config.YamlNode.Alias;
import dev.godwit.activities.config.YamlNode.Entry;
import dev.godwit.activities.config.YamlNode.Mapping;
import dev.godwit.activities.config.YamlNode.Scalar;
import dev.godwit.activities.config.YamlNode.Sequence;
import dev.godwit.activities.config.YamlSplices.NotInPlace;
import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Changes values of a YAML text and nothing else of it: pieces are cut out and put in, one change after the other, and at
 * the end the new text is read again. Its values must be those that the changes make of the old values, to the last one,
 * and what stands outside of the pieces has not been touched; else nothing is written.
 */
final class YamlEdit {
    private final int document;
    private String text;
    private YamlNode root;
    private final List<String> added = new ArrayList<>();
    private final List<String> replaced = new ArrayList<>();
    private final List<String> removed = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();

    private YamlEdit(String text, int document) throws UnreadableConfigException {
        this.document = document;
        read(text);
    }

    /** A text with its changes, and which these are. */
    record Edited(String text, ConfigYaml.Output output) {}

    /**
     * Makes changes to one document of a text.
     *
     * @param document its number, from 0
     * @throws StepFailure if a change cannot be made so that nothing else changes
     */
    static Edited apply(String text, int document, ConfigChanges changes) throws UnreadableConfigException {
        YamlEdit edit = new YamlEdit(text, document);
        changes.remove().forEach(edit::remove);
        changes.merge().ifPresent(patch -> edit.merge(ConfigPath.ROOT, patch));
        changes.set().forEach(edit::set);
        changes.append().forEach(edit::append);
        edit.prove(text, changes);
        return new Edited(edit.text, new ConfigYaml.Output(edit.added, edit.replaced, edit.removed, edit.kept));
    }

    private void read(String newText) throws UnreadableConfigException {
        List<YamlNode> documents = YamlText.documents(newText);
        text = newText;
        root = documents.isEmpty()
                ? new Scalar(new YamlNode.Span(text.length(), text.length(), text.length()), java.util.Optional.empty(),
                        "", ' ', JsonNodeFactory.instance.nullNode())
                : documents.get(document);
    }

    private void merge(ConfigPath path, JsonNode patch) {
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            ConfigPath child = path.key(field.getKey());
            JsonNode old = value(child);
            if (field.getValue().isObject() && old.isObject()) {
                if (field.getValue().isEmpty()) {
                    kept.add(child.toString());
                }
                merge(child, field.getValue());
            } else {
                set(child, field.getValue());
            }
        }
    }

    private void set(ConfigPath path, JsonNode value) {
        JsonNode old = value(path);
        if (YamlValues.same(old, value)) {
            kept.add(path.toString());
        } else if (old.isObject() && !old.isEmpty() && value.isObject() && !value.isEmpty()) {
            value.properties().forEach(field -> set(path.key(field.getKey()), field.getValue()));
            old.fieldNames().forEachRemaining(key -> {
                if (!value.has(key)) {
                    remove(path.key(key));
                }
            });
        } else if (old.isArray() && !old.isEmpty() && value.isArray() && startsWith(value, old)) {
            for (int i = old.size(); i < value.size(); i++) {
                add(path, value.get(i));
            }
        } else if (path.isRoot()) {
            throw refused(path, "the whole file would become something else; write it with files.write");
        } else {
            put(path, value, !old.isMissingNode());
        }
    }

    private void append(ConfigPath path, List<JsonNode> items) {
        JsonNode old = value(path);
        if (old.isMissingNode() || old.isNull() || old.isArray() && old.isEmpty()) {
            ArrayNode unique = JsonNodeFactory.instance.arrayNode();
            items.stream().filter(item -> !ConfigChanges.holds(unique, item)).forEach(unique::add);
            set(path, unique);
            return;
        }
        if (!old.isArray()) {
            throw refused(path, "there is no list to append to, but " + Described.of(old));
        }
        for (JsonNode item : items) {
            if (ConfigChanges.holds(value(path), item)) {
                kept.add(path.toString());
            } else {
                add(path, item);
            }
        }
    }

    private void remove(ConfigPath path) {
        if (value(path).isMissingNode()) {
            kept.add(path.toString());
            return;
        }
        YamlSplices splices = new YamlSplices(text, root);
        change(path, () -> switch (node(path.parent())) {
            case Mapping mapping when mapping.entries().size() == 1 && !mapping.flow() ->
                emptied(path, JsonNodeFactory.instance.objectNode());
            case Sequence sequence when sequence.items().size() == 1 && !sequence.flow() ->
                emptied(path, JsonNodeFactory.instance.arrayNode());
            case Mapping mapping -> splices.remove(mapping, entry(mapping, path));
            case Sequence sequence -> splices.remove(sequence, ((Index) path.last()).number());
            default -> throw refused(path, "it is not in an object or a list");
        });
        removed.add(path.toString());
    }

    /** The last thing in a block goes, which has to be said with brackets. */
    private List<Splice> emptied(ConfigPath path, JsonNode brackets) {
        if (path.last() instanceof Key) {
            entry((Mapping) node(path.parent()), path);
        }
        if (path.parent().isRoot()) {
            throw refused(path, "it is the file's only setting; remove the file, or leave a setting in it");
        }
        return replacement(path.parent(), brackets);
    }

    private void put(ConfigPath path, JsonNode value, boolean replaces) {
        ConfigPath parent = path.parent();
        JsonNode holder = value(parent);
        if (path.last() instanceof Key key && (holder.isMissingNode() || holder.isNull()) && !parent.isRoot()) {
            ObjectNode wrapped = JsonNodeFactory.instance.objectNode();
            wrapped.set(key.name(), value);
            put(parent, wrapped, !holder.isMissingNode());
            return;
        }
        boolean own = node(parent) instanceof Mapping mapping && path.last() instanceof Key key
                && mapping.entry(key.name()).isPresent();
        YamlSplices splices = new YamlSplices(text, root);
        change(path, () -> switch (node(parent)) {
            case Scalar scalar when parent.isRoot() && scalar.value().isNull() && path.last() instanceof Key key ->
                splices.root(scalar, key.name(), value);
            case Mapping mapping when path.last() instanceof Key key && !own ->
                mapping.entries().isEmpty() && !parent.isRoot()
                        ? replacement(parent, JsonNodeFactory.instance.objectNode().set(key.name(), value))
                        : splices.add(mapping, key.name(), value);
            case Mapping mapping when own -> replacement(path, value);
            case Sequence sequence when path.last() instanceof Index index
                    && index.number() < sequence.items().size() ->
                replacement(path, value);
            default -> throw refused(path, parent + " is " + Described.of(holder)
                    + (path.last() instanceof Index ? ", and has no such item" : ", and has no keys"));
        });
        (replaces ? replaced : added).add(path.toString());
    }

    private void add(ConfigPath path, JsonNode item) {
        int size = value(path).size();
        YamlSplices splices = new YamlSplices(text, root);
        change(path, () -> splices.add((Sequence) node(path), item));
        added.add(path.resolve(new Index(size)).toString());
    }

    private List<Splice> replacement(ConfigPath path, JsonNode value) {
        YamlSplices splices = new YamlSplices(text, root);
        return switch (node(path.parent())) {
            case Mapping mapping -> splices.replace(mapping, entry(mapping, path), value);
            case Sequence sequence -> splices.replace(sequence, ((Index) path.last()).number(), value);
            default -> throw refused(path, "it is not in an object or a list");
        };
    }

    private interface Change {
        List<Splice> splices();
    }

    private void change(ConfigPath path, Change change) {
        try {
            read(Splice.apply(text, change.splices()));
        } catch (NotInPlace e) {
            throw refused(path, e.getMessage());
        } catch (UnreadableConfigException e) {
            throw refused(path, "the file would no longer be YAML (" + e.getMessage() + ")");
        }
    }

    /** The node that a path leads to, through nothing that stands elsewhere as well. */
    private YamlNode node(ConfigPath path) {
        YamlNode node = root;
        for (int i = 0; i < path.segments().size(); i++) {
            ConfigPath here = new ConfigPath(path.segments().subList(0, i + 1));
            YamlNode holder = node;
            node = switch (here.last()) {
                case Key key when holder instanceof Mapping mapping -> entry(mapping, here).value();
                case Index index when holder instanceof Sequence sequence -> sequence.items().get(index.number());
                default -> throw refused(path, here + " is not there");
            };
            if (node instanceof Alias alias) {
                throw refused(path, here + " is the alias *" + alias.name() + " (line "
                        + YamlText.line(text, alias.span().from()) + "): a change there would change the anchor &"
                        + alias.name() + " in line " + YamlText.line(text, alias.target().span().from())
                        + " and all that repeats it; change that, or write out the values in place of the alias");
            }
        }
        return node;
    }

    private Entry entry(Mapping mapping, ConfigPath path) {
        String key = path.last() instanceof Key last ? last.name() : "";
        return mapping.entry(key)
                .orElseThrow(() -> refused(path, path + " is not written there but merged in by '<<' (line "
                        + mapping.entries()
                                .stream()
                                .filter(Entry::isMerge)
                                .findFirst()
                                .map(entry -> YamlText.line(text, entry.key().span().from()))
                                .orElse(0)
                        + "); change it where it comes from, or write it out where it is merged"));
    }

    private JsonNode value(ConfigPath path) {
        try {
            JsonNode values = YamlValues.of(root);
            return path.in(values);
        } catch (UnreadableConfigException e) {
            throw refused(path, e.getMessage());
        }
    }

    private void prove(String before, ConfigChanges changes) throws UnreadableConfigException {
        List<YamlNode> old = YamlText.documents(before);
        List<YamlNode> now = YamlText.documents(text);
        JsonNode expected = changes
                .applied(old.isEmpty() ? JsonNodeFactory.instance.nullNode() : YamlValues.of(old.get(document)));
        JsonNode actual = now.isEmpty() ? JsonNodeFactory.instance.nullNode() : YamlValues.of(now.get(document));
        List<String> differences = new ArrayList<>();
        Described.differences(ConfigPath.ROOT, expected, actual, differences);
        for (int i = 0; i < old.size(); i++) {
            if (i != document && (i >= now.size() || !YamlValues.same(YamlValues.of(old.get(i)),
                    YamlValues.of(now.get(i))))) {
                differences.add("document " + (i + 1));
            }
        }
        if (!differences.isEmpty()) {
            throw StepFailure.user("config-not-alone", "these changes cannot be made alone: "
                    + String.join(", ", differences.subList(0, Math.min(10, differences.size())))
                    + " would change with them, or not as asked; where an anchor or '<<' shares values, write them out"
                    + " or ask for all that share them");
        }
    }

    private static boolean startsWith(JsonNode list, JsonNode start) {
        boolean starts = list.size() > start.size();
        for (int i = 0; starts && i < start.size(); i++) {
            starts = YamlValues.same(list.get(i), start.get(i));
        }
        return starts;
    }

    private static StepFailure refused(ConfigPath path, String why) {
        return StepFailure.user("config-not-in-place", "cannot change " + path + ": " + why);
    }
}
