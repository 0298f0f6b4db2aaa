package dev.godwit.activities.config;

import dev.godwit.activities.config.ConfigText.Edit;
import dev.godwit.step.StepFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The lines of a text, edited one by one; each keeps its own line end, the last one perhaps none. */
final class TextLines {
    private static final Pattern LINE = Pattern.compile("([^\\n]*?)(\\r?\\n|\\z)");
    private static final Pattern GROUP = Pattern.compile("\\\\(.)|\\$(?:\\d|\\{[A-Za-z][A-Za-z0-9]*})");

    private final String newline;
    private List<Line> lines = new ArrayList<>();

    private record Line(String text, String end) {}

    /** @param newline what ends the lines that are put in */
    TextLines(String text, String newline) {
        this.newline = newline;
        Matcher line = LINE.matcher(text);
        while (line.find() && line.end() > line.start()) {
            lines.add(new Line(line.group(1), line.group(2)));
        }
    }

    String text() {
        return lines.stream().map(line -> line.text + line.end).collect(Collectors.joining());
    }

    /** Makes an edit and returns how many lines it changed, put in or took away. */
    int apply(Edit edit) {
        if (!edit.append().isEmpty()) {
            return append(edit.append());
        }
        if (edit.remove()) {
            return remove(edit);
        }
        return edit.replace().isPresent() || edit.line().isPresent() ? replace(edit) : insert(edit);
    }

    private int append(List<String> texts) {
        for (int i = 0; i + texts.size() <= lines.size(); i++) {
            if (standAt(i, texts)) {
                return 0;
            }
        }
        endLastLine();
        texts.forEach(text -> lines.add(new Line(text, newline)));
        return texts.size();
    }

    private int remove(Edit edit) {
        Pattern pattern = edit.pattern();
        List<Integer> found = new ArrayList<>();
        List<Line> rest = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            boolean goes = pattern.matcher(lines.get(i).text).find();
            if (goes) {
                found.add(i + 1);
            } else {
                rest.add(lines.get(i));
            }
        }
        if (!found.isEmpty()) {
            requireCount(edit, found, List.of());
            lines = rest;
        }
        return found.size();
    }

    private int replace(Edit edit) {
        List<Integer> found = new ArrayList<>();
        List<Integer> done = new ArrayList<>();
        List<Line> edited = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            String text = replaced(edit, line.text);
            if (!text.equals(line.text)) {
                found.add(i + 1);
            } else if (isDone(edit, line.text)) {
                done.add(i + 1);
            }
            edited.add(new Line(text, line.end));
        }
        requireCount(edit, found, found.size() == edit.count() ? List.of() : done);
        lines = edited;
        return found.size();
    }

    /** A line after the edit; what stands within a replacement already is not replaced again. */
    private static String replaced(Edit edit, String line) {
        Matcher match = edit.pattern().matcher(line);
        if (edit.line().isPresent()) {
            return match.find() && !isDone(edit, line) ? expanded(edit, line, match.start(), edit.line().get()) : line;
        }
        List<MatchResult> done = outcome(edit, edit.replace().orElseThrow()).matcher(line).results().toList();
        StringBuilder text = new StringBuilder();
        int copied = 0;
        while (match.find()) {
            int start = match.start();
            int end = match.end();
            if (done.stream().noneMatch(result -> result.start() <= start && end <= result.end())) {
                text.append(line, copied, start).append(expanded(edit, line, start, edit.replace().orElseThrow()));
                copied = end;
            }
        }
        return text.append(line, copied, line.length()).toString();
    }

    private static boolean isDone(Edit edit, String line) {
        return edit.line().isPresent()
                ? outcome(edit, edit.line().get()).matcher(line).matches()
                : outcome(edit, edit.replace().orElseThrow()).matcher(line).find();
    }

    private static String expanded(Edit edit, String line, int start, String replacement) {
        if (edit.find().isPresent()) {
            return replacement;
        }
        try {
            Matcher match = edit.pattern().matcher(line);
            StringBuilder text = new StringBuilder();
            if (match.find(start)) {
                match.appendReplacement(text, replacement);
            }
            // The matcher puts all that precedes the match before it.
            return text.substring(start);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    "'" + replacement + "' does not fit '" + edit.match().orElseThrow() + "': " + e.getMessage(), e);
        }
    }

    /** What a replacement looks like once it is made, with anything in the place of a group. */
    private static Pattern outcome(Edit edit, String replacement) {
        return edit.find().isPresent() ? Pattern.compile(Pattern.quote(replacement)) : outcome(replacement);
    }

    /** What the replacement of an expression looks like once it is made, with anything in the place of a group. */
    static Pattern outcome(String replacement) {
        StringBuilder outcome = new StringBuilder();
        Matcher group = GROUP.matcher(replacement);
        int copied = 0;
        while (group.find()) {
            outcome.append(Pattern.quote(replacement.substring(copied, group.start())))
                    .append(group.group(1) == null ? ".*?" : Pattern.quote(group.group(1)));
            copied = group.end();
        }
        return Pattern.compile(outcome.append(Pattern.quote(replacement.substring(copied))).toString());
    }

    private int insert(Edit edit) {
        boolean below = !edit.after().isEmpty();
        List<String> texts = below ? edit.after() : edit.before();
        Pattern pattern = edit.pattern();
        List<Integer> found = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        int i = 0;
        while (i < lines.size()) {
            // Lines that were put in may hold what is looked for, and are passed over together with the line they are for.
            int line = !below && standAt(i, texts) && finds(pattern, i + texts.size()) ? i + texts.size() : i;
            boolean there = line > i || below && standAt(line + 1, texts);
            if (!finds(pattern, line)) {
                i++;
                continue;
            }
            found.add(line + 1);
            if (!there) {
                places.add(below ? line + 1 : line);
            }
            i = line + 1 + (there && below ? texts.size() : 0);
        }
        requireCount(edit, found, List.of());
        for (int place : places.reversed()) {
            if (place == lines.size()) {
                endLastLine();
            }
            lines.addAll(place, texts.stream().map(text -> new Line(text, newline)).toList());
        }
        return places.size() * texts.size();
    }

    private boolean finds(Pattern pattern, int index) {
        return index < lines.size() && pattern.matcher(lines.get(index).text).find();
    }

    private boolean standAt(int index, List<String> texts) {
        return index + texts.size() <= lines.size()
                && lines.subList(index, index + texts.size()).stream().map(Line::text).toList().equals(texts);
    }

    private void endLastLine() {
        if (!lines.isEmpty() && lines.get(lines.size() - 1).end.isEmpty()) {
            lines.set(lines.size() - 1, new Line(lines.get(lines.size() - 1).text, newline));
        }
    }

    private static void requireCount(Edit edit, List<Integer> found, List<Integer> done) {
        if (found.size() + done.size() != edit.count()) {
            throw StepFailure.user("config-count", edit.title() + " must find " + edit.count() + " lines, and finds "
                    + found.size() + named(found)
                    + (done.isEmpty() ? "" : "; done already: " + done.size() + named(done))
                    + "; make it more exact, or change count");
        }
    }

    private static String named(List<Integer> numbers) {
        return numbers.isEmpty()
                ? ""
                : " (" + numbers.stream().limit(10).map(String::valueOf).collect(Collectors.joining(", "))
                        + (numbers.size() > 10 ? ", ..." : "") + ")";
    }
}
