package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;

/**
 * Moves sequences of a target behind the values that were copied, and back. A sequence is never moved backwards by a copy.
 *
 * @param sequence the sequence as SQL writes it
 * @param before where it stood before the copy, or where others moved it between two attempts
 * @param after where it was moved to
 * @param from where it stood when it was last moved, since a move that is remembered may not have come about
 */
record SequenceMove(String sequence, Place before, Place after, Optional<Place> from) {

    private static final String PREFIX = "sequence ";

    /**
     * Where a sequence stands.
     *
     * @param last the last value, or the first if none was given
     * @param called whether the last value was given
     */
    record Place(long last, boolean called) {
        static Place of(Connection connection, String sequence) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery("SELECT last_value, is_called FROM " + sequence)) {
                result.next();
                return new Place(result.getLong(1), result.getBoolean(2));
            }
        }

        /** Whether values come later than from another place, in the direction of the sequence. */
        boolean isBehind(Place other, boolean ascending) {
            int order = ascending ? Long.compare(last, other.last) : Long.compare(other.last, last);
            return order > 0 || order == 0 && called && !other.called;
        }
    }

    /**
     * Moves a sequence.
     *
     * @param connection a session with the target, in auto-commit mode
     * @param to at least where to
     */
    static void move(Connection connection, PostgresJournal journal, String sequence, Place to) throws SQLException {
        Place now = Place.of(connection, sequence);
        if (!to.isBehind(now, ascending(connection, sequence))) {
            return;
        }
        Place before = journal.cursor(connection, PREFIX + sequence, SequenceMove.class)
                .filter(earlier -> earlier.left(now))
                .map(SequenceMove::before)
                .orElse(now);
        journal.advance(connection, PREFIX + sequence, new SequenceMove(sequence, before, to, Optional.of(now)));
        journal.checkToken(connection);
        set(connection, sequence, to);
    }

    /** Moves the sequences back that still stand where the step left them; those that are gone are left out. */
    static void takeBack(Connection connection, PostgresJournal journal) throws SQLException {
        Map<String, SequenceMove> moves = journal.cursors(connection, PREFIX, SequenceMove.class);
        for (SequenceMove move : moves.values()) {
            if (exists(connection, move.sequence()) && move.left(Place.of(connection, move.sequence()))) {
                set(connection, move.sequence(), move.before());
            }
        }
    }

    /** Whether a sequence that stands there is where the step left it. */
    private boolean left(Place now) {
        return now.equals(after) || from.filter(now::equals).isPresent();
    }

    /** The sequence that feeds a column, as SQL writes it. */
    static Optional<String> feeding(Connection connection, TableName table, String column) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_get_serial_sequence(?, ?)")) {
            statement.setString(1, table.sql());
            statement.setString(2, column);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return Optional.ofNullable(result.getString(1));
            }
        }
    }

    private static boolean ascending(Connection connection, String sequence) throws SQLException {
        try (PreparedStatement statement = connection
                .prepareStatement("SELECT seqincrement > 0 FROM pg_sequence WHERE seqrelid = ?::regclass")) {
            statement.setString(1, sequence);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getBoolean(1);
            }
        }
    }

    private static boolean exists(Connection connection, String sequence) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            statement.setString(1, sequence);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getBoolean(1);
            }
        }
    }

    private static void set(Connection connection, String sequence, Place place) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT setval(?::regclass, ?, ?)")) {
            statement.setString(1, sequence);
            statement.setLong(2, place.last());
            statement.setBoolean(3, place.called());
            statement.execute();
        }
    }
}
