package dev.godwit.report;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes any text harmless in Markdown, in a table cell too, and leaves ordinary text as it is. */
final class Markdown {
    private static final Pattern SPECIAL = Pattern.compile(
            "[\\\\`*\\[\\]|]" // what opens code, emphasis or a link, or ends a cell
                    + "|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"); // an underscore within a name is no emphasis
    private static final Pattern BACKTICKS = Pattern.compile("`+");

    private Markdown() {}

    static String text(String text) {
        String inline = text.strip().replace("&", "&amp;").replace("<", "&lt;").replace("\r", "");
        return SPECIAL.matcher(inline).replaceAll("\\\\$0").replace("\n", "<br>");
    }

    static String code(String text) {
        String line = text.replaceAll("\\s*\\R\\s*", " ");
        if (line.isBlank()) {
            return "";
        }
        int longest = 0;
        Matcher run = BACKTICKS.matcher(line);
        while (run.find()) {
            longest = Math.max(longest, run.end() - run.start());
        }
        String fence = "`".repeat(longest + 1);
        String space = line.startsWith("`") || line.endsWith("`") ? " " : "";
        return fence + space + line + space + fence;
    }

    static String codeInTable(String text) {
        return code(text).replace("|", "\\|");
    }
}
