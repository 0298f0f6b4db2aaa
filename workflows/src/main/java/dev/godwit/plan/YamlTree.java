package dev.godwit.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.YamlScalar;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * A YAML 1.2 document as JSON, and where in the text each part of it stands. Aliases and merge keys ({@code <<}) are
 * expanded, within limits: a few lines of YAML can otherwise stand for billions of values.
 */
final class YamlTree {
    private static final int MAX_BYTES = 256 * 1024;
    private static final int MAX_NODES = 20_000;
    private static final int MAX_DEPTH = 50;
    private static final Set<Tag> STANDARD_TAGS = Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.SEQ,
            Tag.MAP);

    private final FaultList faults;
    private final Map<String, Position> positions = new HashMap<>();
    private JsonNode root = MissingNode.getInstance();
    private int nodes;

    private YamlTree(FaultList faults) {
        this.faults = faults;
    }

    /** A place in a text; both count from 1. */
    record Position(int line, int column) {
        static final Position START = new Position(1, 1);
    }

    /** Reads a text. Where it is not YAML, or beyond the limits, that is the fault, and the root is missing. */
    static YamlTree read(String text, FaultList faults) {
        YamlTree tree = new YamlTree(faults);
        try {
            tree.root = tree.readRoot(text);
        } catch (MarkedYamlEngineException e) {
            Position position = e.getProblemMark().or(e::getContextMark).map(YamlTree::position).orElse(Position.START);
            faults.add(position, "this is not YAML: " + explain(e.getProblem()));
        } catch (ReaderException e) {
            faults.add(positionOf(text, e.getPosition()),
                    "this is not YAML: a plan is text, and here is the character U+%04X".formatted(e.getCodePoint()));
        } catch (YamlEngineException e) {
            faults.add(Position.START,
                    "this is not YAML: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        } catch (TooLarge e) {
            faults.add(e.position, e.getMessage());
        }
        return tree;
    }

    /** The document; missing if there is none. */
    JsonNode root() {
        return root;
    }

    /** Where a part stands: the key of an object's field, an item of a list; of what is missing, where it belongs. */
    Position at(String pointer) {
        String known = pointer;
        while (!positions.containsKey(known) && !known.isEmpty()) {
            known = known.substring(0, known.lastIndexOf('/'));
        }
        return positions.getOrDefault(known, Position.START);
    }

    private JsonNode readRoot(String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new TooLarge(Position.START, "a plan is at most " + MAX_BYTES / 1024 + " KiB of text");
        }
        // The engine reports a repeated key only when it constructs objects, which is not done here.
        LoadSettings settings = LoadSettings.builder()
                .setLabel("the plan")
                .setSchema(new WithoutMerge())
                .setMaxAliasesForCollections(MAX_NODES)
                .build();
        checkDepth(text, settings);
        Optional<Node> document = new Compose(settings).composeString(text);
        if (document.isEmpty() || isEmpty(document.get())) {
            faults.add(Position.START, "the plan is empty");
            return MissingNode.getInstance();
        }
        positions.put("", position(document.get()));
        return convert(document.get(), "", 0);
    }

    /** Composing is recursive, so the text's own depth is found out first. */
    private static void checkDepth(String text, LoadSettings settings) {
        int depth = 0;
        int documents = 0;
        for (Event event : new Parse(settings).parseString(text)) {
            Position position = event.getStartMark().map(YamlTree::position).orElse(Position.START);
            switch (event.getEventId()) {
                case MappingStart, SequenceStart -> depth++;
                case MappingEnd, SequenceEnd -> depth--;
                case DocumentStart -> documents++;
                default -> {
                    // Scalars, aliases and comments are no deeper than what holds them.
                }
            }
            if (depth > MAX_DEPTH) {
                throw tooDeep(position);
            }
            if (documents > 1) {
                throw new TooLarge(position, "a file holds one plan; a second document begins here");
            }
        }
    }

    private JsonNode convert(Node node, String pointer, int depth) {
        Position position = position(node);
        count(position, depth);
        if (!STANDARD_TAGS.contains(node.getTag())) {
            faults.add(position,
                    "tags such as " + node.getTag().getValue() + " have no meaning in a plan; leave it out");
            return NullNode.getInstance();
        }
        return switch (node) {
            case MappingNode mapping -> object(mapping, pointer, depth);
            case SequenceNode sequence -> array(sequence, pointer, depth);
            case ScalarNode scalar -> scalar(scalar);
            default -> throw new IllegalStateException("a YAML node of type " + node.getNodeType());
        };
    }

    private void count(Position position, int depth) {
        if (++nodes > MAX_NODES) {
            throw new TooLarge(position,
                    "the plan holds more than " + MAX_NODES + " values once its aliases are expanded");
        }
        if (depth > MAX_DEPTH) {
            throw tooDeep(position);
        }
    }

    private JsonNode array(SequenceNode sequence, String pointer, int depth) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (Node item : sequence.getValue()) {
            String itemPointer = pointer + "/" + array.size();
            positions.put(itemPointer, position(item));
            array.add(convert(item, itemPointer, depth + 1));
        }
        return array;
    }

    private JsonNode object(MappingNode mapping, String pointer, int depth) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        Set<String> own = new HashSet<>();
        List<Node> merged = new ArrayList<>();
        for (NodeTuple field : mapping.getValue()) {
            if (isMerge(field.getKeyNode())) {
                merged.add(field.getValueNode());
                continue;
            }
            String name = name(field.getKeyNode());
            String fieldPointer = pointer + "/" + name.replace("~", "~0").replace("/", "~1");
            Position position = position(field.getKeyNode());
            if (!own.add(name)) {
                faults.add(position, "'" + name + "' stands here twice, first in line " + at(fieldPointer).line());
                continue;
            }
            positions.put(fieldPointer, position);
            object.set(name, convert(field.getValueNode(), fieldPointer, depth + 1));
        }
        for (Node source : merged) {
            merge(source, object, pointer, depth);
        }
        return object;
    }

    /** Adds the fields that are not there yet: an object's own come first, then those of the sources in their order. */
    private void merge(Node source, ObjectNode object, String pointer, int depth) {
        count(position(source), depth);
        if (source instanceof SequenceNode sources) {
            sources.getValue().forEach(each -> merge(each, object, pointer, depth + 1));
            return;
        }
        if (!(source instanceof MappingNode mapping)) {
            faults.add(position(source), "'<<' merges an object or a list of objects, such as '<<: *defaults'");
            return;
        }
        for (NodeTuple field : mapping.getValue()) {
            if (isMerge(field.getKeyNode())) {
                continue;
            }
            String name = name(field.getKeyNode());
            if (!object.has(name)) {
                String fieldPointer = pointer + "/" + name.replace("~", "~0").replace("/", "~1");
                positions.put(fieldPointer, position(field.getKeyNode()));
                object.set(name, convert(field.getValueNode(), fieldPointer, depth + 1));
            }
        }
        for (NodeTuple field : mapping.getValue()) {
            if (isMerge(field.getKeyNode())) {
                merge(field.getValueNode(), object, pointer, depth + 1);
            }
        }
    }

    private String name(Node key) {
        if (key instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
            return scalar.getValue();
        }
        faults.add(position(key), "the name of a field must be a text");
        return "";
    }

    private JsonNode scalar(ScalarNode scalar) {
        Optional<JsonNode> value = YamlScalar.read(scalar.getValue(), scalar.getTag());
        if (value.isEmpty()) {
            String text = scalar.getValue();
            faults.add(position(scalar), "'" + (text.length() > 40 ? text.substring(0, 40) + "..." : text)
                    + "' is not a number that JSON has; if it is meant as a text, put it in quotes");
        }
        return value.orElse(NullNode.getInstance());
    }

    private static boolean isMerge(Node key) {
        return key instanceof ScalarNode scalar && scalar.isPlain() && scalar.getValue().equals("<<");
    }

    private static boolean isEmpty(Node node) {
        return node instanceof ScalarNode scalar && scalar.getValue().isBlank();
    }

    private static TooLarge tooDeep(Position position) {
        return new TooLarge(position, "a plan is nested at most " + MAX_DEPTH + " deep, aliases expanded");
    }

    private static String explain(String problem) {
        return problem.contains("TAB") ? "indentation is made of spaces, and here is a tab" : problem;
    }

    private static Position position(Node node) {
        return node.getStartMark().map(YamlTree::position).orElse(Position.START);
    }

    private static Position position(Mark mark) {
        return new Position(mark.getLine() + 1, mark.getColumn() + 1);
    }

    private static Position positionOf(String text, int index) {
        String before = text.substring(0, Math.max(0, Math.min(index, text.length())));
        int line = (int) before.chars().filter(character -> character == '\n').count() + 1;
        return new Position(line, before.length() - before.lastIndexOf('\n'));
    }

    /** YAML's core schema, but the engine leaves merge keys alone: its own expansion has no limit and one fault at most. */
    private static final class WithoutMerge extends CoreSchema {
        @Override
        public ScalarResolver getScalarResolver() {
            ScalarResolver core = super.getScalarResolver();
            return (value, implicit) -> {
                Tag tag = core.resolve(value, implicit);
                return tag.equals(Tag.MERGE) ? Tag.STR : tag;
            };
        }
    }

    /** What ends the reading at once. */
    private static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Position position;

        TooLarge(Position position, String message) {
            super(message);
            this.position = position;
        }
    }
}
