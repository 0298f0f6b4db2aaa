package dev.godwit.workflow;

import dev.godwit.plan.CheckedPlan;
import dev.godwit.plan.StepFacts;
import dev.godwit.run.LedgerEntry;
import dev.godwit.run.Message;
import dev.godwit.run.StepTask;
import io.temporal.failure.ActivityFailure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The copies of a run's ledger that its sites keep: what is known when the workflow that knew it is gone. */
final class Ledgers {
    private final CheckedPlan plan;
    private final RunRecord record;

    /**
     * @param record who is told of what cannot be read
     */
    Ledgers(CheckedPlan plan, RunRecord record) {
        this.plan = plan;
        this.record = record;
    }

    /**
     * The plan of a run that has ended.
     *
     * @throws io.temporal.failure.ApplicationFailure if it left none
     */
    static ControlActivities.Ended planOf(String endedRun, String asking) {
        try {
            return StepActivities.control().planOf(endedRun, asking);
        } catch (ActivityFailure e) {
            throw told(e);
        }
    }

    /**
     * What a run has begun and not taken back, in the order in which it began.
     *
     * @throws io.temporal.failure.ApplicationFailure if a site cannot tell
     */
    Begun of(String run) {
        List<SiteActivities.Begun> begun = new ArrayList<>();
        for (String site : sites()) {
            try {
                begun.addAll(StepActivities.site(site).ledger(run));
            } catch (ActivityFailure e) {
                throw told(e);
            }
        }
        begun.sort(Comparator.comparing(step -> step.task().began()));
        Set<String> answered = new HashSet<>();
        begun.stream()
                .filter(SiteActivities.Begun::answered)
                .forEach(step -> answered.add(step.task().identity().step()));
        return new Begun(begun.stream().flatMap(step -> entry(step.task()).stream()).toList(), answered);
    }

    /** The same as far as it can be read, for a run that goes on either way. */
    List<LedgerEntry> readable(String run) {
        List<LedgerEntry> entries = new ArrayList<>();
        for (String site : sites()) {
            try {
                StepActivities.site(site)
                        .ledger(run)
                        .forEach(step -> entry(step.task()).ifPresent(entries::add));
            } catch (ActivityFailure e) {
                record.message("ledger", Message.NONE,
                        "the ledger of " + site + " could not be read: " + Failures.of(e).message());
            }
        }
        entries.sort(Comparator.comparing(entry -> entry.task().began()));
        return entries;
    }

    /** The run has finalized: what its steps remember is of no use any more. */
    void forget(String run) {
        for (String site : sites()) {
            try {
                StepActivities.site(site).forget(run);
            } catch (ActivityFailure e) {
                record.message("finalize", Message.NONE,
                        "what the steps remember at " + site + " could not be removed: " + Failures.of(e).message());
            }
        }
    }

    /** Notices leave a trace in the ledger's directory too, but are no steps. */
    private Optional<LedgerEntry> entry(StepTask task) {
        return plan.plan()
                .steps()
                .stream()
                .filter(step -> step.name().equals(task.identity().step()))
                .findFirst()
                .map(step -> LedgerEntry.of(task, step, plan.factsOf(step)));
    }

    private Set<String> sites() {
        return sites(plan);
    }

    /** Where the steps of a plan are done. */
    static Set<String> sites(CheckedPlan plan) {
        return plan.facts().values().stream().map(StepFacts::site).collect(Collectors.toCollection(TreeSet::new));
    }

    private static RuntimeException told(ActivityFailure e) {
        return Failures.told(Failures.of(e).message(), Failures.of(e).type());
    }

    /**
     * What a run has begun.
     *
     * @param entries in the order in which they began
     * @param answered the steps that came to their end
     */
    record Begun(List<LedgerEntry> entries, Set<String> answered) {}
}
