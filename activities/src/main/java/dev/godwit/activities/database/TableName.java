package dev.godwit.activities.database;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a table, as it is in the catalog: without quotes.
 *
 * @param schema the schema it is in; absent where the database has none (SQLite) or its search path decides
 * @param name the table itself
 */
public record TableName(Optional<String> schema, String name) {
    private static final String PART = "(?:\"((?:[^\"]|\"\")+)\"|([^\".]+))";
    private static final Pattern NAME = Pattern.compile("(?:" + PART + "\\.)?" + PART);

    /**
     * Reads {@code table} or {@code schema.table}; a part that holds a dot or a double quote stands in double quotes, as in
     * SQL. Unlike in SQL, a part without quotes keeps its capitals.
     *
     * @throws IllegalArgumentException if the text is neither
     */
    public static TableName parse(String text) {
        Matcher matcher = NAME.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a table; write TABLE or SCHEMA.TABLE");
        }
        String schema = part(matcher.group(1), matcher.group(2));
        return new TableName(Optional.ofNullable(schema), part(matcher.group(3), matcher.group(4)));
    }

    private static String part(String quoted, String plain) {
        return quoted == null ? plain : quoted.replace("\"\"", "\"");
    }

    /** An identifier as SQL writes it, in double quotes. */
    public static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    /** The name as SQL writes it. */
    public String sql() {
        return schema.map(part -> quoted(part) + ".").orElse("") + quoted(name);
    }

    /** The name for people. */
    @Override
    public String toString() {
        return schema.map(part -> part + ".").orElse("") + name;
    }
}
