package dev.godwit.activities.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hides what may be a secret in lines of a configuration file that people get to see. It goes by the names of keys and
 * rather hides too much: a secret that was shown cannot be taken back.
 */
final class SecretMask {
    private static final String HIDDEN = "***";
    private static final Pattern KEY = Pattern.compile("(?i)(?:passw|passphrase|pwd|secret|token|api[_-]?key"
            + "|access[_-]?key|private[_-]?key|credential|auth|cookie|salt|dsn)[\\w.\\-]*[\"']?[ \\t]*(?:[:=]|\\[\\])[ \\t]*");
    private static final Pattern ADDRESS = Pattern.compile("(?<=://)[^/@\\s]*:[^@\\s]*@");
    private static final Pattern BEGIN = Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY");
    private static final Pattern END = Pattern.compile("-----END [A-Z ]*PRIVATE KEY");

    private SecretMask() {}

    /** The same number of lines. */
    static List<String> lines(List<String> lines) {
        List<String> shown = new ArrayList<>(lines.size());
        int below = -1;
        char quote = 0;
        boolean key = false;
        for (String line : lines) {
            int indent = indent(line);
            boolean continued = below >= 0 && (line.isBlank() || indent > below || isItem(line, below));
            Matcher secret = KEY.matcher(line);
            if (key || quote != 0 || continued) {
                shown.add(" ".repeat(Math.min(indent, line.length())) + HIDDEN);
                key = key && !END.matcher(line).find();
                quote = quote != 0 && line.indexOf(quote) >= 0 ? 0 : quote;
                continue;
            }
            below = -1;
            if (BEGIN.matcher(line).find()) {
                key = !END.matcher(line).find();
                shown.add(HIDDEN);
            } else if (secret.find()) {
                String value = line.substring(secret.end());
                below = indent;
                quote = opened(value);
                shown.add(value.isBlank() ? line : line.substring(0, secret.end()) + HIDDEN);
            } else {
                shown.add(ADDRESS.matcher(line).replaceAll(HIDDEN + "@"));
            }
        }
        return shown;
    }

    /** The quote with which a value begins that does not end in its line. */
    private static char opened(String value) {
        char first = value.isEmpty() ? 0 : value.charAt(0);
        boolean quoted = first == '"' || first == '\'';
        return quoted && value.indexOf(first, 1) < 0 ? first : 0;
    }

    private static boolean isItem(String line, int column) {
        return indent(line) == column && line.startsWith("- ", column);
    }

    private static int indent(String line) {
        int indent = 0;
        while (indent < line.length() && line.charAt(indent) == ' ') {
            indent++;
        }
        return indent;
    }
}
