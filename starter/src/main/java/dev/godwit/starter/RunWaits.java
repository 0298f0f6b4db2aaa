package dev.godwit.starter;

import dev.godwit.cli.ExitCode;
import dev.godwit.run.RunStatus;

/**
 * A run that goes on only when a person says so.
 *
 * @param status where it stands
 */
record RunWaits(RunStatus status) implements Followed {
    @Override
    public String workflowId() {
        return status.workflowId();
    }

    @Override
    public int exitCode() {
        return ExitCode.WAITING;
    }
}
