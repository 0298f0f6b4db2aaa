package dev.godwit.activities.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An index whose concurrent creation was interrupted. PostgreSQL leaves it, invalid: no query uses it, every write pays for
 * it, and {@code IF NOT EXISTS} is content with it.
 */
final class UnfinishedIndex {
    private static final String NAME = "(?:\"(?:[^\"]|\"\")+\"|[\\w$]+)";
    private static final Pattern CREATION = Pattern.compile("CREATE\\s+(?:UNIQUE\\s+)?INDEX\\s+CONCURRENTLY\\s+"
            + "(?:IF\\s+NOT\\s+EXISTS\\s+)?(?<index>" + NAME + ")\\s+ON\\s+(?:ONLY\\s+)?(?<table>" + NAME + "(?:\\."
            + NAME
            + ")?).*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final String INVALID = "SELECT index.oid::regclass::text FROM pg_index JOIN pg_class index"
            + " ON index.oid = indexrelid WHERE indrelid = to_regclass(?) AND relname = ? AND NOT indisvalid";

    private UnfinishedIndex() {}

    /** Drops what an earlier attempt at the statement has left, if it creates an index and has left one. */
    static void drop(Connection connection, SqlStatement statement) throws SQLException {
        Matcher creation = CREATION.matcher(statement.text());
        if (creation.matches()) {
            Optional<String> index = invalid(connection, creation.group("table"), creation.group("index"));
            if (index.isPresent()) {
                try (Statement drop = connection.createStatement()) {
                    drop.execute("DROP INDEX CONCURRENTLY IF EXISTS " + index.get());
                }
            }
        }
    }

    private static Optional<String> invalid(Connection connection, String table, String index) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(INVALID)) {
            query.setString(1, table);
            query.setString(2, index.startsWith("\"")
                    ? index.substring(1, index.length() - 1).replace("\"\"", "\"")
                    : index.toLowerCase(Locale.ROOT));
            try (ResultSet found = query.executeQuery()) {
                return found.next() ? Optional.of(found.getString(1)) : Optional.empty();
            }
        }
    }
}
