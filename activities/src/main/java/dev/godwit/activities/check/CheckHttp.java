package dev.godwit.activities.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.activities.resource.Polling;
import dev.godwit.activities.resource.WritableHttpService;
import dev.godwit.json.Durations;
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
 * Asks a service and checks its answers: status, headers, a condition on the JSON content, a text that the content must
 * hold, and how long they may take. All requests are made, whatever the first ones answer, so that one run shows everything
 * that is wrong. With {@code keep-asking} it asks again until all pass, or the time is over: for a service that has just been
 * started, or for work that it was given.
 *
 * <pre>{@code
 * - name: v2_answers
 *   uses: check.http
 *   with:
 *     to: v2
 *     requests:
 *       - {path: /health, json: '.status == "healthy"'}
 *       - {name: v1 endpoint, path: /stream, status: [200, 404]}
 *       - {path: /docs, contains: detections, headers: {content-type: text/html}}
 *       - {path: /generations/7/versions, repeat: 5, faster-than: 200ms}
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
     * @param keepAsking for how long all requests are made again and again if one does not pass
     */
    public record Spec(@Of("http") Location to, List<Request> requests, @Default("true") boolean fail,
            @Default("0s") Duration keepAsking) {
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
     * @param headers what headers of the answer must hold: a part of each suffices
     * @param within how long to wait for the whole answer
     * @param fasterThan how long the whole answer may take; a slower one does not pass
     * @param repeat how often it is made; each time must pass
     */
    public record Request(Optional<String> name, @Default("GET") String method, @Default("") String path,
            @Default("[200]") List<Integer> status, Optional<Jq> json, Optional<String> contains,
            @Default("{}") Map<String, String> headers, @Default("10s") Duration within,
            Optional<Duration> fasterThan, @Default("1") int repeat) {
        public Request {
            if (repeat < 1 || repeat > 1_000) {
                throw new IllegalArgumentException("repeat must be from 1 to 1000, and is " + repeat);
            }
        }

        String title() {
            return name.orElseGet(() -> method + " " + path);
        }

        Content content() {
            return json.isPresent() || contains.isPresent() || fasterThan.isPresent()
                    ? Content.KEPT
                    : Content.IGNORED;
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
     * @param millis how long the answer took, in milliseconds, the slowest of repeated ones; absent if there was none
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
        Asked asked = askUntilPassed(spec, context);
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
        return askAll(context.writing(HttpKind.class, to), requests, context).output();
    }

    private static Asked askUntilPassed(Spec spec, RunContext context) throws Exception {
        WritableHttpService service = context.writing(HttpKind.class, spec.to());
        long begun = System.nanoTime();
        while (true) {
            Asked asked = askAll(service, spec.requests(), context);
            if (asked.output().failed() == 0 || System.nanoTime() - begun >= spec.keepAsking().toNanos()) {
                return asked;
            }
            Polling.pause(context::checkpoint);
        }
    }

    private static Asked askAll(WritableHttpService service, List<Request> requests, RunContext context) {
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
                results.add(repeated(request, service, context));
            } catch (IOException e) {
                unreachable += e instanceof ConnectException ? 1 : 0;
                results.add(new Result(request.title(), request.path(), Optional.empty(), Optional.empty(), false,
                        Optional.of(shortened(e.getMessage()))));
            }
        }
        return new Asked(Output.of(results), unreachable);
    }

    /** The first answer that does not pass ends it. */
    private static Result repeated(Request request, Service service, PreviewContext context) throws IOException {
        double slowest = 0;
        int number = 0;
        while (true) {
            Answer answer = service.answer(request);
            number++;
            slowest = Math.max(slowest, answer.millis());
            String times = request.repeat() == 1 ? "" : "the " + number + ". of " + request.repeat() + " times: ";
            Optional<String> why = objection(request, answer).map(text -> shortened(times + text));
            if (why.isPresent() || number == request.repeat()) {
                return new Result(request.title(), request.path(), Optional.of(answer.status()), Optional.of(slowest),
                        why.isEmpty(), why);
            }
            context.checkpoint();
        }
    }

    private static Optional<String> objection(Request request, Answer answer) {
        if (!request.status().contains(answer.status())) {
            String wanted = request.status().stream().map(String::valueOf).collect(Collectors.joining(" or "));
            return Optional.of("status " + answer.status() + " instead of " + wanted);
        }
        for (Map.Entry<String, String> wanted : request.headers().entrySet()) {
            Optional<String> is = answer.header(wanted.getKey());
            if (is.isEmpty() || !is.get().contains(wanted.getValue())) {
                return Optional.of("the header " + wanted.getKey() + " "
                        + is.map(text -> "is '" + text + "', without '" + wanted.getValue() + "'")
                                .orElse("is not there"));
            }
        }
        if (request.fasterThan().isPresent() && answer.took().compareTo(request.fasterThan().get()) > 0) {
            return Optional.of("it took " + answer.millis() + " ms, and "
                    + Durations.format(request.fasterThan().get()) + " is the limit");
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
