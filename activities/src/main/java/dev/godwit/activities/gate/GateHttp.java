package dev.godwit.activities.gate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.resource.HttpService;
import dev.godwit.activities.resource.HttpService.Answer;
import dev.godwit.activities.resource.HttpService.Content;
import dev.godwit.json.Jq;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Measures a service by its answers and decides whether the run goes on: by how long they take, or by a value that stands
 * in them.
 *
 * <pre>{@code
 * - name: few_errors
 *   uses: gate.http
 *   with:
 *     to: v2
 *     path: /stats
 *     value: .json.error_rate
 *     pass: . <= 0.01
 *     fail: . > 0.05
 *     interval: 30s
 *     count: 10
 *     failure-limit: 1
 *     inconclusive-limit: 3
 * }</pre>
 *
 * <p>A gate has three outcomes. Each measurement is judged: with {@code pass} alone it passes or fails, with {@code fail}
 * alone it fails or passes, and with both it is inconclusive where neither is true. A value that is null, an object or a
 * list, and a condition that gives anything but true or false, are inconclusive, too. The gate fails at once when more
 * measurements failed than {@code failure-limit}, and is inconclusive at once when more said nothing than
 * {@code inconclusive-limit}; otherwise it passes after {@code count} measurements, if at least one passed. A gate that
 * failed is a failed step, and {@code on-failure} says what follows. One that is inconclusive never passes and rolls nothing
 * back: the run waits for a decision. After {@code retry} the gate measures anew.
 *
 * <p>All measurements are among the evidence, {@code measurements.jsonl}. Those that were made are journalled and not
 * repeated after a crash. With an interval of more than some seconds the run waits in a timer between them. A dry-run
 * measures nothing.
 *
 * <p>Without {@code pass} and {@code fail} it is enough that the service answers as it should. Errors are those of its
 * resource.
 */
@Uses(value = "gate.http", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class GateHttp implements ReadOnlyStepType<GateHttp.Spec, GateOutput> {
    /** What it means that there is no answer as it should be. */
    public enum NoAnswer {
        /** The service that is judged is bad. */
        FAILED,
        /** The service only tells of another, and so nobody knows. */
        INCONCLUSIVE
    }

    /**
     * @param to the service
     * @param path of the request, with its query
     * @param status the statuses of an answer as it should be; at any other nothing else is judged
     * @param within how long the whole answer may take
     * @param noAnswer whether no answer, or one with another status, is {@code failed} or {@code inconclusive}
     * @param value a jq expression over {@code millis}, {@code status} and {@code json}, the content
     * @param pass what must be true of the value
     * @param fail what must not
     * @param interval from one measurement to the next
     * @param count how many measurements, 1,000 at most
     * @param failureLimit how many may fail
     * @param inconclusiveLimit how many may be inconclusive
     */
    public record Spec(@Of("http") Location to, @Default("") String path, @Default("[200]") List<Integer> status,
            @Default("10s") Duration within, @Default("failed") NoAnswer noAnswer, @Default(".millis") Jq value,
            Optional<Jq> pass, Optional<Jq> fail, Optional<Duration> interval, @Default("1") int count,
            @Default("0") int failureLimit, @Default("0") int inconclusiveLimit) implements GateSpec {
        public Spec {
            new Terms(pass, fail, interval, count, failureLimit, inconclusiveLimit);
        }

        @Override
        public String subject() {
            return value + " of " + (path.isEmpty() ? to : to + " " + path);
        }

        @Override
        public GateSource open(RunContext context) throws Exception {
            HttpService service = context.reading(HttpKind.class, to);
            return () -> measure(service, context);
        }

        private Measured measure(HttpService service, RunContext context) {
            Answer answer;
            try {
                answer = service.get(path, Content.KEPT, within, context::checkpoint);
            } catch (IOException e) {
                return noAnswer(e.getMessage());
            }
            if (!status.contains(answer.status())) {
                String wanted = status.stream().map(String::valueOf).collect(Collectors.joining(" or "));
                return noAnswer("status " + answer.status() + " instead of " + wanted);
            }
            ObjectNode seen = JsonNodeFactory.instance.objectNode()
                    .put("status", answer.status())
                    .put("millis", BigDecimal.valueOf(answer.millis()));
            seen.set("json", json(answer));
            return Measured.of(value, seen);
        }

        private Measured noAnswer(String why) {
            return noAnswer == NoAnswer.FAILED ? Measured.failed(why) : Measured.inconclusive(why);
        }

        private static JsonNode json(Answer answer) {
            try {
                return answer.json();
            } catch (IllegalArgumentException e) {
                return NullNode.instance;
            }
        }
    }

    @Override
    public Preview<GateOutput> preview(Spec spec, PreviewContext context) {
        return GateRun.preview(spec);
    }

    @Override
    public GateOutput run(Spec spec, RunContext context) throws Exception {
        return GateRun.run(spec, context);
    }
}
