package dev.godwit.activities.documents;

/**
 * A file that should be a document and is none.
 *
 * @param file its path within the directory
 * @param line from 1; 0 where no line is at fault
 * @param column from 1, in characters; 0 where it is not one character that is at fault
 * @param reason what is wrong with it
 */
public record CorruptFile(String file, long line, int column, String reason) {
    @Override
    public String toString() {
        String at = line == 0 ? file : column == 0 ? file + ":" + line : file + ":" + line + ":" + column;
        return at + " (" + reason + ")";
    }
}
