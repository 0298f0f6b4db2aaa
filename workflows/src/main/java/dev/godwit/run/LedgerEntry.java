package dev.godwit.run;

import static java.util.Objects.requireNonNull;

import dev.godwit.plan.Step;
import dev.godwit.plan.StepFacts;
import dev.godwit.step.StepKind;
import java.time.Duration;
import java.util.Optional;

/**
 * A step that was begun, recorded before it was: from these a rollback works.
 *
 * @param task what its activity was given
 * @param kind what the step changes
 * @param undoable whether there is something to undo
 * @param site whose worker undoes it
 * @param starts the resource that the step starts, so that its undo stops it
 * @param stops the resource that the step stops, so that its undo starts it
 * @param loses what others may have written since the step: undoing it is past the pivot
 * @param heartbeat the longest silence before the worker that undoes it counts as lost
 */
public record LedgerEntry(StepTask task, StepKind kind, boolean undoable, String site, Optional<String> starts,
        Optional<String> stops, Optional<String> loses, Optional<Duration> heartbeat) {

    public LedgerEntry {
        requireNonNull(task, "task");
        requireNonNull(kind, "kind");
        requireNonNull(site, "site");
    }

    /** The entry of a step with these facts. */
    public static LedgerEntry of(StepTask task, Step step, StepFacts facts) {
        return new LedgerEntry(task, facts.kind(), facts.undoable(), facts.site(),
                facts.starts().map(field -> task.spec().path(field).asText()),
                facts.stops().map(field -> task.spec().path(field).asText()), facts.loses(), step.heartbeat());
    }

    /** With more failures allowed, because a person wants another try. */
    public LedgerEntry withAttempts(int allowed) {
        return new LedgerEntry(task.withAttempts(allowed), kind, undoable, site, starts, stops, loses, heartbeat);
    }
}
