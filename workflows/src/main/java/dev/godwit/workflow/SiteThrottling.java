package dev.godwit.workflow;

import dev.godwit.plan.CheckedPlan;
import dev.godwit.run.Message;
import dev.godwit.run.Throttling;
import dev.godwit.run.Verb;
import io.temporal.failure.ActivityFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.Workflow;

/**
 * Tells one site of a plan which rates on-call asks for; running steps see it in their site's state. It adds nothing to the
 * history of a run that nobody throttles.
 */
final class SiteThrottling {
    private final String site;
    private final RunRecord record;
    private int told;

    private SiteThrottling(String site, RunRecord record) {
        this.site = site;
        this.record = record;
    }

    /** From now on every site is told, without anyone waiting for it. */
    static void keepTold(CheckedPlan plan, RunRecord record) {
        Ledgers.sites(plan).forEach(site -> Async.procedure(new SiteThrottling(site, record)::tellChanges));
    }

    /** One word after the other, so that a site whose worker is away hears two at most: the first and the last. */
    private void tellChanges() {
        while (true) {
            Workflow.await(() -> record.control().throttling().order() > told);
            Throttling now = record.control().throttling();
            told = now.order();
            tell(now);
        }
    }

    private void tell(Throttling throttling) {
        try {
            StepActivities.site(site).keepThrottling(record.runId(), throttling);
        } catch (ActivityFailure e) {
            record.message(Verb.THROTTLE.word(), Message.NONE,
                    "could not be told to the site " + site + ": " + Failures.of(e).message());
        }
    }
}
