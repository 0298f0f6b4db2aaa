package dev.godwit.activities.tables.copy;

import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.throttle.Throttle;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Says to wait while a standby is too far behind. The server has no row, and so no lag, for a standby that is not connected,
 * and the lag of one that hangs stays what it was: both count as behind, as far as this can know of them.
 */
final class ReplicationLag implements Throttle.Gate {
    /** A standby speaks every 10 seconds, if it is not told otherwise, even if there is nothing to say. */
    private static final Duration SPEAKS_EVERY = Duration.ofSeconds(12);

    private final ReadablePostgres database;
    private final LagGate limit;
    private final Map<String, Heard> standbys = new HashMap<>();

    /**
     * A standby that is, or was, connected.
     *
     * @param reply the time of its last reply, by its own clock; empty if the server does not tell
     * @param at when that reply was seen first, by ours
     */
    private record Heard(String reply, long at) {}

    private ReplicationLag(ReadablePostgres database, LagGate limit) {
        this.database = database;
        this.limit = limit;
    }

    /** Paces a copy into a database: by its rate, and by the lag of the standbys if it has such a gate. */
    static Throttle throttle(RunContext context, Optional<Long> rate, Optional<LagGate> gate, ReadablePostgres to) {
        Throttle throttle = Throttle.of(context, "rows", rate);
        gate.ifPresent(limit -> throttle.gate(new ReplicationLag(to, limit)));
        return throttle;
    }

    /** Refuses a gate that would never close: the target has no standbys, or hides from the user how they are. */
    static void require(Optional<LagGate> gate, Location to, PreviewContext context) throws Exception {
        if (gate.isEmpty()) {
            return;
        }
        if (!context.kindOf(to).equals("postgres")) {
            throw StepFailure.user("gate-unsupported",
                    to + " is no PostgreSQL, so it has no standbys; leave out 'gate'");
        }
        try (Connection connection = context.reading(PostgresKind.class, to).open();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(
                        "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), current_user")) {
            found.next();
            if (!found.getBoolean(1)) {
                throw StepFailure.user("permission-denied", "the gate cannot see how far the standbys of " + to
                        + " are behind; GRANT pg_monitor TO \"" + found.getString(2) + "\", or leave out 'gate'");
            }
        }
    }

    @Override
    public Optional<String> whyWait() throws SQLException {
        try (Connection connection = database.open(); Statement statement = connection.createStatement()) {
            Optional<String> why = ofThoseConnected(statement);
            return why.isPresent() ? why : ofThoseWithASlot(statement);
        }
    }

    /** A connection without a place that it has replayed up to is no standby, but a backup. */
    private Optional<String> ofThoseConnected(Statement statement) throws SQLException {
        Map<String, Heard> gone = new HashMap<>(standbys);
        String behind = null;
        int connected = 0;
        try (ResultSet found = statement
                .executeQuery("SELECT application_name, concat_ws(' ', application_name, client_addr),"
                        + " coalesce(extract(epoch FROM replay_lag), 0), coalesce(to_jsonb(s) ->> 'reply_time', '')"
                        + " FROM pg_stat_replication s WHERE replay_lsn IS NOT NULL ORDER BY 3")) {
            while (found.next()) {
                connected++;
                String reply = found.getString(4);
                long now = System.nanoTime();
                gone.remove(found.getString(2));
                Heard heard = standbys.merge(found.getString(2), new Heard(reply, now),
                        (before, after) -> before.reply().equals(reply) ? before : after);
                Duration silent = Duration.ofNanos(now - heard.at());
                double lag = found.getDouble(3);
                if (!reply.isEmpty() && silent.compareTo(limit.replicationLag().plus(SPEAKS_EVERY)) > 0) {
                    behind = String.format(Locale.ROOT, "the standby %s has said nothing for %d s", found.getString(1),
                            silent.toSeconds());
                } else if (lag * 1000 > limit.replicationLag().toMillis()) {
                    behind = String.format(Locale.ROOT, "the standby %s is %.1f s behind, over %.1f s",
                            found.getString(1), lag, limit.replicationLag().toMillis() / 1000.0);
                }
            }
        }
        if (connected < limit.standbys()) {
            return Optional.of(connected + " of " + limit.standbys() + " standbys connected");
        }
        if (!gone.isEmpty()) {
            return Optional.of("the standby " + gone.keySet().iterator().next()
                    + " is not connected any more; if it is gone for good, pause and resume");
        }
        return Optional.ofNullable(behind);
    }

    private static Optional<String> ofThoseWithASlot(Statement statement) throws SQLException {
        try (ResultSet found = statement
                .executeQuery("SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'physical'"
                        + " AND NOT active AND NOT temporary AND restart_lsn IS NOT NULL ORDER BY 1 LIMIT 1")) {
            return found.next()
                    ? Optional.of("the standby of the replication slot " + found.getString(1)
                            + " is not connected; drop the slot if it is gone for good")
                    : Optional.empty();
        }
    }
}
