package dev.godwit.activities.config;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private static final Pattern PLAIN = Pattern.compile("[^\\s\"'#$`\\\\]*");

    private EnvFile() {}

    /** A file's new content, and what is new about it. */
    record Edit(byte[] content, ConfigEnv.Output output) {}

    static void requireKey(String key) {
        if (!KEY.matcher(key).matches()) {
            throw new IllegalArgumentException("'" + key + "' cannot be a key of a .env file");
        }
    }

    static Edit set(byte[] content, Map<String, String> values, Optional<String> header) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        Map<String, String> wanted = new LinkedHashMap<>();
        values.forEach((key, value) -> wanted.put(key, latin(value)));
        Map<String, Boolean> differed = new HashMap<>();

        StringBuilder edited = new StringBuilder();
        int copied = 0;
        Matcher assignment = ASSIGNMENT.matcher(text);
        while (assignment.find()) {
            String key = assignment.group("key");
            String value = wanted.get(key);
            if (value == null) {
                continue;
            }
            boolean differs = !unquoted(assignment.group("value")).equals(value);
            differed.merge(key, differs, Boolean::logicalOr);
            if (differs) {
                edited.append(text, copied, assignment.start("value")).append(quoted(value));
                copied = assignment.end("value");
            }
        }
        edited.append(text, copied, text.length());

        List<String> added = wanted.keySet().stream().filter(key -> !differed.containsKey(key)).toList();
        append(edited, added, wanted, header);
        return new Edit(edited.toString().getBytes(StandardCharsets.ISO_8859_1),
                new ConfigEnv.Output(added, which(wanted, differed, true), which(wanted, differed, false)));
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
        added.forEach(key -> text.append(key).append('=').append(quoted(values.get(key))).append(newline));
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

    private static String quoted(String value) {
        if (PLAIN.matcher(value).matches()) {
            return value;
        }
        if (value.indexOf('\'') < 0 && value.indexOf('\n') < 0) {
            return "'" + value + "'";
        }
        return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("$", "\\$").replace("\n", "\\n") + "\"";
    }

    private static String latin(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
