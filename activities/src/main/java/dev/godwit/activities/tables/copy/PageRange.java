package dev.godwit.activities.tables.copy;

/**
 * Pages of a {@link SourceHeap} whose rows were copied, as the target remembers it.
 *
 * @param heap the heap's object identifier
 * @param from the first page
 * @param to the page behind the last
 * @param rows how many rows they held
 * @param transaction the transaction that wrote the rows to the target, as {@code xmin} shows it there
 * @param snapshot the number of the snapshot of the source that was read
 */
record PageRange(long heap, long from, long to, long rows, String transaction, int snapshot) {
    /** The condition for the rows of some pages. */
    static String condition(SourceHeap heap, long from, long to) {
        return heap.pages().isEmpty() ? "true" : "ctid >= '(" + from + ",0)' AND ctid < '(" + to + ",0)'";
    }
}
