package dev.godwit.workflow;

import dev.godwit.plan.CheckedPlan;
import dev.godwit.run.Report;
import dev.godwit.run.RunRequest;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** What workflows need of a worker besides its step types. Served on the queue of the workflows. */
@ActivityInterface
public interface ControlActivities {
    /** The type of the failure that {@link #check} ends with; its first detail is the list of faults. */
    String INVALID_PLAN = "user/invalid-plan";

    /** The type of the failure that {@link #planOf} ends with if the run left no plan. */
    String UNKNOWN_RUN = "user/unknown-run";

    /**
     * Finds the plan, reads it, checks it with its parameters, and answers it ready to run. It keeps the checked plan with
     * the run's evidence, where a rollback finds it after the run's workflow is gone.
     *
     * @param runId Temporal's first-execution run id of the run
     */
    @ActivityMethod(name = "plan.check")
    Admission check(RunRequest request, String runId);

    /**
     * The checked plan of a run that has ended, from its evidence; kept with the evidence of the run that takes it back,
     * too.
     *
     * @param endedRunId the run that is taken back, or one that took it back in part
     * @param runId the run that asks
     */
    @ActivityMethod(name = "plan.of")
    Ended planOf(String endedRunId, String runId);

    /**
     * Writes the report into the evidence store, with the outputs that the steps left there.
     *
     * @return where the evidence is, for people
     */
    @ActivityMethod(name = "report.write")
    String writeReport(Report report);

    /**
     * A plan that may run.
     *
     * @param plan the plan
     * @param searchable whether Temporal knows Godwit's search attributes; setting an unknown one would block the run
     */
    record Admission(CheckedPlan plan, boolean searchable) {}

    /**
     * A run that has ended.
     *
     * @param runId the run whose journals and ledger it is: where the one asked for was itself a rollback, the one that
     *        it took back
     * @param admission its plan
     */
    record Ended(String runId, Admission admission) {}
}
