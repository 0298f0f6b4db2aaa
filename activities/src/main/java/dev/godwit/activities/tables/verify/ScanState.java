package dev.godwit.activities.tables.verify;

import java.util.BitSet;
import java.util.List;

/**
 * How far the scan of two tables came.
 *
 * <p>A later attempt sees the tables under other snapshots, and goes on with the parts that are left all the same: where
 * rows have changed since, or moved from one part to another, the sums of their bucket no longer match, and rows of buckets
 * that do not match are compared one by one, under the snapshots of the attempt that does so. So what is reported as
 * different is different.
 *
 * @param layout what was compared; parts of anything else are of no use
 * @param sides how far each table came
 */
record ScanState(String layout, List<Side> sides) {

    static final ScanState NONE = new ScanState("", List.of());

    /**
     * @param partSize how large parts are
     * @param done the parts that were scanned, as a {@link BitSet} writes itself
     * @param counts by bucket
     * @param sums by bucket
     */
    record Side(long partSize, long[] done, long[] counts, long[] sums) {
        BucketSums total() {
            return new BucketSums(counts.clone(), sums.clone());
        }

        BitSet parts() {
            return BitSet.valueOf(done);
        }
    }
}
