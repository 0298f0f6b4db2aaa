package dev.godwit.activities.tables.copy;

import dev.godwit.step.Default;
import java.time.Duration;

/**
 * What makes a copy wait.
 *
 * @param replicationLag the copy waits while a standby of the target server is further behind than this
 */
public record LagGate(@Default("10s") Duration replicationLag) {
    public LagGate {
        if (replicationLag.isNegative()) {
            throw new IllegalArgumentException("replication-lag must not be negative");
        }
    }
}
