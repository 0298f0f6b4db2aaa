package dev.godwit.run;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The answer of the query {@code status}: what someone who is woken at night needs first.
 *
 * @param workflowId the run's workflow id
 * @param runId Temporal's first-execution run id
 * @param plan the plan's name
 * @param target what the run migrates
 * @param mode whether it does its work or only says what it would do
 * @param state where it stands
 * @param phase the phase under way; empty between phases
 * @param running the steps under way
 * @param waiting what the run, or a step of it, waits for
 * @param stepsEnded how many steps have ended, skipped ones included
 * @param steps how many steps the plan has
 * @param started when the run started
 * @param since when the state began
 * @param failure why it failed or is rolled back
 * @param next what can be done now: the messages that the run would accept
 * @param throttling the rates that were asked for
 */
public record RunStatus(String workflowId, String runId, String plan, String target, Mode mode, RunState state,
        String phase, List<RunningStep> running, List<Waiting> waiting, int stepsEnded, int steps, Instant started,
        Instant since,
        Optional<Failure> failure, List<String> next, Throttling throttling) {

    public RunStatus {
        throttling = throttling == null ? Throttling.NONE : throttling;
    }

    /** One of a run that nobody throttles. */
    public RunStatus(String workflowId, String runId, String plan, String target, Mode mode, RunState state,
            String phase, List<RunningStep> running, List<Waiting> waiting, int stepsEnded, int steps, Instant started,
            Instant since, Optional<Failure> failure, List<String> next) {
        this(workflowId, runId, plan, target, mode, state, phase, running, waiting, stepsEnded, steps, started, since,
                failure, next, Throttling.NONE);
    }

    /**
     * Something that is waited for.
     *
     * @param kind what kind of wait it is
     * @param on the phase or step that waits
     * @param why for people
     * @param since when the wait began
     * @param until when it ends by itself; absent for ever
     */
    public record Waiting(Kind kind, String on, String why, Instant since, Optional<Instant> until) {
        /** What kind of wait it is. */
        public enum Kind {
            /** A phase wants {@code approve} or {@code reject}. */
            APPROVAL,
            /** The last phase wants {@code finalize} or {@code reject}. */
            FINALIZE,
            /** A failed step wants {@code retry}, {@code skip} or {@code rollback}. */
            STEP,
            /** A failed phase wants {@code retry} or {@code rollback}. */
            PHASE,
            /** A failed undo wants {@code retry} or {@code skip}. */
            UNDO,
            /** Cancelled past the pivot: it wants {@code rollback} or {@code resume}. */
            CANCEL,
            /** A step waits for a time; nobody needs to do anything. */
            TIME
        }
    }

    /**
     * A step under way. Its progress is in the heartbeat of the pending activity of that workflow.
     *
     * @param step the step
     * @param uses its type
     * @param since when it began
     * @param undo whether it is being undone
     * @param workflowId the workflow whose activity it is
     */
    public record RunningStep(String step, String uses, Instant since, boolean undo, String workflowId) {}
}
