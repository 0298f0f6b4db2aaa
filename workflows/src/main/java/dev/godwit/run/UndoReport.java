package dev.godwit.run;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How the work of a step was taken back.
 *
 * @param step the step
 * @param round its round
 * @param state how it went
 * @param started when the undo began
 * @param ended when it ended
 * @param setAside what others had written and the undo moved out of the way
 * @param failure why it was given up
 */
public record UndoReport(String step, int round, State state, Instant started, Instant ended,
        List<UndoResult.SetAside> setAside, Optional<Failure> failure) {

    public UndoReport {
        requireNonNull(step, "step");
        requireNonNull(state, "state");
        requireNonNull(ended, "ended");
    }

    /** How an undo went. */
    public enum State {
        UNDONE,
        /** It would have started what a later undo stops again. */
        LEFT_OUT,
        /** It failed; a person must say retry or skip. */
        FAILED,
        /** A person gave it up. */
        ABANDONED
    }
}
