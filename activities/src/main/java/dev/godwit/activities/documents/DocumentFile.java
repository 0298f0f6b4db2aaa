package dev.godwit.activities.documents;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a document is to be read: a file, or a line of one.
 *
 * @param name the file's path within the directory that was listed, with slashes
 * @param path where the file is
 * @param look how it looked when it was listed
 * @param line the line; absent where the file as a whole is the document
 */
record DocumentFile(String name, Path path, Document.Look look, Optional<Line> line) {
    /**
     * A line of a file of JSON Lines.
     *
     * @param number from 1
     * @param text what it says
     * @param fault why it, and what comes behind it, cannot be read
     */
    record Line(long number, byte[] text, Optional<String> fault) {}

    DocumentFile(String name, Path path, Document.Look look) {
        this(name, path, look, Optional.empty());
    }

    /** Whether a file of this name has a document on each line. */
    static boolean hasLines(String name) {
        String plain = isCompressed(name) ? name.substring(0, name.length() - ".gz".length()) : name;
        return plain.endsWith(".jsonl") || plain.endsWith(".ndjson");
    }

    static boolean isCompressed(String name) {
        return name.endsWith(".gz");
    }

    /** How much there is to read, as far as it is known. */
    long size() {
        return line.isPresent() ? line.get().text().length : Math.max(0, look.size());
    }

    Place place() {
        return new Place(name, line.map(Line::number).orElse(0L));
    }
}
