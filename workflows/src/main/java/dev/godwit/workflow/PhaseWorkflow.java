package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Phase;
import dev.godwit.plan.StepFacts;
import dev.godwit.run.Failure;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseState;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** One phase of a run: its steps in order, parallel groups, background steps. Told to stop by cancelling it. */
@WorkflowInterface
public interface PhaseWorkflow {
    @WorkflowMethod(name = "Phase")
    Result run(Request request);

    /** Its run tells it to pause, to resume, or what to do with a parked step. */
    @SignalMethod(name = "order")
    void order(Order order);

    /**
     * All that a phase needs.
     *
     * @param run the workflow id of the run
     * @param runId Temporal's first-execution run id of the run
     * @param plan the plan's name
     * @param target what the run migrates
     * @param mode whether to work or to preview
     * @param runStarted when the run started
     * @param round which try of the phase this is, from 1
     * @param phase the phase
     * @param onFailure what a failed step leads to where it does not say itself
     * @param asks when a failure that would take work back is put before a person instead
     * @param facts of the phase's steps, by name
     * @param resources the declarations that its steps need, by name
     * @param scope what its expressions may read
     * @param madeBy in a dry-run, by location, the earlier steps that would make or change it
     */
    record Request(String run, String runId, String plan, String target, Mode mode, Instant runStarted, int round,
            Phase phase, OnFailure onFailure, Asks asks, Map<String, StepFacts> facts, Map<String, JsonNode> resources,
            ExpressionActivities.Scope scope, Map<String, String> madeBy) {}

    /** When a failure that would take work back is put before a person instead. */
    enum Asks {
        /** The plan accepts the loss. */
        NEVER,
        /** Once a step of this phase was begun whose undo could lose something. */
        PAST_THE_PIVOT,
        /** The pivot lies in an earlier phase: a whole rollback could lose something. */
        BEFORE_A_ROLLBACK,
        /** Nothing of this phase can be taken back. */
        ALWAYS
    }

    /**
     * How a phase ended.
     *
     * @param state completed, failed or stopped
     * @param failure the failure that ended it
     * @param onFailure what that failure leads to
     */
    record Result(PhaseState state, Optional<Failure> failure, Optional<OnFailure> onFailure) {}
}
