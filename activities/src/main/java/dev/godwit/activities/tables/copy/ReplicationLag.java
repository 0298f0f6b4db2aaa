package dev.godwit.activities.tables.copy;

import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.throttle.Throttle;
import dev.godwit.step.RunContext;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Says to wait while a standby is too far behind. A user that may not see that ({@code pg_monitor}) sees no lag. */
final class ReplicationLag implements Throttle.Gate {
    private final ReadablePostgres database;
    private final Duration most;

    private ReplicationLag(ReadablePostgres database, Duration most) {
        this.database = database;
        this.most = most;
    }

    /** Paces a copy into a database: by its rate, and by the lag of the standbys if it has such a gate. */
    static Throttle throttle(RunContext context, Optional<Long> rate, Optional<LagGate> gate, ReadablePostgres to) {
        Throttle throttle = Throttle.of(context, "rows", rate);
        gate.ifPresent(limit -> throttle.gate(new ReplicationLag(to, limit.replicationLag())));
        return throttle;
    }

    @Override
    public Optional<String> whyWait() throws SQLException {
        try (Connection connection = database.open();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT application_name, extract(epoch FROM replay_lag)"
                        + " FROM pg_stat_replication WHERE replay_lag IS NOT NULL ORDER BY replay_lag DESC LIMIT 1")) {
            if (!found.next() || found.getDouble(2) * 1000 <= most.toMillis()) {
                return Optional.empty();
            }
            return Optional.of(String.format(Locale.ROOT, "the standby %s is %.1f s behind, over %.1f s",
                    found.getString(1), found.getDouble(2), most.toMillis() / 1000.0));
        }
    }
}
