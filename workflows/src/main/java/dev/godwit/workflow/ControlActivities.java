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

    /** Finds the plan, reads it, checks it with its parameters, and answers it ready to run. */
    @ActivityMethod(name = "plan.check")
    CheckedPlan check(RunRequest request);

    /**
     * Writes the report into the evidence store, with the outputs that the steps left there.
     *
     * @return where the evidence is, for people
     */
    @ActivityMethod(name = "report.write")
    String writeReport(Report report);
}
