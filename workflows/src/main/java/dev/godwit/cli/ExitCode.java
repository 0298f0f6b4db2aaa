package dev.godwit.cli;

import dev.godwit.run.RunState;

/** What a command of {@code godwit} tells the shell. */
public final class ExitCode {
    /** Done as asked. */
    public static final int DONE = 0;
    /** The run failed, or what was asked could not be done. */
    public static final int FAILED = 1;
    /** Bad usage, or an invalid plan. */
    public static final int USAGE = 2;
    /** {@code start} or {@code watch} saw the run roll back. */
    public static final int ROLLED_BACK = 3;
    /** The run waits for a person. */
    public static final int WAITING = 4;
    /** Temporal cannot be reached. */
    public static final int UNREACHABLE = 5;

    private ExitCode() {}

    /** What {@code start} and {@code watch} answer for a run that ended like this. */
    public static int of(RunState state) {
        return switch (state) {
            case COMPLETED -> DONE;
            case ROLLED_BACK -> ROLLED_BACK;
            case PAUSED, WAITING_FOR_APPROVAL, WAITING_FOR_DECISION, WAITING_TO_FINALIZE -> WAITING;
            case RUNNING, PAUSING, ROLLING_BACK, FAILED, CANCELLED, STUCK -> FAILED;
        };
    }
}
