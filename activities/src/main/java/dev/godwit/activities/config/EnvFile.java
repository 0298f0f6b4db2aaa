package dev.godwit.activities.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.activities.config.FileEdit.Edited;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of a .env file. It is edited as bytes (read as ISO 8859-1), so that no encoding can damage what is kept. */
final class EnvFile {
    private static final Pattern KEY = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]*");
    /** A value is quoted, and may then span lines, or goes up to a comment or the line's end. */
    private static final Pattern ASSIGNMENT = Pattern.compile(
            "^[ \\t]*(?:export[ \\t]+)?(?<key>" + KEY.pattern() + ")[ \\t]*=[ \\t]*"
                    + "(?<value>\"(?:[^\"\\\\]|\\\\.)*+\"|'[^']*+'|(?:[^\\r\\n#]|(?<![ \\t])#)*?)"
                    + "(?=[ \\t]*(?:[ \\t]#[^\\r\\n]*)?\\r?$)",
            Pattern.MULTILINE | Pattern.UNIX_LINES | Pattern.DOTALL);
    /** UTF-8's byte order mark, read as ISO 8859-1. */
    private static final String MARK = "\u00ef\u00bb\u00bf";
    private static final Pattern PLAIN = Pattern.compile("[^\\s\"'#$`\\\\]*");

    private EnvFile() {}

    static void requireKey(String key) {
        if (!KEY.matcher(key).matches()) {
            throw new IllegalArgumentException("'" + key + "' cannot be a key of a .env file");
        }
    }

    /** What {@code set} and {@code remove} of a {@code config.env} make of a file. */
    static Edited<ConfigEnv.Output> edit(byte[] content, Map<String, String> values, List<String> removed,
            Optional<String> header) {
        String all = new String(content, StandardCharsets.ISO_8859_1);
        String mark = all.startsWith(MARK) ? MARK : "";
        String text = all.substring(mark.length());
        Map<String, String> wanted = new LinkedHashMap<>();
        values.forEach((key, value) -> wanted.put(key, latin(value)));
        Map<String, Boolean> differed = new HashMap<>();
        Set<String> gone = new LinkedHashSet<>();

        List<Splice> splices = new ArrayList<>();
        Matcher assignment = ASSIGNMENT.matcher(text);
        while (assignment.find()) {
            String key = assignment.group("key");
            String value = wanted.get(key);
            if (removed.contains(key)) {
                gone.add(key);
                int end = text.indexOf('\n', assignment.end());
                splices.add(Splice.delete(assignment.start(), end < 0 ? text.length() : end + 1));
            } else if (value != null) {
                String old = assignment.group("value");
                boolean differs = !unquoted(old).equals(value);
                differed.merge(key, differs, Boolean::logicalOr);
                if (differs) {
                    splices.add(new Splice(assignment.start("value"), assignment.end("value"), quoted(value, old)));
                }
            }
        }
        StringBuilder edited = new StringBuilder(Splice.apply(text, splices));

        List<String> added = wanted.keySet().stream().filter(key -> !differed.containsKey(key)).toList();
        append(edited, added, wanted, header.map(EnvFile::latin));
        return new Edited<>((mark + edited).getBytes(StandardCharsets.ISO_8859_1), new ConfigEnv.Output(added,
                which(wanted, differed, true), which(wanted, differed, false), List.copyOf(gone)));
    }

    /** The values by key, of a key that is there twice the last; and the line of each. */
    static ObjectNode values(String text, Map<ConfigPath, Integer> lines) {
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        Matcher assignment = ASSIGNMENT.matcher(text);
        while (assignment.find()) {
            String key = assignment.group("key");
            values.put(key, unquoted(assignment.group("value")));
            lines.put(ConfigPath.ROOT.key(key), YamlText.line(text, assignment.start("key")));
        }
        return values;
    }

    private static void append(StringBuilder text, List<String> added, Map<String, String> values,
            Optional<String> header) {
        if (added.isEmpty()) {
            return;
        }
        String newline = text.indexOf("\r\n") >= 0 ? "\r\n" : "\n";
        if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
            text.append(newline);
        }
        String comment = header.map(line -> "# " + line).orElse("");
        if (!comment.isEmpty() && text.toString().lines().noneMatch(comment::equals)) {
            text.append(text.isEmpty() ? "" : newline).append(comment).append(newline);
        }
        added.forEach(key -> text.append(key).append('=').append(quoted(values.get(key), "")).append(newline));
    }

    private static List<String> which(Map<String, String> wanted, Map<String, Boolean> differed, boolean which) {
        List<String> keys = new ArrayList<>(wanted.keySet());
        keys.removeIf(key -> !Boolean.valueOf(which).equals(differed.get(key)));
        return keys;
    }

    private static String unquoted(String value) {
        if (value.length() >= 2 && value.startsWith("'") && value.endsWith("'")) {
            return value.substring(1, value.length() - 1);
        }
        if (value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")) {
            return value.substring(1, value.length() - 1).replace("\\n", "\n").replaceAll("\\\\(.)", "$1");
        }
        return value;
    }

    /** A value in the quotes that the old one has, if it can stand in these; without any only if it needs none. */
    private static String quoted(String value, String old) {
        boolean single = value.indexOf('\'') < 0 && value.indexOf('\n') < 0;
        if (old.startsWith("\"") || !single && !PLAIN.matcher(value).matches()) {
            return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("$", "\\$").replace("\n", "\\n")
                    + "\"";
        }
        return single && (old.startsWith("'") || !PLAIN.matcher(value).matches()) ? "'" + value + "'" : value;
    }

    private static String latin(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
