package dev.godwit.activities.documents;

/**
 * A document's place in the order of all documents.
 *
 * @param file its file's path within the directory
 * @param line its line, from 1; 0 where the file as a whole is the document
 */
record Place(String file, long line) implements Comparable<Place> {
    /** Before the first. */
    static final Place START = new Place("", 0);

    @Override
    public int compareTo(Place other) {
        int order = DocumentFiles.compare(file, other.file);
        return order == 0 ? Long.compare(line, other.line) : order;
    }

    @Override
    public String toString() {
        return line == 0 ? file : file + ":" + line;
    }
}
