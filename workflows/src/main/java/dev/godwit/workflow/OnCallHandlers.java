package dev.godwit.workflow;

import dev.godwit.run.Answer;
import dev.godwit.run.Verb;
import io.temporal.common.converter.RawValue;

/** Hands every message to {@link RunControl}, which treats all verbs alike. */
abstract class OnCallHandlers implements OnCall {
    abstract RunControl control();

    @Override
    public final void pause(RawValue message) {
        control().signal(Verb.PAUSE, message);
    }

    @Override
    public final Answer pauseWithAnswer(RawValue message) {
        return control().update(Verb.PAUSE, message);
    }

    @Override
    public final void validatePause(RawValue message) {
        control().validate(Verb.PAUSE, message);
    }

    @Override
    public final void resume(RawValue message) {
        control().signal(Verb.RESUME, message);
    }

    @Override
    public final Answer resumeWithAnswer(RawValue message) {
        return control().update(Verb.RESUME, message);
    }

    @Override
    public final void validateResume(RawValue message) {
        control().validate(Verb.RESUME, message);
    }

    @Override
    public final void rollback(RawValue message) {
        control().signal(Verb.ROLLBACK, message);
    }

    @Override
    public final Answer rollbackWithAnswer(RawValue message) {
        return control().update(Verb.ROLLBACK, message);
    }

    @Override
    public final void validateRollback(RawValue message) {
        control().validate(Verb.ROLLBACK, message);
    }

    @Override
    public final void approve(RawValue message) {
        control().signal(Verb.APPROVE, message);
    }

    @Override
    public final Answer approveWithAnswer(RawValue message) {
        return control().update(Verb.APPROVE, message);
    }

    @Override
    public final void validateApprove(RawValue message) {
        control().validate(Verb.APPROVE, message);
    }

    @Override
    public final void reject(RawValue message) {
        control().signal(Verb.REJECT, message);
    }

    @Override
    public final Answer rejectWithAnswer(RawValue message) {
        return control().update(Verb.REJECT, message);
    }

    @Override
    public final void validateReject(RawValue message) {
        control().validate(Verb.REJECT, message);
    }

    @Override
    public final void retry(RawValue message) {
        control().signal(Verb.RETRY, message);
    }

    @Override
    public final Answer retryWithAnswer(RawValue message) {
        return control().update(Verb.RETRY, message);
    }

    @Override
    public final void validateRetry(RawValue message) {
        control().validate(Verb.RETRY, message);
    }

    @Override
    public final void skip(RawValue message) {
        control().signal(Verb.SKIP, message);
    }

    @Override
    public final Answer skipWithAnswer(RawValue message) {
        return control().update(Verb.SKIP, message);
    }

    @Override
    public final void validateSkip(RawValue message) {
        control().validate(Verb.SKIP, message);
    }

    @Override
    public final void throttle(RawValue message) {
        control().signal(Verb.THROTTLE, message);
    }

    @Override
    public final Answer throttleWithAnswer(RawValue message) {
        return control().update(Verb.THROTTLE, message);
    }

    @Override
    public final void validateThrottle(RawValue message) {
        control().validate(Verb.THROTTLE, message);
    }

    @Override
    public final void finalizeRun(RawValue message) {
        control().signal(Verb.FINALIZE, message);
    }

    @Override
    public final Answer finalizeWithAnswer(RawValue message) {
        return control().update(Verb.FINALIZE, message);
    }

    @Override
    public final void validateFinalize(RawValue message) {
        control().validate(Verb.FINALIZE, message);
    }
}
