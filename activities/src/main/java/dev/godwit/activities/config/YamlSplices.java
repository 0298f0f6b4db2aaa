package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.config.YamlNode.Alias;
import dev.godwit.activities.config.YamlNode.Entry;
import dev.godwit.activities.config.YamlNode.Mapping;
import dev.godwit.activities.config.YamlNode.Scalar;
import dev.godwit.activities.config.YamlNode.Sequence;
import java.util.List;

/**
 * Where a YAML text must be cut and what must be put in for one change: a value replaced, an entry or item added or
 * removed. Nothing here proves that the outcome is right; {@link YamlEdit} does, for all changes together.
 */
final class YamlSplices {
    private final String text;
    private final YamlStyle style;

    YamlSplices(String text, YamlNode root) {
        this.text = text;
        this.style = YamlStyle.of(text, root);
    }

    /** What cannot be done in place; the message goes on from "cannot change X: ". */
    static final class NotInPlace extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotInPlace(String why) {
            super(why);
        }
    }

    /** An empty document, or one that is null, becomes a mapping. */
    List<Splice> root(Scalar empty, String key, JsonNode value) {
        Splice gone = Splice.delete(empty.span().content(), empty.span().to());
        boolean marked = text.startsWith("---") || text.contains("\n---");
        int at = marked ? YamlLayout.lineEnd(text, empty.span().to()) : text.length();
        boolean newLine = YamlLayout.column(text, at) == 0 || gone.from() < gone.to();
        String entry = style.entry(key, value, 0);
        return List.of(gone, Splice.insert(at, newLine ? entry + style.newline() : style.newline() + entry));
    }

    /** Adds an entry behind the last one. */
    List<Splice> add(Mapping mapping, String key, JsonNode value) {
        if (mapping.flow()) {
            boolean json = isJson(mapping);
            return addToFlow(mapping, mapping.entries().stream().map(Entry::value).toList(),
                    mapping.entries().stream().map(entry -> entry.key().span().from()).toList(),
                    YamlStyle.flowEntry(key, value, json));
        }
        Entry last = mapping.entries().get(mapping.entries().size() - 1);
        int column = columnOf(last);
        String gap = separatedByBlankLines(mapping) ? style.newline() : "";
        return List.of(Splice.insert(endOfBlock(last.value(), column),
                gap + style.lineBreak(column) + style.entry(key, value, column)));
    }

    /** Adds an item behind the last one. */
    List<Splice> add(Sequence sequence, JsonNode value) {
        if (sequence.flow()) {
            return addToFlow(sequence, sequence.items(),
                    sequence.items().stream().map(item -> item.span().from()).toList(),
                    YamlStyle.flow(value, isJson(sequence)));
        }
        int column = YamlLayout.column(text, dash(sequence, 0));
        YamlNode last = sequence.items().get(sequence.items().size() - 1);
        return List.of(Splice.insert(endOfBlock(last, column),
                style.lineBreak(column) + style.item(value, column)));
    }

    /** Replaces the value of an entry. */
    List<Splice> replace(Mapping mapping, Entry entry, JsonNode value) {
        boolean flow = mapping.flow();
        return replace(entry.value(), value, flow, isJson(mapping), flow ? 0 : columnOf(entry));
    }

    /** Replaces an item. */
    List<Splice> replace(Sequence sequence, int index, JsonNode value) {
        YamlNode item = sequence.items().get(index);
        if (sequence.flow()) {
            return replace(item, value, true, isJson(sequence), 0);
        }
        int dash = dash(sequence, index);
        if (YamlStyle.isBlock(value) || YamlLayout.isBlock(item)) {
            int column = YamlLayout.column(text, dash);
            return List.of(new Splice(dash, contentEnd(item), style.item(value, column)));
        }
        return replace(item, value, false, false, YamlLayout.column(text, dash));
    }

    private List<Splice> replace(YamlNode old, JsonNode value, boolean flow, boolean json, int column) {
        int content = old.span().content();
        boolean nothing = content == old.span().to();
        if (flow || !YamlStyle.isBlock(value) && !YamlLayout.isBlock(old)) {
            String written = flow ? YamlStyle.flow(value, json) : inline(old, value);
            boolean touches = nothing && content > 0 && !Character.isWhitespace(text.charAt(content - 1));
            return List.of(new Splice(content, contentEnd(old), (touches ? " " : "") + written + headComment(old)));
        }
        if (YamlLayout.isBlock(old)) {
            // From behind the key to the end of the block; a comment behind the key stays.
            int begin = behindKey(content);
            int lineEnd = YamlLayout.lineEnd(text, begin);
            return YamlStyle.isBlock(value)
                    ? List.of(new Splice(lineEnd, contentEnd(old), style.below(value, column)))
                    : List.of(Splice.insert(begin, style.below(value, column)), Splice.delete(lineEnd,
                            contentEnd(old)));
        }
        int end = contentEnd(old);
        int blank = begin(content);
        return List.of(Splice.delete(nothing ? content : blank, end),
                Splice.insert(restOfLine(end), style.below(value, column)));
    }

    /** Removes an entry; the mapping that it leaves empty is written {@code {}}. */
    List<Splice> remove(Mapping mapping, Entry entry) {
        int index = mapping.entries().indexOf(entry);
        if (mapping.flow()) {
            return removeFromFlow(mapping, index,
                    mapping.entries().stream().map(each -> each.key().span().from()).toList(),
                    mapping.entries().stream().map(Entry::value).toList());
        }
        columnOf(entry);
        return removeLines(entry.key().span().from(), entry.value());
    }

    /** Removes an item; the list that it leaves empty is written {@code []}. */
    List<Splice> remove(Sequence sequence, int index) {
        if (sequence.flow()) {
            return removeFromFlow(sequence, index,
                    sequence.items().stream().map(item -> item.span().from()).toList(), sequence.items());
        }
        return removeLines(dash(sequence, index), sequence.items().get(index));
    }

    private List<Splice> removeLines(int from, YamlNode value) {
        int start = YamlLayout.lineStart(text, from);
        int end = restOfLine(contentEnd(value));
        if (!text.substring(start, from).isBlank()) {
            // It stands behind a dash: what follows moves up to it, unless comments are in between.
            int next = end;
            while (next < text.length() && Character.isWhitespace(text.charAt(next))) {
                next++;
            }
            boolean comment = text.substring(contentEnd(value), end).contains("#")
                    || next < text.length() && text.charAt(next) == '#';
            return List.of(Splice.delete(from, comment ? contentEnd(value) : next));
        }
        if (end < text.length()) {
            return List.of(Splice.delete(start, text.indexOf('\n', end) + 1));
        }
        int before = start == 0 ? 0 : start - (text.startsWith("\r\n", start - 2) ? 2 : 1);
        return List.of(Splice.delete(before, end));
    }

    private List<Splice> removeFromFlow(YamlNode flow, int index, List<Integer> begins, List<YamlNode> values) {
        int from = begins.get(index);
        int end = values.get(index).span().to();
        if (values.size() == 1) {
            return List.of(Splice.delete(from, Math.max(end, comma(end, flow.span().to()) + 1)));
        }
        if (index < values.size() - 1) {
            int next = begins.get(index + 1);
            int comma = comma(end, next);
            return List.of(Splice.delete(from, text.substring(comma, next).contains("#") ? comma + 1 : next));
        }
        int comma = comma(values.get(index - 1).span().to(), from);
        return text.substring(comma, from).contains("#")
                ? List.of(Splice.delete(comma, comma + 1), Splice.delete(from, end))
                : List.of(Splice.delete(comma, end));
    }

    private List<Splice> addToFlow(YamlNode flow, List<YamlNode> values, List<Integer> begins, String written) {
        if (values.isEmpty()) {
            return List.of(Splice.insert(flow.span().content() + 1, written));
        }
        int end = values.get(values.size() - 1).span().to();
        int close = flow.span().to() - 1;
        int comma = comma(end, close);
        int behind = comma < 0 ? end : comma + 1;
        int begin = begins.get(begins.size() - 1);
        String indent = text.substring(YamlLayout.lineStart(text, begin), begin);
        if (!indent.isBlank()) {
            return List.of(Splice.insert(behind, (comma < 0 ? ", " : " ") + written));
        }
        int lineEnd = Math.min(YamlLayout.lineEnd(text, behind), close);
        String line = style.newline() + indent + written;
        if (comma >= 0) {
            return List.of(Splice.insert(lineEnd, line + ","));
        }
        boolean comment = text.substring(end, lineEnd).contains("#");
        return comment
                ? List.of(Splice.insert(end, ","), Splice.insert(lineEnd, line))
                : List.of(Splice.insert(end, "," + line));
    }

    /** The first comma between two positions that is in no comment; -1 if there is none. */
    private int comma(int from, int to) {
        boolean comment = false;
        for (int i = from; i < to; i++) {
            comment = comment ? text.charAt(i) != '\n' : text.charAt(i) == '#';
            if (!comment && text.charAt(i) == ',') {
                return i;
            }
        }
        return -1;
    }

    private boolean isJson(YamlNode node) {
        return switch (node) {
            case Mapping mapping -> mapping.flow() && !mapping.entries().isEmpty()
                    && mapping.entries().stream().allMatch(entry -> entry.key().style() == '"');
            case Sequence sequence -> sequence.flow() && !sequence.items().isEmpty()
                    && sequence.items()
                            .stream()
                            .allMatch(item -> item instanceof Scalar scalar && scalar.style() == '"' || isJson(item));
            default -> false;
        };
    }

    /** A value in the place of an old one, in the same quotes if both are texts. */
    private String inline(YamlNode old, JsonNode value) {
        boolean quoted = old instanceof Scalar scalar && (scalar.style() == '"' || scalar.style() == '\'');
        return quoted && value.isTextual()
                ? YamlStyle.quoted(value.textValue(), ((Scalar) old).style())
                : YamlStyle.inline(value);
    }

    /** The comment behind the {@code |} of a block of text, which goes with the text's own lines. */
    private String headComment(YamlNode old) {
        if (old instanceof Scalar scalar && scalar.isBlock()) {
            String head = text.substring(old.span().content(), YamlLayout.lineEnd(text, old.span().content()));
            int comment = head.indexOf('#');
            return comment < 0 ? "" : " " + head.substring(comment);
        }
        return "";
    }

    /** The column of an entry of a block, whose key must begin its line, perhaps behind dashes. */
    private int columnOf(Entry entry) {
        int from = entry.key().span().from();
        String before = text.substring(YamlLayout.lineStart(text, from), from);
        if (!before.matches("[ \\t-]*")) {
            throw new NotInPlace("'" + entry.key().text() + "' does not begin its line ("
                    + YamlText.line(text, from) + "), which is only known of keys written with '?'");
        }
        return before.length();
    }

    private boolean separatedByBlankLines(Mapping mapping) {
        int size = mapping.entries().size();
        if (size < 2) {
            return false;
        }
        String between = text.substring(contentEnd(mapping.entries().get(size - 2).value()),
                YamlLayout.lineStart(text, mapping.entries().get(size - 1).key().span().from()));
        return between.lines().skip(1).anyMatch(String::isBlank);
    }

    /** Where the dash of an item stands: alone in the list's column, between the item before and this one. */
    private int dash(Sequence sequence, int index) {
        int column = YamlLayout.column(text, sequence.span().content());
        int from = index == 0
                ? sequence.span().content()
                : contentEnd(sequence.items().get(index - 1));
        for (int at = text.indexOf('-', from); at >= 0; at = text.indexOf('-', at + 1)) {
            boolean first = index == 0 && at == from;
            if (YamlLayout.column(text, at) == column
                    && (first || text.substring(YamlLayout.lineStart(text, at), at).isBlank())) {
                return at;
            }
        }
        throw new NotInPlace("the list in line " + YamlText.line(text, from) + " has no dashes in one column");
    }

    /** The end of the line of a block's last value, and of the comments below it that are indented like the block. */
    private int endOfBlock(YamlNode last, int column) {
        int end = restOfLine(contentEnd(last));
        int next = text.indexOf('\n', end) + 1;
        String comment = " ".repeat(column) + "#";
        while (column > 0 && next > 0 && text.startsWith(comment, next)) {
            end = YamlLayout.lineEnd(text, next);
            next = text.indexOf('\n', end) + 1;
        }
        return end;
    }

    /** The end of a line on which nothing but a comment may follow. */
    private int restOfLine(int position) {
        int end = YamlLayout.lineEnd(text, position);
        String rest = text.substring(position, end).strip();
        if (!rest.isEmpty() && !rest.startsWith("#")) {
            throw new NotInPlace("in line " + YamlText.line(text, position) + " stands more than one thing");
        }
        return end;
    }

    /** Behind the last character that belongs to a node. */
    private int contentEnd(YamlNode node) {
        return switch (node) {
            case Scalar scalar when scalar.isBlock() -> endOfText(scalar);
            case Scalar scalar -> scalar.span().to();
            case Alias alias -> alias.span().to();
            case Mapping mapping when !mapping.flow() ->
                contentEnd(mapping.entries().get(mapping.entries().size() - 1).value());
            case Sequence sequence when !sequence.flow() ->
                contentEnd(sequence.items().get(sequence.items().size() - 1));
            case Mapping mapping -> mapping.span().to();
            case Sequence sequence -> sequence.span().to();
        };
    }

    /** A block of text ends before its last line break, and but for {@code |+} before the empty lines behind it. */
    private int endOfText(Scalar scalar) {
        int content = scalar.span().content();
        boolean keeps = text.substring(content, YamlLayout.lineEnd(text, content)).split("#")[0].contains("+");
        int end = scalar.span().to();
        do {
            if (end <= content || text.charAt(end - 1) != '\n') {
                return end;
            }
            end -= end > 1 && text.charAt(end - 2) == '\r' ? 2 : 1;
        } while (!keeps);
        return end;
    }

    /** The blanks before a value, back to the colon or dash. */
    private int begin(int content) {
        int begin = content;
        while (begin > 0 && (text.charAt(begin - 1) == ' ' || text.charAt(begin - 1) == '\t')) {
            begin--;
        }
        return begin;
    }

    /** Behind the colon, or anchor, of the key whose block begins here. */
    private int behindKey(int content) {
        int line = YamlLayout.lineStart(text, content);
        while (line > 0) {
            int start = YamlLayout.lineStart(text, line - 1);
            String above = text.substring(start, YamlLayout.lineEnd(text, start));
            if (!above.isBlank() && !above.strip().startsWith("#")) {
                int comment = above.indexOf(" #");
                String key = comment < 0 ? above : above.substring(0, comment);
                return start + key.stripTrailing().length();
            }
            line = start;
        }
        throw new NotInPlace("it has no key");
    }
}
