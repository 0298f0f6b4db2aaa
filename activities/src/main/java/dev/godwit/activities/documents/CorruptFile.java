package dev.godwit.activities.documents;

/**
 * A file that should be a document and is none.
 *
 * @param file its path within the directory
 * @param line from 1; 0 where no line is at fault
 * @param column from 1, in characters; 0 where no line is at fault
 * @param reason what is wrong with it
 */
public record CorruptFile(String file, int line, int column, String reason) {
    @Override
    public String toString() {
        return line == 0 ? file + " (" + reason + ")" : file + ":" + line + ":" + column + " (" + reason + ")";
    }
}
