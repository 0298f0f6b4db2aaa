package dev.godwit.activities.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a line of a requirements file wants, by PEP 508.
 *
 * @param text as it is written, without what stands behind it
 * @param name as it is written
 * @param extras as they are written, in brackets; empty if there are none
 * @param version the version specifier, or {@code @} and an address; empty if any will do
 * @param marker when it is wanted at all; empty for always
 */
record Requirement(String text, String name, String extras, String version, String marker) {

    private static final String CLAUSE = "(?:===|==|~=|!=|<=|>=|<|>)\\s*[^\\s,;()<>=!~#@]+";
    private static final String CLAUSES = CLAUSE + "(?:\\s*,\\s*" + CLAUSE + ")*(?:\\s*,)?";
    /** Up to the options of pip that may follow it in a line. */
    static final Pattern PATTERN = Pattern.compile("(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
            + "\\s*(?<extras>\\[[^\\]]*\\])?"
            + "\\s*(?<version>@\\s*[^\\s;]\\S*|" + CLAUSES + "|\\(\\s*" + CLAUSES + "\\s*\\))?"
            + "(?:\\s*;\\s*(?<marker>[^\\s#].*?))?"
            + "(?<options>(?:\\s+--[a-z].*)?)\\s*");
    private static final Pattern COMPARISON = Pattern
            .compile("(?<variable>\\w+) (?<operator>==|!=|<=|>=|<|>) (?<value>\"[^\"]*\")");
    private static final Pattern TOKEN = Pattern
            .compile("\\s*(===|==|~=|!=|<=|>=|<|>|\\(|\\)|\"[^\"]*\"|'[^']*'|[^\\s()<>=!~'\"]+)\\s*");

    /** Reads a requirement without options. */
    static Requirement parse(String text) {
        Matcher matcher = PATTERN.matcher(text.strip());
        if (!matcher.matches() || !matcher.group("options").isEmpty()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a requirement; write one like 'uvicorn[standard]==0.24.0; python_version >= \"3.9\"'");
        }
        return of(matcher);
    }

    /** The requirement that {@link #PATTERN} has matched. */
    static Requirement of(Matcher matcher) {
        String text = matcher.group()
                .substring(0, matcher.start("options") - matcher.start())
                .strip()
                .replaceAll("\\s+", " ");
        return new Requirement(text, matcher.group("name"), orEmpty(matcher.group("extras")),
                orEmpty(matcher.group("version")), orEmpty(matcher.group("marker")));
    }

    private static String orEmpty(String group) {
        return group == null ? "" : group.strip();
    }

    /** The name of the project, however it is written, by PEP 503. */
    String project() {
        return normalized(name);
    }

    Set<String> extraNames() {
        String inside = extras.isEmpty() ? "" : extras.substring(1, extras.length() - 1);
        return Arrays.stream(inside.split(","))
                .filter(extra -> !extra.isBlank())
                .map(extra -> normalized(extra.strip()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    boolean isAddress() {
        return version.startsWith("@");
    }

    /** Whether one version only will do. */
    boolean pins() {
        return version.matches("\\(?\\s*={2,3}[^,*]+");
    }

    /** Whether both want the same versions. */
    boolean sameVersion(Requirement other) {
        return clauses().equals(other.clauses());
    }

    boolean sameMarker(Requirement other) {
        return canonicalMarker().equals(other.canonicalMarker());
    }

    /** Whether it is certain that never both are wanted. */
    boolean excludes(Requirement other) {
        Matcher one = COMPARISON.matcher(canonicalMarker());
        Matcher two = COMPARISON.matcher(other.canonicalMarker());
        if (!one.matches() || !two.matches() || !one.group("variable").equals(two.group("variable"))) {
            return false;
        }
        String operators = one.group("operator") + " " + two.group("operator");
        boolean sameValue = one.group("value").equals(two.group("value"));
        return switch (operators) {
            case "== ==" -> !sameValue;
            case "== !=", "!= ==", "< >=", ">= <", "<= >", "> <=", "< >", "> <" -> sameValue;
            default -> false;
        };
    }

    private Set<String> clauses() {
        if (isAddress()) {
            return Set.of("@ " + version.substring(1).strip());
        }
        return Arrays.stream(version.replaceAll("[()\\s]", "").split(","))
                .filter(clause -> !clause.isEmpty())
                .map(Requirement::canonicalClause)
                .collect(Collectors.toSet());
    }

    /** Versions that differ only in zeros at their end are equal, but {@code ~=} and {@code ===} count their parts. */
    private static String canonicalClause(String clause) {
        String lower = clause.toLowerCase(Locale.ROOT);
        boolean literal = lower.startsWith("~=") || lower.startsWith("===") || lower.endsWith("*");
        return literal ? lower : lower.replaceFirst("([=<>])v?(\\d+(?:\\.\\d+)*?)(?:\\.0+)*$", "$1$2");
    }

    private String canonicalMarker() {
        StringBuilder canonical = new StringBuilder();
        Matcher token = TOKEN.matcher(marker);
        while (token.find()) {
            String text = token.group(1);
            boolean quoted = text.startsWith("'") && text.length() > 1 && text.indexOf('"') < 0;
            canonical.append(canonical.isEmpty() ? "" : " ")
                    .append(quoted ? '"' + text.substring(1, text.length() - 1) + '"' : text);
        }
        return canonical.toString();
    }

    private static String normalized(String name) {
        return name.replaceAll("[-_.]+", "-").toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return text;
    }
}
