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
    private static final String WORD = "passw|passphrase|passcode|pwd|secret|token|credential|auth|cookie|salt|dsn"
            + "|(?:api|access|private|encryption)key";
    /** {@code DB_PASS}, {@code pgpass}, {@code smtpPassFile}; but neither {@code bypass} nor {@code passes}. */
    private static final String PASS = "(?<!by|com|over|sur|tres|under)pass(?:(?![a-z])|(?-i:(?<=Pass)(?=[A-Z])))";
    /** {@code ENCRYPTION_KEY}, {@code tls.key}, {@code signingKeys}; but not those of databases, caches and queues. */
    private static final String SOMEONES_KEY = "(?<!primary|foreign|unique|candidate|sort|partition|shard|range|cluster"
            + "|clustering|row|group|order|object|cache|routing|idempotency|public)"
            + "(?:[_.-]key|(?-i:(?<=[a-z0-9])Key))(?:s?(?![a-z])|(?-i:(?=[A-Z])))";
    private static final Pattern KEY = Pattern.compile("(?i)(?:" + WORD + "|" + PASS + "|" + SOMEONES_KEY
            + ")[\\w.\\-]*[\"']?[ \\t]*(?:[:=]|\\[\\])[ \\t]*");
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
                shown.add(before(line, secret.end()) + (value.isBlank() ? value : HIDDEN));
            } else {
                shown.add(ADDRESS.matcher(line).replaceAll(HIDDEN + "@"));
            }
        }
        return shown;
    }

    /** A line up to where a secret begins; one that stands in an address hides that, too. */
    private static String before(String line, int end) {
        StringBuilder shown = new StringBuilder();
        int done = 0;
        Matcher address = ADDRESS.matcher(line);
        while (address.find() && address.start() < end) {
            shown.append(line, done, address.start());
            if (address.end() > end) {
                return shown.toString();
            }
            shown.append(HIDDEN).append('@');
            done = address.end();
        }
        return shown.append(line, done, end).toString();
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
