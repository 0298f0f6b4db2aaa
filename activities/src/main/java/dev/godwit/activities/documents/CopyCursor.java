package dev.godwit.activities.documents;

/**
 * How far a copy came; it is journalled with the files that it stands behind.
 *
 * @param file that of the last document that was copied; empty before the first
 * @param line the last document's line in it; 0 where the file as a whole is the document
 * @param output what was done so far
 * @param done whether all documents were copied
 */
record CopyCursor(String file, long line, CopyDocuments.Output output, boolean done) {

    static final CopyCursor START = new CopyCursor("", 0,
            new CopyDocuments.Output(0, 0, 0, 0, 0, 0, 0), false);

    Place place() {
        return new Place(file, line);
    }
}
