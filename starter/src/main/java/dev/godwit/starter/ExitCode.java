package dev.godwit.starter;

import dev.godwit.run.RunState;

/** What a command tells the shell. */
final class ExitCode {
    /** Done as asked. */
    static final int DONE = 0;
    /** The run failed, or what was asked could not be done. */
    static final int FAILED = 1;
    /** Bad usage, or an invalid plan. */
    static final int USAGE = 2;
    /** {@code start} or {@code watch} saw the run roll back. */
    static final int ROLLED_BACK = 3;
    /** The run waits for a person. */
    static final int WAITING = 4;
    /** Temporal cannot be reached. */
    static final int UNREACHABLE = 5;

    private ExitCode() {}

    /** What {@code start} and {@code watch} answer for a run that ended like this. */
    static int of(RunState state) {
        return switch (state) {
            case COMPLETED -> DONE;
            case ROLLED_BACK -> ROLLED_BACK;
            case RUNNING, ROLLING_BACK, FAILED, CANCELLED, STUCK -> FAILED;
        };
    }
}
