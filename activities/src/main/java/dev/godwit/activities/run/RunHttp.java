package dev.godwit.activities.run;

import com.fasterxml.jackson.databind.JsonNode;
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
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Sends a request that changes something, such as switching a service into another mode. After a crash it may be sent a
 * second time, so the endpoint must be one where twice equals once ({@code stop}, not {@code toggle}).
 *
 * <pre>{@code
 * - name: pause_detection
 *   uses: run.http
 *   with:
 *     to: v1
 *     request: {path: /detection/stop}
 *     undo: {path: /detection/start}
 * }</pre>
 *
 * <p>With {@code method: GET} it asks for something that later steps need to know; a dry-run then asks too.
 *
 * <p>Undo sends the other request, if there is one and the first may have been sent.
 *
 * <p>Fails with {@code http-failed}, which is worth a retry, if there is no answer or one with status 5xx, and with
 * {@code http-refused} at any other status that is not expected.
 */
@Uses(value = "run.http", kind = StepKind.DEPLOYMENT)
@AutoService(StepType.class)
public final class RunHttp implements StepType<RunHttp.Spec, RunHttp.Output> {
    private static final String SENDING = "sending";
    private static final String ANSWERED = "answered";
    private static final String UNDONE = "undone";
    private static final int LARGEST_ANSWER = 4_096;

    /**
     * @param to the service
     * @param request what to send
     * @param undo what to send to take it back; nothing by default
     * @param status the statuses that count as done, for both requests
     * @param within how long the whole answer may take
     */
    public record Spec(@Of("http") Location to, Request request, Optional<Request> undo,
            @Default("[200, 201, 202, 204]") List<Integer> status, @Default("10s") Duration within) {}

    /**
     * @param method of the request
     * @param path of the request, with its query
     * @param body sent as JSON; none by default
     */
    public record Request(@Default("POST") String method, @Default("") String path, Optional<JsonNode> body) {
        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    /**
     * @param status of the answer
     * @param answer its content, if that is JSON and small
     */
    public record Output(int status, Optional<JsonNode> answer) {
        static Output of(Answer answer) {
            Optional<JsonNode> content = Optional.empty();
            if (answer.content().length > 0 && answer.content().length <= LARGEST_ANSWER) {
                try {
                    content = Optional.of(answer.json());
                } catch (IllegalArgumentException e) {
                    // Not JSON, so of no use to later steps.
                }
            }
            return new Output(answer.status(), content);
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.to());
        if (spec.request().method().equals("GET")) {
            return maker.isPresent()
                    ? Preview.knownAfter(maker.get())
                    : Preview.of(Output.of(context.reading(HttpKind.class, spec.to())
                            .get(spec.request().path(), Content.KEPT, spec.within(), context::checkpoint)));
        }
        return Preview.<Output>withoutOutput()
                .change("would send " + spec.request() + " to " + spec.to())
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Output> answered = context.journal().read(ANSWERED, Output.class);
        if (answered.isPresent()) {
            return answered.get();
        }
        context.journal().write(SENDING, true);
        Output output = Output.of(send(spec, spec.request(), context));
        context.journal().write(ANSWERED, output);
        return output;
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        boolean maybeSent = context.journal().read(SENDING, Boolean.class).isPresent();
        boolean undone = context.journal().read(UNDONE, Boolean.class).isPresent();
        if (spec.undo().isPresent() && maybeSent && !undone) {
            send(spec, spec.undo().get(), context);
            context.journal().write(UNDONE, true);
        }
    }

    private static Answer send(Spec spec, Request request, RunContext context) throws Exception {
        WritableHttpService service = context.writing(HttpKind.class, spec.to());
        context.journal().checkToken();
        Answer answer;
        try {
            answer = service.send(request.method(), request.path(), request.body(), Content.KEPT, spec.within(),
                    context::checkpoint);
        } catch (IOException e) {
            throw StepFailure.external("http-failed", "run.http: " + request + " to " + spec.to() + ": "
                    + e.getMessage() + "; see whether the service runs").causedBy(e);
        }
        if (!spec.status().contains(answer.status())) {
            String message = "run.http: " + service.uri(request.path()) + " answers " + request.method()
                    + " with status " + answer.status() + " instead of " + spec.status() + ": "
                    + service.endpoint().excerpt(answer.text());
            throw answer.status() >= 500
                    ? StepFailure.external("http-failed", message)
                    : StepFailure.external("http-refused", message).notRetryable();
        }
        return answer;
    }
}
