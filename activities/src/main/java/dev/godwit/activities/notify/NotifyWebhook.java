package dev.godwit.activities.notify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.activities.resource.WritableHttpService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Posts a message to a webhook: the JSON {@code {"text": "..."}}, which Slack, Mattermost, Rocket.Chat, Zulip and many
 * others understand. The plan's {@code notify:} uses it too.
 *
 * <pre>{@code
 * - name: tell_the_team
 *   uses: notify.webhook
 *   with:
 *     to: chat
 *     text: 'V1 stops in five minutes; nothing to do for you'
 *     fields: {channel: '#plates'}
 * }</pre>
 *
 * <p>Where the address of the webhook is itself a secret, keep it in the resource's {@code path}; a token belongs into its
 * {@code headers}.
 *
 * <p>After a crash the message may be sent a second time, with the same header {@code Idempotency-Key} as the first time:
 * a receiver that knows the key shows it once. Undo does nothing: what was read cannot be unread.
 *
 * <p>Fails with {@code webhook-failed}, which is worth a retry, if there is no answer or one that asks to come back (408,
 * 429, 5xx), and with {@code webhook-refused} at any other status than 2xx. With {@code on-failure: continue} the run goes
 * on without the message.
 */
@Uses(value = "notify.webhook", kind = StepKind.NOTIFICATION)
@AutoService(StepType.class)
public final class NotifyWebhook implements ReadOnlyStepType<NotifyWebhook.Spec, NotifyWebhook.Output> {
    private static final String SENT = "sent";
    private static final Set<Integer> COME_BACK = Set.of(408, 429);

    /**
     * @param to the webhook
     * @param text the message
     * @param fields what else the JSON holds beside the text
     * @param within how long the whole answer may take
     */
    public record Spec(@Of("http") Location to, String text, @Default("{}") Map<String, JsonNode> fields,
            @Default("10s") Duration within) {
        public Spec {
            if (fields.containsKey("text")) {
                throw new IllegalArgumentException("fields.text would replace the text; write it under 'text'");
            }
        }

        JsonNode message() {
            ObjectNode message = JsonNodeFactory.instance.objectNode().put("text", text);
            fields.forEach(message::set);
            return message;
        }
    }

    /** @param status of the answer */
    public record Output(int status) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        return Preview.<Output>withoutOutput().change("would tell " + spec.to() + ": " + spec.text());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Output> sent = context.journal().read(SENT, Output.class);
        if (sent.isPresent()) {
            return sent.get();
        }
        WritableHttpService webhook = context.writing(HttpKind.class, spec.to());
        context.journal().checkToken();
        Output output = new Output(post(spec, webhook, context).status());
        context.journal().write(SENT, output);
        return output;
    }

    private static Answer post(Spec spec, WritableHttpService webhook, RunContext context) {
        Answer answer;
        try {
            answer = webhook.send("POST", "", Map.of("Idempotency-Key", key(context.identity())),
                    Optional.of(spec.message()), Content.KEPT, spec.within(), context::checkpoint);
        } catch (IOException e) {
            throw StepFailure.external("webhook-failed", "notify.webhook: " + spec.to() + ": " + e.getMessage()
                    + "; see whether the webhook can be reached from this worker").causedBy(e);
        }
        if (answer.status() / 100 == 2) {
            return answer;
        }
        String why = "notify.webhook: " + webhook.uri("") + " answers with status " + answer.status() + ": "
                + webhook.endpoint().excerpt(answer.text());
        boolean comeBack = answer.status() >= 500 || COME_BACK.contains(answer.status());
        throw comeBack
                ? StepFailure.external("webhook-failed", why)
                : StepFailure.external("webhook-refused", why + "; see whether the address and what it wants are right")
                        .notRetryable();
    }

    private static String key(StepIdentity identity) {
        return identity.runId() + "/" + identity.step() + "." + identity.round();
    }
}
