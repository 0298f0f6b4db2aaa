package dev.godwit.activities.tables.copy;

import dev.godwit.activities.tables.copy.RowTransfer.Taken;
import dev.godwit.step.RunContext;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Proves of ranges that were copied under earlier snapshots that the new one sees the same rows in them.
 *
 * <p>A row version is never changed in place, and its {@code xmin} says which transaction wrote it. If all versions that the
 * new snapshot sees in a range were written by transactions that had ended before the old snapshot, then the old one saw
 * each of them too: what had deleted one before the old snapshot would hide it from the new one as well. And if there are as
 * many as were copied, they are all that the old one saw. This needs transaction numbers that mean the same in both
 * ({@link SourceSnapshot#follows}), and rows and columns that nobody moved otherwise ({@link SourceHeap#identity}).
 */
final class RangeProof {
    private final RunContext context;
    private final SourceSnapshot snapshot;
    private final Together together;
    private final Map<Long, SourceHeap> heaps;
    private final Collection<String> changed = new ConcurrentLinkedQueue<>();

    RangeProof(RunContext context, SourceSnapshot snapshot, Together together, List<SourceHeap> heaps) {
        this.context = context;
        this.snapshot = snapshot;
        this.together = together;
        this.heaps = heaps.stream().collect(Collectors.toMap(SourceHeap::oid, Function.identity()));
    }

    /** The names of the ranges for which it failed. */
    List<String> changed() {
        return changed.stream().sorted().toList();
    }

    /**
     * Judges some ranges.
     *
     * @param ranges by name
     * @param taken the snapshots that they were copied under, by name
     */
    void judge(Map<String, PageRange> ranges, Map<String, Taken> taken, int workers) throws Exception {
        ConcurrentLinkedQueue<Map.Entry<String, PageRange>> left = new ConcurrentLinkedQueue<>(ranges.entrySet());
        Map<Integer, Taken> byNumber = taken.entrySet()
                .stream()
                .collect(Collectors.toMap(entry -> Integer.parseInt(entry.getKey().replaceAll("\\D", "")),
                        Map.Entry::getValue));
        List<Together.Work> pieces = new ArrayList<>();
        for (int i = 0; i < Math.min(workers, ranges.size()); i++) {
            pieces.add(() -> judge(left, byNumber));
        }
        together.run(workers, pieces);
    }

    private void judge(ConcurrentLinkedQueue<Map.Entry<String, PageRange>> left, Map<Integer, Taken> taken)
            throws Exception {
        Together.Session session = together.session(snapshot.open());
        Connection reader = session.connection();
        try (session) {
            for (Map.Entry<String, PageRange> range = left.poll(); range != null; range = left.poll()) {
                context.checkpoint();
                if (!unchanged(reader, range.getValue(), taken.get(range.getValue().snapshot()))) {
                    changed.add(range.getKey());
                }
            }
            reader.rollback();
            session.done();
        }
    }

    private boolean unchanged(Connection reader, PageRange range, Taken taken) throws SQLException {
        SourceHeap heap = heaps.get(range.heap());
        if (heap == null || heap.pages().isEmpty() || !snapshot.follows(taken.origin())
                || !heap.identity().equals(taken.heaps().get(Long.toString(range.heap())))) {
            return false;
        }
        // The age of a transaction counts backwards from now, round the ring of numbers; one that is too old for that is
        // taken for a new one, which only costs a copy.
        String oldest = Long.toString(taken.origin().oldest() % (1L << 32));
        try (Statement statement = reader.createStatement();
                ResultSet result = statement.executeQuery("SELECT count(*), count(*) FILTER (WHERE age(xmin) <= age('"
                        + oldest + "'::xid)) FROM ONLY " + heap.name() + " WHERE "
                        + PageRange.condition(heap, range.from(), range.to()))) {
            result.next();
            return result.getLong(1) == range.rows() && result.getLong(2) == 0;
        }
    }
}
