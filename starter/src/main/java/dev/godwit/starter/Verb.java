package dev.godwit.starter;

import dev.godwit.run.Message;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.client.WorkflowUpdateTimeoutOrCancelledException;
import java.time.Duration;

/**
 * A message to a run. It goes as an update, because people want an answer; where none comes, as a signal, which Temporal
 * keeps until a worker is there.
 */
final class Verb {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Temporal temporal;
    private final String workflowId;
    private final String name;

    Verb(Temporal temporal, String workflowId, String name) {
        this.temporal = temporal;
        this.workflowId = workflowId;
        this.name = name;
    }

    /**
     * Sends it.
     *
     * @throws WorkflowUpdateException if the run refuses
     */
    Answer send(Message message, Console console) {
        String why;
        try {
            return new Answer(true,
                    temporal.within(PATIENCE, () -> temporal.run(workflowId).update(name, String.class, message)));
        } catch (WorkflowUpdateException e) {
            if (!String.valueOf(e.getCause()).contains("Unknown update name")) {
                throw e;
            }
            why = "the run's worker does not know '" + name + "' as an update";
        } catch (WorkflowException e) {
            if (!(e instanceof WorkflowUpdateTimeoutOrCancelledException || Temporal.timedOut(e))) {
                throw e;
            }
            why = "no answer within " + PATIENCE.toSeconds() + " s";
        }
        console.say(why + "; sending it as a signal");
        temporal.run(workflowId).signal(name, message);
        return new Answer(false, "sent; the run takes it up as soon as a worker is there");
    }

    /**
     * What became of it.
     *
     * @param update whether the run itself answered
     * @param text the answer
     */
    record Answer(boolean update, String text) {}
}
