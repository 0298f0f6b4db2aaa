package dev.godwit.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds what a jq expression reads ({@code .params.home}) and calls, without parsing all of jq: it knows strings with
 * their interpolations, comments, and paths.
 */
final class JqScanner {
    private static final Set<String> KEYWORDS = Set.of("if", "then", "elif", "else", "end", "and", "or", "as", "try",
            "catch", "reduce", "foreach", "label", "import", "include", "__loc__");

    private static final int MAX_DEPTH = 500;

    private final String text;
    private final List<Reference> references = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private int at;
    private int depth;

    private JqScanner(String text) {
        this.text = text;
    }

    /**
     * A path that an expression reads.
     *
     * @param path its names
     * @param certain whether it surely begins at the root: what stands behind a pipe or in a function's argument may have
     *     another input
     */
    record Reference(List<String> path, boolean certain) {
        @Override
        public String toString() {
            return "." + String.join(".", path);
        }
    }

    /** What an expression reads and calls. */
    record Scan(List<Reference> references, List<String> calls) {}

    static Scan scan(String expression) {
        JqScanner scanner = new JqScanner(expression);
        while (scanner.at < expression.length()) {
            scanner.code(true);
            scanner.at++; // A bracket without its partner; jq itself will complain.
        }
        return new Scan(List.copyOf(scanner.references), List.copyOf(scanner.calls));
    }

    /** Where the jq that begins here is ended by {@code }}}, so that it may hold braces and strings of its own. */
    static Optional<Integer> end(String text, int from) {
        JqScanner scanner = new JqScanner(text);
        scanner.at = from;
        scanner.code(true);
        return text.startsWith("}}", scanner.at) ? Optional.of(scanner.at) : Optional.empty();
    }

    /** Reads up to the bracket that closes what surrounds this code, or to the end. */
    private void code(boolean rooted) {
        boolean certain = rooted;
        boolean binding = false;
        boolean operand = true; // Whether a value may begin here, so that a '.' begins a path.
        while (at < text.length()) {
            char character = text.charAt(at);
            if (character == '}' || character == ')' || character == ']') {
                return;
            }
            if (character == '"') {
                string(certain);
                operand = false;
            } else if (character == '#') {
                skipComment();
            } else if (character == '.') {
                if (operand) {
                    path(certain);
                } else {
                    at++;
                    word();
                }
                operand = false;
            } else if (isWordStart(character)) {
                String word = word();
                binding |= word.equals("as");
                operand = KEYWORDS.contains(word) || word.equals("not") && !nextIs('|');
                if (!KEYWORDS.contains(word) && !nextIs(':')) {
                    calls.add(word);
                    if (nextIs('(')) {
                        skipBlanks();
                        group(false);
                    }
                }
            } else if (character == '$' || character == '@') {
                at++;
                String word = word();
                if (character == '$' && word.equals("ENV")) {
                    calls.add("$ENV");
                }
                operand = false;
                if (nextIs('(')) { // reduce and foreach: '. as $x (...)'
                    skipBlanks();
                    group(false);
                }
            } else if (character == '(' || character == '[' || character == '{') {
                group(certain);
                operand = false;
            } else {
                if (character == '|') {
                    certain &= binding;
                    binding = false;
                }
                operand |= !Character.isWhitespace(character) && !Character.isDigit(character) && character != '?';
                at++;
                if (Character.isDigit(character)) {
                    skipNumber();
                    operand = false;
                }
            }
        }
    }

    private void group(boolean certain) {
        at++;
        if (++depth > MAX_DEPTH) {
            at = text.length(); // Nobody writes this; jq itself will refuse it.
        }
        code(certain);
        depth--;
        if (at < text.length()) {
            at++;
        }
    }

    private void path(boolean certain) {
        List<String> names = new ArrayList<>();
        boolean literal = true;
        while (at < text.length() && literal) {
            char character = text.charAt(at);
            if (character == '.' && at + 1 < text.length() && isWordStart(text.charAt(at + 1))) {
                at++;
                names.add(word());
            } else if (character == '.' && at + 1 < text.length() && text.charAt(at + 1) == '"') {
                at++;
                literal = plainString(names, certain);
            } else if (character == '.' && at + 1 < text.length() && text.charAt(at + 1) == '[') {
                at++;
            } else if (character == '[' && (!names.isEmpty() || text.charAt(at - 1) == '.')
                    && at + 1 < text.length() && text.charAt(at + 1) == '"') {
                int start = at;
                at++;
                literal = plainString(names, certain);
                if (literal && nextIs(']')) {
                    skipBlanks();
                    at++;
                } else if (literal) {
                    names.remove(names.size() - 1);
                    literal = false;
                    at = start;
                }
            } else if (character == '?') {
                at++;
            } else {
                literal = false;
            }
        }
        if (names.isEmpty()) {
            at += at < text.length() && text.charAt(at) == '.' ? 1 : 0;
        } else {
            references.add(new Reference(List.copyOf(names), certain));
        }
    }

    /** Whether a string stands here that has no interpolation, and so is a name. */
    private boolean plainString(List<String> names, boolean certain) {
        int start = at + 1;
        int before = references.size() + calls.size();
        string(certain);
        String name = text.substring(start, Math.max(start, at - 1));
        if (references.size() + calls.size() == before && !name.contains("\\")) {
            names.add(name);
            return true;
        }
        return false;
    }

    private void string(boolean certain) {
        at++;
        while (at < text.length() && text.charAt(at) != '"') {
            if (text.startsWith("\\(", at)) {
                at++;
                group(certain);
            } else {
                at += text.charAt(at) == '\\' ? 2 : 1;
            }
        }
        at = Math.min(at + 1, text.length());
    }

    private void skipComment() {
        while (at < text.length() && text.charAt(at) != '\n') {
            at++;
        }
    }

    private void skipNumber() {
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '.' && at + 1 < text.length()
                        && Character.isDigit(text.charAt(at + 1)))) {
            at++;
        }
    }

    private void skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private boolean nextIs(char wanted) {
        int next = at;
        while (next < text.length() && Character.isWhitespace(text.charAt(next))) {
            next++;
        }
        return next < text.length() && text.charAt(next) == wanted;
    }

    private String word() {
        int start = at;
        while (at < text.length() && (isWordStart(text.charAt(at)) || Character.isDigit(text.charAt(at)))) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isWordStart(char character) {
        return character == '_' || character >= 'a' && character <= 'z' || character >= 'A' && character <= 'Z';
    }
}
