package dev.godwit.activities.documents;

/**
 * How far a copy came; it is journalled with the files that it stands behind.
 *
 * @param file the last document that was copied; empty before the first
 * @param output what was done so far
 * @param done whether all documents were copied
 */
record CopyCursor(String file, CopyDocuments.Output output, boolean done) {
    static final CopyCursor START = new CopyCursor("", new CopyDocuments.Output(0, 0, 0, 0, 0, 0), false);
}
