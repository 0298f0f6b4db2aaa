package dev.godwit.activities.tables.copy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Hands out the pages that are still to be copied, a batch at a time, to whoever is next. */
final class PageCounter {
    private final List<Gap> gaps = new ArrayList<>();

    /**
     * Pages to be copied.
     *
     * @param transfer the table that they belong to
     * @param heap the piece of it
     * @param from the first
     * @param to the one behind the last
     */
    record Gap(TableTransfer transfer, SourceHeap heap, long from, long to) {}

    /**
     * @param transfer the table
     * @param heap a piece of it
     * @param done what of it was copied; the ranges do not overlap
     */
    void add(TableTransfer transfer, SourceHeap heap, List<PageRange> done) {
        long end = heap.pages().orElse(1L);
        long next = 0;
        for (PageRange range : done.stream().sorted(Comparator.comparingLong(PageRange::from)).toList()) {
            if (next < Math.min(range.from(), end)) {
                gaps.add(new Gap(transfer, heap, next, Math.min(range.from(), end)));
            }
            next = Math.max(next, range.to());
        }
        if (next < end) {
            gaps.add(new Gap(transfer, heap, next, end));
        }
    }

    /** Begins with the largest, so that the work is not held up by one at the end. */
    void sort() {
        gaps.sort(Comparator.comparingLong((Gap gap) -> gap.from() - gap.to()));
    }

    /** Takes pages with about so many rows; nothing if none are left. */
    synchronized Optional<Gap> next(int rows) {
        if (gaps.isEmpty()) {
            return Optional.empty();
        }
        Gap gap = gaps.getFirst();
        long pages = Math.max(1, (long) (rows / gap.heap().rowsPerPage()));
        if (gap.from() + pages + pages / 2 >= gap.to()) {
            return Optional.of(gaps.removeFirst());
        }
        long to = gap.from() + pages;
        gaps.set(0, new Gap(gap.transfer(), gap.heap(), to, gap.to()));
        return Optional.of(new Gap(gap.transfer(), gap.heap(), gap.from(), to));
    }

    /** About how many rows are left. */
    synchronized long rowsLeft() {
        return (long) gaps.stream().mapToDouble(gap -> (gap.to() - gap.from()) * gap.heap().rowsPerPage()).sum();
    }
}
