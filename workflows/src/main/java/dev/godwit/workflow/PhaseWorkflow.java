package dev.godwit.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.plan.OnFailure;
import dev.godwit.plan.Phase;
import dev.godwit.plan.StepFacts;
import dev.godwit.run.Failure;
import dev.godwit.run.Mode;
import dev.godwit.run.PhaseState;
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
     * @param facts of the phase's steps, by name
     * @param resources the declarations that its steps need, by name
     * @param scope what its expressions may read
     * @param madeBy in a dry-run, by location, the earlier steps that would make or change it
     */
    record Request(String run, String runId, String plan, String target, Mode mode, Instant runStarted, int round,
            Phase phase, OnFailure onFailure, Map<String, StepFacts> facts, Map<String, JsonNode> resources,
            ExpressionActivities.Scope scope, Map<String, String> madeBy) {}

    /**
     * How a phase ended.
     *
     * @param state completed, failed or stopped
     * @param failure the failure that ended it
     * @param onFailure what that failure leads to
     */
    record Result(PhaseState state, Optional<Failure> failure, Optional<OnFailure> onFailure) {}
}
