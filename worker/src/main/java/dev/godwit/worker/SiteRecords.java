package dev.godwit.worker;

import dev.godwit.activities.host.Attempt;
import dev.godwit.activities.host.Ledger;
import dev.godwit.activities.host.SiteState;
import dev.godwit.activities.host.StepHost;
import dev.godwit.run.StepTask;
import dev.godwit.run.Throttling;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import dev.godwit.workflow.Failures;
import dev.godwit.workflow.SiteActivities;
import io.temporal.activity.Activity;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** What this site's state directory knows of runs, also of those whose workflows are gone. */
@Singleton
final class SiteRecords implements SiteActivities {
    private final SiteState state;
    private final Ledger ledger;
    private final StepHost host;

    SiteRecords(SiteState state, StepHost host) {
        this.state = state;
        this.ledger = new Ledger(state);
        this.host = host;
    }

    @Override
    public List<Begun> ledger(String runId) {
        try {
            Optional<Instant> finalized = ledger.finalized(runId);
            if (finalized.isPresent()) {
                throw Failures.told("the run " + runId + " was finalized at "
                        + finalized.get().truncatedTo(ChronoUnit.SECONDS)
                        + " and cannot be taken back; restore what you"
                        + " need from its backup", FINALIZED);
            }
            return begun(runId).stream()
                    .filter(task -> !ledger.isUndone(task.identity()))
                    .map(task -> new Begun(task, ledger.hasAnswered(task.identity())))
                    .toList();
        } catch (IOException e) {
            throw StateFailure.of("cannot read the ledger of the run " + runId + " below " + state.root(), e);
        }
    }

    @Override
    public void forget(String runId) {
        TemporalAttempt attempt = new TemporalAttempt(Activity.getExecutionContext());
        try {
            forget(runId, attempt);
        } catch (StepStopped e) {
            throw attempt.reason();
        }
    }

    @Override
    public void keepThrottling(String runId, Throttling throttling) {
        try {
            state.keepThrottling(runId, throttling);
        } catch (IOException e) {
            throw StateFailure.of("cannot keep the rates of the run " + runId + " below " + state.root(), e);
        }
    }

    void forget(String runId, Attempt attempt) {
        try {
            // Noted first: once a part is forgotten, taking back the rest would do harm.
            ledger.finalizing(runId);
            for (StepTask task : begun(runId)) {
                forget(task, attempt);
            }
            state.forgetJournal(runId);
        } catch (IOException e) {
            throw StateFailure.of("cannot forget the run " + runId + " below " + state.root(), e);
        }
    }

    private List<StepTask> begun(String runId) throws IOException {
        try {
            return ledger.begun(runId);
        } catch (StepFailure e) {
            throw Failures.told(e.getMessage(), e.type());
        }
    }

    private void forget(StepTask task, Attempt attempt) {
        try {
            host.forget(task, attempt);
        } catch (StepFailure e) {
            throw StepDispatcher.told("journal.forget", task, e);
        }
    }
}
