package dev.godwit.activities.tables.copy;

import dev.godwit.step.Default;
import java.time.Duration;

/**
 * What makes a copy wait.
 *
 * @param replicationLag the copy waits while a standby of the target server is further behind than this, has said nothing for
 *     longer, or is gone: one that was connected before, or one for which the server keeps a replication slot. The user needs
 *     the role {@code pg_monitor} to see that
 * @param standbys how many standbys must be connected; while fewer are, the copy waits
 */
public record LagGate(@Default("10s") Duration replicationLag, @Default("0") int standbys) {
    public LagGate {
        if (replicationLag.isNegative()) {
            throw new IllegalArgumentException("replication-lag must not be negative");
        }
        if (standbys < 0) {
            throw new IllegalArgumentException("standbys must not be negative");
        }
    }
}
