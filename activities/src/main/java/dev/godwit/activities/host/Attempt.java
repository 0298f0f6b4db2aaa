package dev.godwit.activities.host;

import dev.godwit.run.Progress;
import java.time.Instant;
import java.util.Optional;

/** What a {@link StepHost} needs of whoever asks it to do a step: in a worker, Temporal's side of the activity. */
public interface Attempt {
    /** Shows progress and tells that the step lives; called a few times a second at most. */
    void heartbeat(Progress progress);

    /** When Temporal asked for this attempt, by Temporal's clock. */
    default Instant asked() {
        return Instant.now();
    }

    /** Which attempt at the activity it is, from 1; those of lost workers count, too. */
    default int number() {
        return 1;
    }

    /** Whether it should end because nobody goes on with the step now, and not because another attempt takes over. */
    default boolean cancelled() {
        return false;
    }

    /** Why this attempt should end at its next checkpoint, if it should. Cheap. */
    Optional<String> stopRequested();
}
