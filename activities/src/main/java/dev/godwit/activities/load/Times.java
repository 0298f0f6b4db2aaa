package dev.godwit.activities.load;

import org.HdrHistogram.Histogram;

/**
 * How long good answers took, in milliseconds.
 *
 * @param name of the request
 * @param mean of all times
 * @param p50 half of the answers were as fast as this or faster
 * @param p90 9 of 10 answers were
 * @param p95 19 of 20 answers were
 * @param p99 99 of 100 answers were
 * @param max the slowest answer
 * @param failed how many requests failed
 * @param requests how many were made, the failed ones included
 */
public record Times(String name, double mean, double p50, double p90, double p95, double p99, double max, long failed,
        long requests) {
    static Times of(String name, Histogram micros, long failed) {
        return new Times(name, Math.round(micros.getMean()) / 1e3, millis(micros, 50), millis(micros, 90),
                millis(micros, 95), millis(micros, 99), millis(micros, 100), failed, micros.getTotalCount() + failed);
    }

    static double millis(Histogram micros, double percentile) {
        return micros.getTotalCount() == 0 ? 0 : micros.getValueAtPercentile(percentile) / 1e3;
    }
}
