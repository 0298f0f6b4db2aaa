package dev.godwit.activities.documents;

/**
 * How far a load came; it commits with the rows that it stands behind.
 *
 * @param file that of the last document that was loaded; empty before the first
 * @param line the last document's line in it; 0 where the file as a whole is the document
 * @param documents so far
 * @param corrupt documents that were passed over, so far
 * @param rows so far
 * @param unchanged rows that were there before, so far
 * @param replaced rows that were there before with other values, so far
 * @param made whether the load has made the table, so that every row in it is its own
 * @param effect what the load added to the table: what undo compares, to tell whether others wrote too
 * @param done whether all documents were loaded
 */
record LoadCursor(String file, long line, long documents, long corrupt, long rows, long unchanged, long replaced,
        boolean made, Checksum effect, boolean done) {

    Place place() {
        return new Place(file, line);
    }

    /** Nothing is loaded yet. */
    static LoadCursor start(boolean made) {
        return new LoadCursor("", 0, 0, 0, 0, 0, 0, made, Checksum.ZERO, false);
    }

    /** Rows that went into a table that held none of them. */
    LoadCursor withRows(Checksum added) {
        return new LoadCursor(file, line, documents, corrupt, rows + added.rows(), unchanged, replaced, made,
                effect.plus(added), done);
    }

    LoadCursor withRow(TableLoad.Put put) {
        return new LoadCursor(file, line, documents, corrupt, rows + 1,
                unchanged + (put.outcome() == TableLoad.Outcome.UNCHANGED ? 1 : 0),
                replaced + (put.outcome() == TableLoad.Outcome.REPLACED ? 1 : 0), made,
                effect.plus(put.effect()), done);
    }

    LoadCursor behind(Place place, boolean sound) {
        return new LoadCursor(place.file(), place.line(), documents + (sound ? 1 : 0), corrupt + (sound ? 0 : 1), rows,
                unchanged, replaced,
                made, effect, done);
    }

    LoadCursor finished() {
        return new LoadCursor(file, line, documents, corrupt, rows, unchanged, replaced, made, effect, true);
    }
}
