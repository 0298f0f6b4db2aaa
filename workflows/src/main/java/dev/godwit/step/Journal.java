package dev.godwit.step;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a step remembers from one attempt to the next and for its undo. Everything written is on disk when the call returns.
 * Every write checks the attempt's fencing token and throws {@link StepStopped} if a later attempt has begun.
 */
public interface Journal {
    /** Reads a named value. */
    <T> Optional<T> read(String name, Class<T> type);

    /** Writes or replaces a named value, atomically. */
    void write(String name, Object value);

    /** Appends entries to a named log; after a crash a log holds all of an append, or whole entries from its beginning. */
    void append(String log, List<?> entries);

    /** Reads a log from its beginning; nothing if there is none. */
    <T> void scan(String log, Class<T> type, Consumer<T> reader);

    /** Throws {@link StepStopped} if a later attempt has begun; to be called right before an act outside the journal. */
    void checkToken();
}
