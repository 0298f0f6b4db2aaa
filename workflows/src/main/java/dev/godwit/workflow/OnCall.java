package dev.godwit.workflow;

import dev.godwit.run.Answer;
import io.temporal.common.converter.RawValue;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.UpdateValidatorMethod;

/**
 * What people can tell a run. Each verb is a signal, because that is what the Temporal UI and CLI send easily, and an update
 * of the same name for whoever wants an answer. All take the JSON of a {@link dev.godwit.run.Message}, or nothing. It is
 * taken raw, so that one that cannot be decoded is answered for, and never breaks the run.
 */
public interface OnCall {
    /** Stops what can be stopped, at its next batch, and begins nothing more. */
    @SignalMethod(name = "pause", description = "Stop at the next batch and begin nothing more")
    void pause(RawValue message);

    @UpdateMethod(name = "pause")
    Answer pauseWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "pause")
    void validatePause(RawValue message);

    /** Goes on after a pause, from where each step stopped. */
    @SignalMethod(name = "resume", description = "Go on after a pause")
    void resume(RawValue message);

    @UpdateMethod(name = "resume")
    Answer resumeWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "resume")
    void validateResume(RawValue message);

    /** Stops what runs and takes back what was done; with {@code preview} it only says what that would be. */
    @SignalMethod(name = "rollback", description = "Take back what was done: all, {\"scope\": {\"to\": PHASE}} or {\"scope\": {\"only\": [KIND]}}")
    void rollback(RawValue message);

    @UpdateMethod(name = "rollback")
    Answer rollbackWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "rollback")
    void validateRollback(RawValue message);

    /** Lets the phase begin that waits for it. */
    @SignalMethod(name = "approve", description = "Let the phase begin that waits for approval")
    void approve(RawValue message);

    @UpdateMethod(name = "approve")
    Answer approveWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "approve")
    void validateApprove(RawValue message);

    /** Says no to the phase that waits for approval, or to finalizing. */
    @SignalMethod(name = "reject", description = "Say no to the phase that waits for approval, or to finalizing")
    void reject(RawValue message);

    @UpdateMethod(name = "reject")
    Answer rejectWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "reject")
    void validateReject(RawValue message);

    /** Tries once more what failed and waits for a decision. */
    @SignalMethod(name = "retry", description = "Try once more what failed and waits for a decision")
    void retry(RawValue message);

    @UpdateMethod(name = "retry")
    Answer retryWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "retry")
    void validateRetry(RawValue message);

    /** Goes on without what failed and waits for a decision. */
    @SignalMethod(name = "skip", description = "Go on without what failed and waits for a decision")
    void skip(RawValue message);

    @UpdateMethod(name = "skip")
    Answer skipWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "skip")
    void validateSkip(RawValue message);

    /** Sets how fast the steps may be at most, or one of them. */
    @SignalMethod(name = "throttle", description = "Set the rate of all steps, {\"rate\": 5000}, or of one, {\"rate\": 5000, \"step\": STEP}; null lifts it")
    void throttle(RawValue message);

    @UpdateMethod(name = "throttle")
    Answer throttleWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "throttle")
    void validateThrottle(RawValue message);

    /** Begins the irreversible last phase. */
    @SignalMethod(name = "finalize", description = "Begin the irreversible last phase")
    void finalizeRun(RawValue message);

    @UpdateMethod(name = "finalize")
    Answer finalizeWithAnswer(RawValue message);

    @UpdateValidatorMethod(updateName = "finalize")
    void validateFinalize(RawValue message);
}
