package dev.godwit.activities.tables.verify;

import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepStopped;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Reads two tables at once, each in parts and by several threads, and adds up the hashes of their rows by bucket.
 */
final class BucketScan {
    private static final int LEAST_BUCKETS = 256;
    private static final int MOST_BUCKETS = 1 << 16;
    private static final int ROWS_IN_BUCKET = 1024;
    private static final long PULSE_MILLIS = 250;

    private final Layout layout;
    private final List<TableSide> sides;
    private final PreviewContext context;
    private final List<BucketSums> sums = new ArrayList<>();
    private final List<BitSet> done = new ArrayList<>();
    private final List<Long> partSizes = new ArrayList<>();
    private final String identity;

    /** A part of one of the sides, and what it came to. */
    private record Part(int side, int number, BucketSums sums) {}

    /**
     * @param rowsInPart about how many rows a part may have
     * @param before what an earlier attempt came to
     */
    BucketScan(Layout layout, List<TableSide> sides, long rowsInPart, ScanState before, PreviewContext context) {
        this.layout = layout;
        this.sides = sides;
        this.context = context;
        this.identity = layout + " " + sides.stream().map(TableSide::identity).toList();
        boolean goesOn = before.layout().equals(identity);
        long rows = sides.stream().mapToLong(TableSide::estimatedRows).max().orElse(0);
        for (int i = 0; i < sides.size(); i++) {
            partSizes.add(goesOn ? before.sides().get(i).partSize() : sides.get(i).partSize(rowsInPart));
            done.add(goesOn ? before.sides().get(i).parts() : new BitSet());
            sums.add(goesOn ? before.sides().get(i).total() : BucketSums.of(buckets(rows)));
        }
    }

    /**
     * Scans what is left.
     *
     * @param threads for each side
     * @param pace by rows of both sides
     * @param save is told the state after each part
     */
    void run(int threads, Pace pace, Consumer<BucketScan> save) throws Exception {
        ExecutorService pool = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory());
        try {
            CompletionService<Part> work = new ExecutorCompletionService<>(pool);
            List<BitSet> begun = done.stream().map(parts -> (BitSet) parts.clone()).toList();
            int running = 0;
            for (int thread = 0; thread < threads; thread++) {
                for (int side = 0; side < sides.size(); side++) {
                    running += begin(work, side, begun, pace) ? 1 : 0;
                }
            }
            while (running > 0) {
                Part part = next(work);
                running--;
                sums.get(part.side()).add(part.sums());
                done.get(part.side()).set(part.number());
                running += begin(work, part.side(), begun, pace) ? 1 : 0;
                context.progress(rows(), Math.max(rows(), sides.stream().mapToLong(TableSide::estimatedRows).sum()),
                        "rows");
                context.checkpoint();
                save.accept(this);
            }
        } finally {
            pool.shutdownNow();
            // Whoever is still at it ends soon, since it is interrupted; its session is no longer ours before that.
            pool.awaitTermination(30, TimeUnit.SECONDS);
        }
    }

    BucketSums sums(int side) {
        return sums.get(side);
    }

    /** How many buckets there are. */
    int buckets() {
        return sums.get(0).counts().length;
    }

    /** What a later attempt goes on from. */
    ScanState state() {
        List<ScanState.Side> states = new ArrayList<>();
        for (int i = 0; i < sides.size(); i++) {
            states.add(new ScanState.Side(partSizes.get(i), done.get(i).toLongArray(), sums.get(i).counts(),
                    sums.get(i).sums()));
        }
        return new ScanState(identity, states);
    }

    private long rows() {
        return sums.stream().mapToLong(BucketSums::rows).sum();
    }

    private boolean begin(CompletionService<Part> work, int side, List<BitSet> begun, Pace pace) {
        int part = begun.get(side).nextClearBit(0);
        if (part >= sides.get(side).parts(partSizes.get(side))) {
            return false;
        }
        begun.get(side).set(part);
        work.submit(() -> {
            BucketSums found = BucketSums.of(buckets());
            sides.get(side).scan(layout, partSizes.get(side), part, found);
            pace.pass(found.rows());
            return new Part(side, part, found);
        });
        return true;
    }

    private Part next(CompletionService<Part> work) throws Exception {
        try {
            Future<Part> ended = work.poll(PULSE_MILLIS, TimeUnit.MILLISECONDS);
            while (ended == null) {
                context.checkpoint();
                ended = work.poll(PULSE_MILLIS, TimeUnit.MILLISECONDS);
            }
            return ended.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Exception exception -> throw exception;
                case Error error -> throw error;
                default -> throw e;
            }
        }
    }

    private static int buckets(long rows) {
        long wanted = Math.clamp(rows / ROWS_IN_BUCKET, LEAST_BUCKETS, MOST_BUCKETS);
        return Integer.highestOneBit((int) wanted);
    }
}
