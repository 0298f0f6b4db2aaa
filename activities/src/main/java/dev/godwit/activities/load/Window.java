package dev.godwit.activities.load;

import dev.godwit.activities.throttle.Rate;

/**
 * One stretch of load, in the nanoseconds of {@link System#nanoTime}. Only requests that begin after the ramp count.
 *
 * @param begin when the ramp begins
 * @param full when the ramp is over
 * @param end when no request begins any more
 */
record Window(long begin, long full, long end) {
    /** When the n-th request of a rate is due, counted from 0; in the ramp the rate grows evenly from nothing. */
    long due(long n, Rate rate) {
        double interval = rate.interval().toNanos();
        double ramp = full - begin;
        double inRamp = ramp / interval / 2;
        double after = n < inRamp ? Math.sqrt(2 * n * ramp * interval) : ramp + (n - inRamp) * interval;
        return begin + (long) after;
    }

    /** When one of so many users of the closed model comes. */
    long arrival(int user, int users) {
        return begin + (long) ((double) (full - begin) * user / users);
    }

    boolean counts(long from) {
        return from - full >= 0;
    }

    boolean over(long now) {
        return now - end >= 0;
    }
}
