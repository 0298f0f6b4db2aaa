package dev.godwit.workflow;

import dev.godwit.run.StepTask;
import dev.godwit.run.Throttling;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import java.util.List;

/** What a site's worker knows of its runs besides doing their steps. Served on the site's queue for undos. */
@ActivityInterface
public interface SiteActivities {
    /** The type of the failure that {@link #ledger} ends with if the run was finalized. */
    String FINALIZED = "user/run-finalized";

    /** The steps of a run that were begun at this site and not undone, in the order in which they began. */
    @ActivityMethod(name = "ledger.read")
    List<Begun> ledger(String runId);

    /**
     * Forgets what the steps of a run remember at this site, in databases too; after that the run can neither be resumed
     * nor taken back. Its evidence stays.
     */
    @ActivityMethod(name = "journal.forget")
    void forget(String runId);

    /** Tells the steps of a run at this site, those under way and those to come, which rates on-call asks for. */
    @ActivityMethod(name = "throttling.keep")
    void keepThrottling(String runId, Throttling throttling);

    /**
     * A step that was begun.
     *
     * @param task what its activity was given
     * @param answered whether it came to its end
     */
    record Begun(StepTask task, boolean answered) {}
}
