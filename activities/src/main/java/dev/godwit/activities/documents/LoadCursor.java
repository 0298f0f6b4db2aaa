package dev.godwit.activities.documents;

/**
 * How far a load came; it commits with the rows that it stands behind.
 *
 * @param file the last document that was loaded; empty before the first
 * @param documents so far
 * @param corrupt documents that were passed over, so far
 * @param rows so far
 * @param unchanged rows that were there before, so far
 * @param replaced rows that were there before with other values, so far
 * @param effect what the load added to the table: what undo compares, to tell whether others wrote too
 * @param done whether all documents were loaded
 */
record LoadCursor(String file, long documents, long corrupt, long rows, long unchanged, long replaced, Checksum effect,
        boolean done) {

    static final LoadCursor START = new LoadCursor("", 0, 0, 0, 0, 0, Checksum.ZERO, false);

    LoadCursor withRow(TableLoad.Put put) {
        return new LoadCursor(file, documents, corrupt, rows + 1,
                unchanged + (put.outcome() == TableLoad.Outcome.UNCHANGED ? 1 : 0),
                replaced + (put.outcome() == TableLoad.Outcome.REPLACED ? 1 : 0), effect.plus(put.effect()), done);
    }

    LoadCursor behind(String name, boolean sound) {
        return new LoadCursor(name, documents + (sound ? 1 : 0), corrupt + (sound ? 0 : 1), rows, unchanged, replaced,
                effect, done);
    }

    LoadCursor finished() {
        return new LoadCursor(file, documents, corrupt, rows, unchanged, replaced, effect, true);
    }
}
