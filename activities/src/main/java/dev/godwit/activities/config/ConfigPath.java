package dev.godwit.activities.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.godwit.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a setting stands in a configuration file, written as in jq: {@code .routers.core}, {@code ."a key"},
 * {@code .hosts[0]}; {@code []} stands for every key or item. The path {@code .} is the whole file.
 *
 * @param segments from the outside in
 */
public record ConfigPath(List<Segment> segments) {
    /** The whole file. */
    public static final ConfigPath ROOT = new ConfigPath(List.of());

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");
    private static final Pattern SEGMENT = Pattern.compile("\\.(?<plain>" + PLAIN + ")"
            + "|\\.?\\[(?<quoted>\"(?:[^\"\\\\]|\\\\.)*+\")]|\\.(?<dotted>\"(?:[^\"\\\\]|\\\\.)*+\")"
            + "|\\.?\\[(?<index>[0-9]{1,9})]|\\.?(?<each>\\[])");

    public ConfigPath {
        segments = List.copyOf(segments);
    }

    /** One step of the way. */
    public sealed interface Segment {}

    /** A key of an object. */
    public record Key(String name) implements Segment {
        @Override
        public String toString() {
            return PLAIN.matcher(name).matches() ? "." + name : "." + Json.write(TextNode.valueOf(name));
        }
    }

    /** An item of a list, from 0. */
    public record Index(int number) implements Segment {
        @Override
        public String toString() {
            return "[" + number + "]";
        }
    }

    /** Every key of an object or item of a list. */
    public record Each() implements Segment {
        @Override
        public String toString() {
            return "[]";
        }
    }

    /**
     * Reads a path.
     *
     * @throws IllegalArgumentException if the text is none
     */
    @JsonCreator
    public static ConfigPath parse(String text) {
        if (text.equals(".")) {
            return ROOT;
        }
        List<Segment> segments = new ArrayList<>();
        Matcher matcher = SEGMENT.matcher(text);
        int end = 0;
        while (end < text.length() && matcher.find(end) && matcher.start() == end) {
            segments.add(segment(matcher));
            end = matcher.end();
        }
        if (segments.isEmpty() || end < text.length()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not the path of a setting; write it as .section.key, .\"a key\" or .list[0]");
        }
        return new ConfigPath(segments);
    }

    private static Segment segment(Matcher matcher) {
        if (matcher.group("plain") != null) {
            return new Key(matcher.group("plain"));
        }
        if (matcher.group("index") != null) {
            return new Index(Integer.parseInt(matcher.group("index")));
        }
        if (matcher.group("each") != null) {
            return new Each();
        }
        String quoted = matcher.group("quoted") == null ? matcher.group("dotted") : matcher.group("quoted");
        return new Key(Json.read(quoted, String.class));
    }

    /** The path of something directly within this one. */
    public ConfigPath resolve(Segment segment) {
        List<Segment> longer = new ArrayList<>(segments);
        longer.add(segment);
        return new ConfigPath(longer);
    }

    /** The path of a key within this one. */
    public ConfigPath key(String name) {
        return resolve(new Key(name));
    }

    /** The path of what holds this one, which must not be the whole file. */
    public ConfigPath parent() {
        return new ConfigPath(segments.subList(0, segments.size() - 1));
    }

    /** The last step of the way, of a path that is not the whole file. */
    public Segment last() {
        return segments.get(segments.size() - 1);
    }

    public boolean isRoot() {
        return segments.isEmpty();
    }

    /** Whether this is the other path, or lies within it. */
    public boolean isWithin(ConfigPath other) {
        return segments.size() >= other.segments.size()
                && segments.subList(0, other.segments.size()).equals(other.segments);
    }

    /** What a tree holds here; a missing node if nothing. Of a path with {@code []} that is never anything. */
    public JsonNode in(JsonNode tree) {
        JsonNode node = tree;
        for (Segment segment : segments) {
            node = switch (segment) {
                case Key key -> node.path(key.name());
                case Index index -> node.path(index.number());
                case Each each -> node.path("").path("");
            };
        }
        return node;
    }

    @Override
    @JsonValue
    public String toString() {
        StringBuilder text = new StringBuilder();
        segments.forEach(text::append);
        return text.isEmpty() || text.charAt(0) != '.' ? "." + text : text.toString();
    }
}
