package dev.godwit.starter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.godwit.json.Json;
import dev.godwit.run.Answer;
import dev.godwit.run.Message;
import dev.godwit.run.Verb;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.client.WorkflowUpdateTimeoutOrCancelledException;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.Optional;

/**
 * A message that was brought to a run. It goes as an update, because people want an answer; where none comes, as a signal,
 * which Temporal keeps until a worker is there.
 *
 * @param answered whether the run itself answered
 * @param answer what it said
 */
record Delivery(boolean answered, Answer answer) {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /**
     * Brings it.
     *
     * @throws CommandFailure if the run refuses
     */
    static Delivery of(Temporal temporal, String workflowId, Verb verb, Message message, Console console) {
        String why;
        try {
            return new Delivery(true, answer(temporal.within(PATIENCE,
                    () -> temporal.run(workflowId).update(verb.word(), JsonNode.class, message))));
        } catch (WorkflowUpdateException e) {
            if (!String.valueOf(e.getCause()).contains("Unknown update name")) {
                throw CommandFailure.refused("the run refuses: " + (e.getCause() instanceof ApplicationFailure refusal
                        ? refusal.getOriginalMessage()
                        : e.getMessage()));
            }
            why = "the run's worker does not know '" + verb.word() + "' as an update";
        } catch (WorkflowException e) {
            if (!(e instanceof WorkflowUpdateTimeoutOrCancelledException || Temporal.timedOut(e))) {
                throw e;
            }
            why = "no answer within " + PATIENCE.toSeconds() + " s";
        }
        if (message.preview()) {
            // A signal would tell nobody what it found.
            throw CommandFailure.refused(why + "; nothing was asked of the run. Is there a worker? 'godwit worker' and"
                    + " 'godwit dev' are");
        }
        console.say(why + "; sending it as a signal");
        temporal.run(workflowId).signal(verb.word(), message);
        return new Delivery(false,
                new Answer("sent; the run takes it up as soon as a worker is there", Optional.empty()));
    }

    /** Older builds answer with a text only. */
    private static Answer answer(JsonNode said) {
        return said.isTextual() ? new Answer(said.asText(), Optional.empty()) : Json.bind(said, Answer.class);
    }

    /** For programs. */
    ObjectNode document(String workflowId) {
        ObjectNode document = Json.mapper()
                .createObjectNode()
                .put("workflow_id", workflowId)
                .put("delivered", answered ? "update" : "signal")
                .put("answer", answer.text());
        answer.rollback().ifPresent(rollback -> document.set("rollback", Json.tree(rollback)));
        return document;
    }
}
