package dev.godwit.activities.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long SECOND = 1_000_000_000;

    private final TokenBucket bucket = new TokenBucket();
    /** A clock that may be anywhere, as {@code System.nanoTime} is. */
    private long now = Long.MAX_VALUE - SECOND;

    @Test
    void what_passes_in_the_long_run_is_the_rate_whatever_the_batches() {
        for (int batch : new int[]{1, 7, 1000, 100_000}) {
            long began = now;
            long passed = 0;
            while (passed < 1_000_000) {
                pass(batch, 10_000);
                passed += batch;
            }
            pass(1, 10_000); // What the last batch owes.
            assertThat((double) (now - began)).as("batches of %d", batch)
                    .isBetween(passed / 10_000.0 * SECOND * 0.98, passed / 10_000.0 * SECOND * 1.02);
        }
    }

    @Test
    void nothing_passes_at_0_and_the_time_of_a_standstill_is_not_saved_up() {
        pass(1, 100);
        assertThat(bucket.take(1, 0, now)).isEqualTo(Long.MAX_VALUE);
        now += 3600 * SECOND;
        assertThat(bucket.take(1, 0, now)).isEqualTo(Long.MAX_VALUE);
        assertThat(bucket.take(1, 100, now)).isPositive();
    }

    @Test
    void what_is_owed_is_paid_off_at_the_new_rate_and_forgotten_without_one() {
        pass(10_000, 1);
        assertThat(bucket.take(1, 1, now)).isEqualTo(10_000 * SECOND);
        assertThat(bucket.take(1, 100_000, now)).isEqualTo(SECOND / 10);
        bucket.unlimited();
        assertThat(bucket.take(1, 1, now)).isZero();
    }

    @Test
    void an_idle_hour_does_not_let_a_burst_through() {
        pass(1, 1000);
        now += 3600 * SECOND;
        assertThat(bucket.take(200, 1000, now)).isZero();
        assertThat(bucket.take(1, 1000, now)).isZero();
        assertThat(bucket.take(1, 1000, now)).isPositive();
    }

    private void pass(long units, long rate) {
        for (long wait = bucket.take(units, rate, now); wait > 0; wait = bucket.take(units, rate, now)) {
            now += wait;
        }
    }
}
