package dev.godwit.worker;

import com.github.therapi.runtimejavadoc.Comment;
import com.github.therapi.runtimejavadoc.CommentVisitor;
import com.github.therapi.runtimejavadoc.Link;
import com.github.therapi.runtimejavadoc.Value;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns Javadoc comments into Markdown. */
final class JavadocText implements CommentVisitor {
    private static final char OPEN = '\u0001';
    private static final char CLOSE = '\u0002';
    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\s*" + OPEN + "\\s*?\\n?(.*?)" + CLOSE + "\\s*</pre>",
            Pattern.DOTALL);

    private final StringBuilder text = new StringBuilder();
    /** How many braces of a code tag are open: the parser takes the first closing one for the tag's end. */
    private int open;

    private JavadocText() {}

    /** The prose of a comment, without its example. */
    static String prose(Comment comment) {
        return tidy(EXAMPLE.matcher(written(comment)).replaceAll(""));
    }

    /** The first example of a comment. */
    static Optional<String> example(Comment comment) {
        Matcher example = EXAMPLE.matcher(written(comment));
        return example.find() ? Optional.of(example.group(1).stripIndent().strip()) : Optional.empty();
    }

    private static String written(Comment comment) {
        JavadocText text = new JavadocText();
        comment.visit(text);
        return text.text.toString();
    }

    @Override
    public void commentText(String value) {
        if (open > 0) {
            code(value);
        } else {
            text.append(value);
        }
    }

    @Override
    public void inlineTag(String name, String value) {
        if (name.equals("code")) {
            text.append(OPEN);
            open = 1;
            code(value + "}");
        } else {
            text.append(value);
        }
    }

    private void code(String value) {
        int end = 0;
        while (open > 0 && end < value.length()) {
            char character = value.charAt(end++);
            open += character == '{' ? 1 : character == '}' ? -1 : 0;
        }
        text.append(value, 0, open == 0 ? end - 1 : end);
        if (open == 0) {
            text.append(CLOSE).append(value, end, value.length());
        }
    }

    @Override
    public void inlineLink(Link link) {
        text.append(OPEN).append(link.getLabel().replaceFirst("^#", "")).append(CLOSE);
    }

    @Override
    public void inlineValue(Value value) {
        text.append(value.getReferencedMemberName());
    }

    private static String tidy(String text) {
        return text.replaceAll(OPEN + "\\s+", String.valueOf(OPEN)) // a line may have been broken there
                .replace(OPEN, '`')
                .replace(CLOSE, '`')
                .replaceAll("\\s*\\n\\s*", " ")
                .replaceAll("\\s*</?(ul|ol)>\\s*", "\n")
                .replaceAll("\\s*<li>\\s*", "\n- ")
                .replaceAll("</li>", "")
                .replaceAll("\\s*<p>\\s*", "\n\n")
                .replaceAll("</p>", "")
                .replaceAll("</?(em|b|i|strong)>", "")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&")
                .replaceAll("[ \\t]+", " ")
                .strip();
    }
}
