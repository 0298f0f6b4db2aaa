package dev.godwit.activities.tables.verify;

import java.util.BitSet;

/**
 * The rows of a table by the hash of their key: for each bucket how many there are, and the sum of their hashes. A sum does
 * not depend on the order of rows, and parts of a table can be added up. Two tables whose rows differ have the same sum in
 * a bucket by chance only: once in 2^64.
 *
 * @param counts by bucket
 * @param sums by bucket, modulo 2^64
 */
record BucketSums(long[] counts, long[] sums) {
    static BucketSums of(int buckets) {
        return new BucketSums(new long[buckets], new long[buckets]);
    }

    void add(int bucket, long count, long sum) {
        counts[bucket] += count;
        sums[bucket] += sum;
    }

    void add(BucketSums other) {
        for (int i = 0; i < counts.length; i++) {
            add(i, other.counts[i], other.sums[i]);
        }
    }

    long rows() {
        long rows = 0;
        for (long count : counts) {
            rows += count;
        }
        return rows;
    }

    /** The buckets in which two tables are not the same. */
    BitSet differing(BucketSums other) {
        BitSet differing = new BitSet();
        for (int i = 0; i < counts.length; i++) {
            differing.set(i, counts[i] != other.counts[i] || sums[i] != other.sums[i]);
        }
        return differing;
    }
}
