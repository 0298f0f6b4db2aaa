package dev.godwit.activities.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.activities.resource.WritableHttpService;
import dev.godwit.json.Jq;
import dev.godwit.json.Jq.JqException;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Asks a service and checks its answers: status, a condition on the JSON content, a text that the content must hold. All
 * requests are made, whatever the first ones answer, so that one run shows everything that is wrong.
 *
 * <pre>{@code
 * - name: v2_answers
 *   uses: check.http
 *   with:
 *     to: v2
 *     requests:
 *       - {path: /health, json: '.status == "healthy"'}
 *       - {name: v1 endpoint, path: /stream, status: [200, 404]}
 *       - {path: /docs, contains: detections, within: 2s}
 * }</pre>
 *
 * <p>Fails with {@code http-unreachable}, which is worth a retry, if no request could connect, and with {@code http-check}
 * if a request did not pass; with {@code fail: false} it does not fail on the latter, and the output tells. The results are
 * among the step's evidence in either case.
 */
@Uses(value = "check.http", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckHttp implements ReadOnlyStepType<CheckHttp.Spec, CheckHttp.Output> {
    private static final int LONGEST_WHY = 200;

    /**
     * @param to the service
     * @param requests what to ask, in order; at most 40
     * @param fail whether a request that does not pass fails the step
     */
    public record Spec(@Of("http") Location to, List<Request> requests, @Default("true") boolean fail) {
        public Spec {
            if (requests.isEmpty() || requests.size() > 40) {
                throw new IllegalArgumentException("requests must hold 1 to 40 requests, and holds " + requests.size());
            }
        }
    }

    /**
     * @param name for people; method and path by default
     * @param method of the request; it must not change anything
     * @param path of the request, with its query
     * @param status the statuses that pass
     * @param json a condition on the JSON content; only true passes
     * @param contains a text that the content must hold
     * @param within how long the whole answer may take
     */
    public record Request(Optional<String> name, @Default("GET") String method, @Default("") String path,
            @Default("[200]") List<Integer> status, Optional<Jq> json, Optional<String> contains,
            @Default("10s") Duration within) {
        String title() {
            return name.orElseGet(() -> method + " " + path);
        }

        Content content() {
            return json.isPresent() || contains.isPresent() ? Content.KEPT : Content.IGNORED;
        }
    }

    /**
     * @param results in the order of the requests
     * @param passed how many passed
     * @param failed how many did not
     * @param total how many there are
     */
    public record Output(List<Result> results, long passed, long failed, long total) {
        static Output of(List<Result> results) {
            long passed = results.stream().filter(Result::passed).count();
            return new Output(List.copyOf(results), passed, results.size() - passed, results.size());
        }

        /** What did not pass, and why, for people. */
        public String failures() {
            return results.stream()
                    .filter(result -> !result.passed())
                    .map(result -> result.name() + ": " + result.why().orElse(""))
                    .collect(Collectors.joining("; "));
        }
    }

    /**
     * @param name of the request
     * @param path of the request
     * @param status of the answer; absent if there was none
     * @param millis how long the answer took, in milliseconds; absent if there was none
     * @param passed whether all conditions hold
     * @param why what does not hold; absent if all does
     */
    public record Result(String name, String path, Optional<Integer> status, Optional<Double> millis, boolean passed,
            Optional<String> why) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.to());
        if (maker.isPresent()) {
            return Preview.knownAfter(maker.get());
        }
        if (!spec.requests().stream().allMatch(request -> request.method().equals("GET"))) {
            return Preview.<Output>withoutOutput()
                    .change("would send " + spec.requests().size() + " requests to " + spec.to());
        }
        var service = context.reading(HttpKind.class, spec.to());
        return Preview.of(ask(spec.requests(), context,
                request -> service.get(request.path(), request.content(), request.within(), context::checkpoint))
                .output());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Asked asked = askAll(spec.to(), spec.requests(), context);
        Output output = asked.output();
        context.evidence().json("results", output);
        if (asked.unreachable() == spec.requests().size()) {
            throw StepFailure.external("http-unreachable", "check.http: " + spec.to() + ": "
                    + output.results().get(0).why().orElseThrow() + "; see whether the service runs");
        }
        if (spec.fail() && output.failed() > 0) {
            throw StepFailure.integrity("http-check", "check.http: " + output.failed() + " of " + output.total()
                    + " requests to " + spec.to() + " did not pass: " + output.failures());
        }
        return output;
    }

    /** Makes all requests and judges the answers, for step types that check again and again. */
    public static Output ask(Location to, List<Request> requests, RunContext context) throws Exception {
        return askAll(to, requests, context).output();
    }

    private static Asked askAll(Location to, List<Request> requests, RunContext context) throws Exception {
        WritableHttpService service = context.writing(HttpKind.class, to);
        return ask(requests, context, request -> service.send(request.method(), request.path(), Optional.empty(),
                request.content(), request.within(), context::checkpoint));
    }

    private interface Service {
        Answer answer(Request request) throws IOException;
    }

    private record Asked(Output output, int unreachable) {}

    private static Asked ask(List<Request> requests, PreviewContext context, Service service) {
        List<Result> results = new ArrayList<>();
        int unreachable = 0;
        for (Request request : requests) {
            context.progress(results.size(), requests.size(), "requests");
            context.checkpoint();
            try {
                results.add(judge(request, service.answer(request)));
            } catch (IOException e) {
                unreachable += e instanceof ConnectException ? 1 : 0;
                results.add(new Result(request.title(), request.path(), Optional.empty(), Optional.empty(), false,
                        Optional.of(shortened(e.getMessage()))));
            }
        }
        return new Asked(Output.of(results), unreachable);
    }

    private static Result judge(Request request, Answer answer) {
        Optional<String> why = objection(request, answer);
        return new Result(request.title(), request.path(), Optional.of(answer.status()), Optional.of(answer.millis()),
                why.isEmpty(), why.map(CheckHttp::shortened));
    }

    private static Optional<String> objection(Request request, Answer answer) {
        if (!request.status().contains(answer.status())) {
            String wanted = request.status().stream().map(String::valueOf).collect(Collectors.joining(" or "));
            return Optional.of("status " + answer.status() + " instead of " + wanted);
        }
        if (request.contains().isPresent() && !answer.text().contains(request.contains().get())) {
            return Optional.of("the content does not hold '" + request.contains().get() + "'");
        }
        return request.json().flatMap(condition -> objection(condition, answer));
    }

    private static Optional<String> objection(Jq condition, Answer answer) {
        try {
            JsonNode verdict = condition.one(answer.json(), Map.of());
            return verdict.isBoolean() && verdict.booleanValue()
                    ? Optional.empty()
                    : Optional.of("'" + condition + "' gives " + shortened(verdict.toString()));
        } catch (JqException e) {
            return Optional.of(e.getMessage());
        } catch (IllegalArgumentException e) {
            return Optional.of("the content is not JSON (" + e.getMessage() + ")");
        }
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_WHY ? text : text.substring(0, LONGEST_WHY) + "...";
    }
}
