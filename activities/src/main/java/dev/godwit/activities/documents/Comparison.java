package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.documents.VerifyDocuments.Difference;
import dev.godwit.json.Json;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.sqlite.ProgressHandler;

/** Compares two sides as bags of keyed values, in a database of its own, so that neither side need fit into memory. */
final class Comparison implements AutoCloseable {
    private static final int EXAMPLES = 10;
    private static final int FIELDS = 5;
    private static final int LONGEST = 200;

    private final Connection connection;
    private final Pulse pulse;
    private final Spool expected;
    private final Spool actual;

    /**
     * A value that is not the same on both sides.
     *
     * @param what missing, different or extra
     * @param key its key
     * @param expectedPlace where the expected side has it, or null
     * @param actualPlace where the actual side has it, or null
     * @param expected what the expected side has, or null
     * @param actual what the actual side has, or null
     */
    record Found(String what, String key, String expectedPlace, String actualPlace, String expected, String actual) {
        /** The same for people. */
        Difference difference() {
            return new Difference(what, shortened(key), place(expectedPlace), place(actualPlace),
                    fields(expected, actual));
        }
    }

    /** How the two sides differ. */
    record Result(long missing, long different, long extra, List<Difference> examples) {}

    /**
     * @param file the database, which may hold what an earlier attempt has spooled
     * @param checkpoint called at least every few seconds, and may end the comparison with an exception
     */
    Comparison(Path file, Runnable checkpoint) throws SQLException {
        connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        pulse = new Pulse(checkpoint);
        ProgressHandler.setHandler(connection, Pulse.INSTRUCTIONS, pulse);
        // A crash may cost what was committed last, but never leaves a part of it.
        execute("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
                "CREATE TABLE IF NOT EXISTS reached (side TEXT PRIMARY KEY, reached TEXT NOT NULL)");
        connection.setAutoCommit(false);
        expected = new Spool("expected");
        actual = new Spool("actual");
        connection.commit();
    }

    /**
     * How far a side is spooled.
     *
     * @param file the last document's file; empty before the first
     * @param line its line in it
     * @param documents how many were read
     * @param corrupt how many of them were passed over
     * @param values how many values they had
     * @param rows what the rows that were read are known by, where the side is a table
     * @param done whether the side is complete
     */
    record Reached(String file, long line, long documents, long corrupt, long values, Checksum rows, boolean done) {

        static final Reached START = new Reached("", 0, 0, 0, 0, Checksum.ZERO, false);

        Place place() {
            return new Place(file, line);
        }

        Reached behind(Place place, long more, boolean sound) {
            return new Reached(place.file(), place.line(), documents + 1, corrupt + (sound ? 0 : 1), values + more,
                    rows, false);
        }

        Reached behind(Checksum row, long more) {
            return new Reached(file, line, documents + 1, corrupt, values + more, rows.plus(row), false);
        }

        Reached complete() {
            return new Reached(file, line, documents, corrupt, values, rows, true);
        }
    }

    Spool expected() {
        return expected;
    }

    Spool actual() {
        return actual;
    }

    /** Takes the values of one side, in any order. */
    final class Spool {
        private final String name;
        private final PreparedStatement insert;

        private Spool(String name) throws SQLException {
            this.name = name;
            execute("CREATE TABLE IF NOT EXISTS " + name
                    + " (id INTEGER PRIMARY KEY, key TEXT, hash BLOB, place TEXT, value TEXT)");
            insert = connection.prepareStatement(
                    "INSERT INTO " + name + " (key, hash, place, value) VALUES (?, ?, ?, ?)");
        }

        void add(ValueReader.Value value, String place) throws SQLException {
            insert.setString(1, value.key());
            insert.setBytes(2, value.hash());
            insert.setString(3, place);
            insert.setString(4, value.text());
            insert.executeUpdate();
        }

        /** How far an earlier attempt came. */
        Reached reached() throws SQLException {
            try (PreparedStatement find = connection.prepareStatement("SELECT reached FROM reached WHERE side = ?")) {
                find.setString(1, name);
                try (ResultSet found = find.executeQuery()) {
                    return found.next() ? Json.read(found.getString(1), Reached.class) : Reached.START;
                }
            }
        }

        /** Keeps what was added up to here. */
        void commit(Reached reached) throws SQLException {
            try (PreparedStatement keep = connection
                    .prepareStatement("INSERT INTO reached VALUES (?, ?) ON CONFLICT (side) DO UPDATE"
                            + " SET reached = excluded.reached")) {
                keep.setString(1, name);
                keep.setString(2, Json.write(reached));
                keep.executeUpdate();
            }
            connection.commit();
        }

        /** Forgets what was added, to begin anew. */
        void clear() throws SQLException {
            execute("DELETE FROM " + name);
        }

        private void index() throws SQLException {
            insert.close();
            execute("CREATE INDEX " + name + "_values ON " + name + " (key, hash, id)",
                    "CREATE TABLE " + name + "_count (key TEXT, hash BLOB, number INTEGER, PRIMARY KEY (key, hash))"
                            + " WITHOUT ROWID",
                    "INSERT INTO " + name + "_count SELECT key, hash, count(*) FROM " + name + " GROUP BY key, hash");
        }
    }

    /**
     * Compares what was spooled.
     *
     * @param withExtra whether what only the actual side has counts as well
     * @param differences is told of every difference
     */
    Result compare(boolean withExtra, Consumer<Found> differences) throws SQLException {
        // None of this is committed: an attempt that goes on compares anew.
        expected.index();
        actual.index();
        leaveOver("expected", "actual");
        leaveOver("actual", "expected");
        List<Difference> examples = new ArrayList<>();
        Consumer<Found> all = found -> {
            pulse.checkpoint.run();
            differences.accept(found);
            if (examples.size() < EXAMPLES) {
                examples.add(found.difference());
            }
        };
        long different = each("different", "SELECT e.key, e.place, a.place, e.value, a.value FROM expected_left AS e"
                + " JOIN actual_left AS a ON a.key = e.key AND a.nth = e.nth ORDER BY e.id", all);
        long missing = each("missing",
                "SELECT e.key, e.place, NULL, e.value, NULL FROM expected_left AS e WHERE NOT EXISTS"
                        + " (SELECT 1 FROM actual_left AS a WHERE a.key = e.key AND a.nth = e.nth) ORDER BY e.id",
                all);
        long extra = withExtra
                ? each("extra", "SELECT a.key, NULL, a.place, NULL, a.value FROM actual_left AS a WHERE NOT EXISTS"
                        + " (SELECT 1 FROM expected_left AS e WHERE e.key = a.key AND e.nth = a.nth) ORDER BY a.id",
                        all)
                : 0;
        return new Result(missing, different, extra, List.copyOf(examples));
    }

    /** What one side has of a value beyond what the other has of it, numbered by key. */
    private void leaveOver(String side, String other) throws SQLException {
        execute("CREATE TABLE " + side
                + "_left (id INTEGER PRIMARY KEY, key TEXT, nth INTEGER, place TEXT, value TEXT)",
                "INSERT INTO " + side + "_left SELECT one.id, one.key,"
                        + " row_number() OVER (PARTITION BY one.key ORDER BY one.id), one.place, one.value"
                        + " FROM (SELECT *, row_number() OVER (PARTITION BY key, hash ORDER BY id) AS nth FROM " + side
                        + ") AS one LEFT JOIN " + other + "_count AS other ON other.key = one.key"
                        + " AND other.hash = one.hash WHERE one.nth > coalesce(other.number, 0)",
                "CREATE INDEX " + side + "_left_key ON " + side + "_left (key, nth)");
    }

    private long each(String what, String sql, Consumer<Found> reader) throws SQLException {
        long count = 0;
        try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(sql)) {
            while (found.next()) {
                count++;
                reader.accept(new Found(what, found.getString(1), found.getString(2), found.getString(3),
                        found.getString(4), found.getString(5)));
            }
        }
        return count;
    }

    private static Optional<String> place(String place) {
        return Optional.ofNullable(place).map(Comparison::shortened);
    }

    private static List<String> fields(String expected, String actual) {
        if (expected == null || actual == null) {
            return List.of();
        }
        List<String> fields = new ArrayList<>();
        JsonNode left = Json.read(expected, JsonNode.class);
        JsonNode right = Json.read(actual, JsonNode.class);
        Set<String> names = new TreeSet<>();
        left.fieldNames().forEachRemaining(names::add);
        right.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            String one = left.has(name) ? Canonical.text(left.get(name)) : "nothing";
            String other = right.has(name) ? Canonical.text(right.get(name)) : "nothing";
            if (!one.equals(other) && fields.size() < FIELDS) {
                fields.add(shortened(name) + ": expected " + shortened(one) + ", found " + shortened(other));
            }
        }
        if (names.isEmpty()) {
            fields.add("expected " + shortened(Canonical.text(left)) + ", found "
                    + shortened(Canonical.text(right)));
        }
        return fields;
    }

    private static String shortened(String text) {
        return text.length() > LONGEST ? text.substring(0, LONGEST - 3) + "..." : text;
    }

    private void execute(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            pulse.rethrow();
            throw e;
        }
    }

    /** Called in the middle of a statement that takes long, where nothing may be thrown but the statement be ended. */
    private static final class Pulse extends ProgressHandler {
        private static final int INSTRUCTIONS = 1_000_000;

        private final Runnable checkpoint;
        private RuntimeException stopped;

        Pulse(Runnable checkpoint) {
            this.checkpoint = checkpoint;
        }

        @Override
        protected int progress() {
            try {
                checkpoint.run();
                return 0;
            } catch (RuntimeException e) {
                stopped = e;
                return 1;
            }
        }

        void rethrow() {
            if (stopped != null) {
                throw stopped;
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
