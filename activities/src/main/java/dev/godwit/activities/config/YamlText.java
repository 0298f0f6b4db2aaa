package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.activities.config.YamlNode.Alias;
import dev.godwit.activities.config.YamlNode.Entry;
import dev.godwit.activities.config.YamlNode.Mapping;
import dev.godwit.activities.config.YamlNode.Scalar;
import dev.godwit.activities.config.YamlNode.Sequence;
import dev.godwit.activities.config.YamlNode.Span;
import dev.godwit.json.YamlScalar;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.Event.ID;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.CoreScalarResolver;

/**
 * Reads YAML into nodes that know where they stand, down to the character, so that a text can be edited in place. The
 * parser's events are read and not its node graph: in that, an alias has no place of its own.
 */
final class YamlText {
    private static final int MAX_DEPTH = 50;
    private static final CoreScalarResolver RESOLVER = new CoreScalarResolver(false);

    private final String text;
    private final Iterator<Event> events;
    private final Map<String, YamlNode> anchored = new HashMap<>();
    /** The text's surrogate pairs: the parser counts characters, a Java text counts halves of them. */
    private final boolean hasPairs;

    private YamlText(String text) {
        this.text = text;
        this.hasPairs = text.codePointCount(0, text.length()) < text.length();
        this.events = new Parse(LoadSettings.builder().build()).parseString(text).iterator();
    }

    /** The documents of a text. */
    static List<YamlNode> documents(String text) throws UnreadableConfigException {
        try {
            return new YamlText(text).read();
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().or(e::getContextMark).map(Mark::getLine).orElse(0) + 1;
            String problem = e.getProblem();
            throw new UnreadableConfigException(line,
                    problem.contains("TAB") ? "indentation is made of spaces, and here is a tab" : problem);
        } catch (YamlEngineException e) {
            throw new UnreadableConfigException(1, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    /** The line of a position, from 1. */
    static int line(String text, int position) {
        return (int) text.substring(0, Math.min(position, text.length())).lines().count()
                + (position == 0 || text.charAt(position - 1) == '\n' ? 1 : 0);
    }

    private List<YamlNode> read() throws UnreadableConfigException {
        List<YamlNode> documents = new ArrayList<>();
        while (events.hasNext()) {
            Event event = events.next();
            if (event.getEventId() == ID.DocumentStart) {
                anchored.clear();
                documents.add(node(events.next(), 0));
            }
        }
        return documents;
    }

    private YamlNode node(Event event, int depth) throws UnreadableConfigException {
        if (depth > MAX_DEPTH) {
            throw new UnreadableConfigException(line(text, from(event)), "nested deeper than " + MAX_DEPTH);
        }
        YamlNode node = switch (event) {
            case AliasEvent alias -> alias(alias);
            case ScalarEvent scalar -> scalar(scalar);
            case SequenceStartEvent sequence -> sequence(sequence, depth);
            case MappingStartEvent mapping -> mapping(mapping, depth);
            default -> throw new IllegalStateException("a YAML event " + event.getEventId());
        };
        node.anchor().ifPresent(name -> anchored.put(name, node));
        return node;
    }

    private Alias alias(AliasEvent event) throws UnreadableConfigException {
        String name = event.getAlias().getValue();
        YamlNode target = anchored.get(name);
        if (target == null) {
            throw new UnreadableConfigException(line(text, from(event)),
                    "the alias *" + name + " has no anchor &" + name + " that ends before it");
        }
        return new Alias(new Span(from(event), from(event), to(event)), name, target);
    }

    private Scalar scalar(ScalarEvent event) {
        boolean plain = event.isPlain();
        Optional<String> own = event.getTag().filter(tag -> !tag.equals("!"));
        Tag tag = own.map(Tag::new).orElseGet(() -> plain ? RESOLVER.resolve(event.getValue(), true) : Tag.STR);
        boolean standard = own.isEmpty() || tag.getValue().startsWith(Tag.PREFIX);
        String value = standard ? event.getValue() : tag.getValue() + " " + event.getValue();
        JsonNode json = YamlScalar.read(value, tag).orElseGet(() -> TextNode.valueOf(value));
        char style = plain ? ' ' : event.getScalarStyle().toString().charAt(0);
        return new Scalar(span(event, event.getTag().isPresent(), to(event)), anchor(event), event.getValue(), style,
                json);
    }

    private Sequence sequence(SequenceStartEvent event, int depth) throws UnreadableConfigException {
        List<YamlNode> items = new ArrayList<>();
        Event next = events.next();
        for (; next.getEventId() != ID.SequenceEnd; next = events.next()) {
            items.add(node(next, depth + 1));
        }
        return new Sequence(span(event, event.getTag().isPresent(), to(next)), anchor(event), event.isFlow(), items);
    }

    private Mapping mapping(MappingStartEvent event, int depth) throws UnreadableConfigException {
        List<Entry> entries = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        Event next = events.next();
        for (; next.getEventId() != ID.MappingEnd; next = events.next()) {
            if (!(node(next, depth + 1) instanceof Scalar key)) {
                throw new UnreadableConfigException(line(text, from(next)), "a key that is not a text");
            }
            Entry entry = new Entry(key, node(events.next(), depth + 1));
            if (!keys.add(key.text()) && !entry.isMerge()) {
                throw new UnreadableConfigException(line(text, key.span().from()), "'" + key.text()
                        + "' stands there twice in one mapping, and programs differ in which they take; leave one");
            }
            entries.add(entry);
        }
        return new Mapping(span(event, event.getTag().isPresent(), to(next)), anchor(event), event.isFlow(), entries);
    }

    private Span span(NodeEvent event, boolean tagged, int to) {
        int content = from(event);
        boolean more = tagged || event.getAnchor().isPresent();
        while (more && content < to && (text.charAt(content) == '&' || text.charAt(content) == '!')) {
            while (content < to && !Character.isWhitespace(text.charAt(content))) {
                content++;
            }
            int next = skipBlank(content, to);
            // What has properties and nothing else ends behind them.
            content = next < to ? next : content;
        }
        return new Span(from(event), content, Math.max(content, to));
    }

    private int skipBlank(int from, int to) {
        int next = from;
        boolean comment = false;
        while (next < to && (comment || Character.isWhitespace(text.charAt(next)) || text.charAt(next) == '#')) {
            comment = text.charAt(next) == '#' || comment && text.charAt(next) != '\n';
            next++;
        }
        return next;
    }

    private static Optional<String> anchor(NodeEvent event) {
        return event.getAnchor().map(anchor -> anchor.getValue());
    }

    private int from(Event event) {
        return position(event.getStartMark().orElseThrow());
    }

    private int to(Event event) {
        return position(event.getEndMark().orElseThrow());
    }

    private int position(Mark mark) {
        return hasPairs ? text.offsetByCodePoints(0, mark.getIndex()) : mark.getIndex();
    }
}
