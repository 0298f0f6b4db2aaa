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

    /** The same for a load that goes on in a table that it takes for given. */
    LoadCursor intoGiven() {
        return new LoadCursor(file, line, documents, corrupt, rows, unchanged, replaced, false, effect, done);
    }

    /** Rows that went into a table that held none of them. */
    LoadCursor withAppended(Checksum added) {
        return withRows(new LoadTarget.Put(added.rows(), 0, 0, added));
    }

    LoadCursor withRows(LoadTarget.Put put) {
        return new LoadCursor(file, line, documents, corrupt, rows + put.rows(), unchanged + put.unchanged(),
                replaced + put.replaced(), made, effect.plus(put.effect()), done);
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
