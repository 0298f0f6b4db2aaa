package dev.godwit.activities.throttle;

/**
 * How much may pass at a rate that may change at any time. A batch may be larger than what is there: it is owed then, and
 * paid off at the rate that holds from then on.
 */
final class TokenBucket {
    /** What was not used up is kept for so long. */
    private static final double SECONDS_SAVED = 0.2;
    private static final double NANOS = 1e9;

    private boolean limited;
    private long rate;
    private long refilled;
    private double left;

    /** There is no limit now, so nothing is owed. */
    void unlimited() {
        limited = false;
    }

    /**
     * Lets units pass, if they may.
     *
     * @param now in nanoseconds
     * @param newRate the units a second from now on
     * @return 0 if they passed, else in how many nanoseconds they may at the earliest
     */
    long take(long units, long newRate, long now) {
        if (limited) {
            // The time since went by at the rate of before.
            left = Math.min(rate * SECONDS_SAVED, left + rate * ((now - refilled) / NANOS));
        } else {
            left = 0;
            limited = true;
        }
        rate = newRate;
        refilled = now;
        if (rate == 0) {
            return Long.MAX_VALUE;
        }
        if (left < 0) {
            return (long) Math.max(1, Math.ceil(-left / rate * NANOS));
        }
        left -= units;
        return 0;
    }
}
