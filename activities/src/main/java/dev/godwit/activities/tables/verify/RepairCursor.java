package dev.godwit.activities.tables.verify;

/**
 * How far a repair came, in the database that it repairs.
 *
 * @param batches how many batches are committed and not taken back
 * @param written how many rows were inserted or replaced
 * @param deleted how many rows were deleted
 */
public record RepairCursor(int batches, long written, long deleted) {
    public static final RepairCursor START = new RepairCursor(0, 0, 0);
}
