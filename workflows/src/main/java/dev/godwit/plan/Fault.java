package dev.godwit.plan;

/**
 * Something wrong with a plan or the parameters it was given.
 *
 * @param file the plan's file, or what stands for it
 * @param line from 1; 0 where no line of the file is at fault
 * @param column from 1; 0 where no line of the file is at fault
 * @param message what is wrong and what would be right
 */
public record Fault(String file, int line, int column, String message) {
    @Override
    public String toString() {
        return line == 0 ? file + ": " + message : file + ":" + line + ":" + column + ": " + message;
    }
}
