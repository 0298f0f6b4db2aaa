package dev.godwit.starter;

import dev.godwit.cli.ExitCode;
import dev.godwit.plan.Fault;
import java.util.List;

/** A command that cannot do what was asked: what to say, and what to tell the shell. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final transient List<Fault> faults;

    private CommandFailure(int exitCode, String message, List<Fault> faults, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.faults = faults;
    }

    /** It could not be done. */
    static CommandFailure refused(String message) {
        return new CommandFailure(ExitCode.FAILED, message, List.of(), null);
    }

    /** It was asked in the wrong way. */
    static CommandFailure usage(String message) {
        return new CommandFailure(ExitCode.USAGE, message, List.of(), null);
    }

    /** Temporal does not answer, or lets nobody in. */
    static CommandFailure unreachable(String message, Throwable cause) {
        return new CommandFailure(ExitCode.UNREACHABLE, message, List.of(), cause);
    }

    /** The plan, or what it was given, has faults. */
    static CommandFailure invalidPlan(List<Fault> faults) {
        return new CommandFailure(ExitCode.USAGE, "nothing was started: "
                + (faults.size() == 1 ? "there is 1 fault" : "there are " + faults.size() + " faults"),
                List.copyOf(faults), null);
    }

    int exitCode() {
        return exitCode;
    }

    /** The plan's faults; empty where no plan is at fault. */
    List<Fault> faults() {
        return faults;
    }
}
