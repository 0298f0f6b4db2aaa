package dev.godwit.activities.measure;

import java.util.Arrays;

/**
 * An estimate, and the bounds between which the truth is with 95 % confidence.
 *
 * <p>Changes are estimated over rounds, by rank: the Hodges-Lehmann estimate with the bounds of Wilcoxon's signed-rank test
 * where rounds are in pairs, and those of the Mann-Whitney test where they are not. Times have outliers in one direction (a
 * collection of garbage, a neighbour that wakes up), which a mean follows and ranks do not; unlike a bootstrap they hold
 * for as few as eight rounds, and unlike one over single requests, which in one round are slow or fast together, they do
 * not take a thousand requests of one bad second for a thousand witnesses.
 *
 * @param estimate the most likely value
 * @param lower at least this
 * @param upper at most this
 */
record Interval(double estimate, double lower, double upper) {

    private static final double CONFIDENT = 1.96;

    /** Of the middle of differences, one of each round. */
    static Interval ofPairs(double[] differences) {
        int n = differences.length;
        double[] averages = new double[n * (n + 1) / 2];
        int at = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i; j < n; j++) {
                averages[at++] = (differences[i] + differences[j]) / 2;
            }
        }
        double outside = n * (n + 1) / 4.0 - CONFIDENT * Math.sqrt(n * (n + 1.0) * (2 * n + 1) / 24);
        return ofSorted(averages, outside);
    }

    /** Of the difference between two measurements that were made apart from one another. */
    static Interval ofApart(double[] before, double[] after) {
        double[] differences = new double[before.length * after.length];
        for (int i = 0; i < differences.length; i++) {
            differences[i] = after[i / before.length] - before[i % before.length];
        }
        double size = differences.length;
        double outside = size / 2 - CONFIDENT * Math.sqrt(size * (before.length + after.length + 1) / 12);
        return ofSorted(differences, outside);
    }

    /** Of a part of a whole, such as the failed of all requests: Wilson's score interval. */
    static Interval ofPart(long part, long whole) {
        double rate = (double) part / whole;
        double square = CONFIDENT * CONFIDENT;
        double middle = (rate + square / (2 * whole)) / (1 + square / whole);
        double half = CONFIDENT / (1 + square / whole)
                * Math.sqrt(rate * (1 - rate) / whole + square / (4.0 * whole * whole));
        return new Interval(rate, Math.max(0, middle - half), Math.min(1, middle + half));
    }

    /** Of the difference of two parts: Newcombe's interval, which is right also where nothing failed. */
    static Interval ofPartsApart(Interval before, Interval after) {
        double estimate = after.estimate - before.estimate;
        return new Interval(estimate,
                estimate - Math.hypot(after.estimate - after.lower, before.upper - before.estimate),
                estimate + Math.hypot(after.upper - after.estimate, before.estimate - before.lower));
    }

    /** How far the truth may be from the estimate. */
    double halfWidth() {
        return Math.max(upper - estimate, estimate - lower);
    }

    private static Interval ofSorted(double[] values, double outside) {
        Arrays.sort(values);
        int n = values.length;
        int cut = (int) Math.clamp(Math.floor(outside) - 1, 0, (n - 1) / 2);
        return new Interval((values[(n - 1) / 2] + values[n / 2]) / 2, values[cut], values[n - 1 - cut]);
    }
}
