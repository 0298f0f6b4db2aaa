package dev.godwit.run;

import java.util.List;

/**
 * What a step's undo answers.
 *
 * @param setAside what others had written and undo moved out of the way
 * @param millis the working time as the worker measured it
 */
public record UndoResult(List<SetAside> setAside, long millis) {
    /** Something moved out of the way, and where it is now. */
    public record SetAside(String what, String where) {}
}
