package dev.godwit.activities.measure;

import com.google.auto.service.AutoService;
import dev.godwit.activities.load.Load;
import dev.godwit.activities.load.LoadRequest;
import dev.godwit.activities.load.Think;
import dev.godwit.activities.load.Times;
import dev.godwit.activities.resource.HttpEndpoint;
import dev.godwit.activities.resource.HttpKind;
import dev.godwit.activities.throttle.Rate;
import dev.godwit.json.Durations;
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
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Measures how a service does under a steady load, in short rounds: times, error rate and throughput of each round and of
 * all. {@code measure.compare} says whether two such measurements differ by more than they may. A dry-run measures nothing.
 *
 * <pre>{@code
 * - name: both
 *   uses: measure.http
 *   with:
 *     to: v2
 *     beside: v1
 *     requests:
 *       - {name: voices, path: /tts/voices}
 *       - {name: health, path: /health}
 *     users: 4
 * }</pre>
 *
 * <p>With {@code beside} a second service is measured in turn with the first under the same load, round by round, the first
 * one first in every other round. Whatever else the machine does then slows both, and their ratio stays what it is: the
 * way to choose while both run. Without it, a machine that is busier after than before makes the same service look worse.
 *
 * <p>It goes on after {@code rounds} rounds until the usual time and the throughput are known to {@code precision} percent
 * (of a pair, by how much they differ), and the error rate to a tenth of that in points, or {@code at-most} rounds are
 * over. On a quiet machine that is at once. A round should be long enough for 20 answers, and for 100 where the 99th
 * percentile is to be compared. Requests and users are as in {@code load.http}. If the worker is lost, it begins anew.
 *
 * <p>The step fails with {@code http-unreachable}, which is worth a retry, if one of the requests never has a good answer, and
 * with {@code measure-empty} if one was never made in its time.
 */
@Uses(value = "measure.http", kind = StepKind.MEASUREMENT)
@AutoService(StepType.class)
public final class MeasureHttp implements ReadOnlyStepType<MeasureHttp.Spec, MeasureHttp.Output> {
    private static final int MOST_ROUNDS = 40;

    /**
     * @param to the service
     * @param beside a service to measure in turn with it
     * @param requests what to ask; at most 20
     * @param users how many ask at once, each as soon as it has its answer
     * @param rate how often they ask together, such as {@code 50/s}; as fast as answers come by default
     * @param warmUp for how long it asks before that
     * @param round how long a round is
     * @param rounds how many there are at least
     * @param atMost how many there are at most; 40 is the limit
     * @param precision to how many percent the figures are to be known
     * @param within how long a whole answer may take
     */
    public record Spec(@Of("http") Location to, @Of("http") Optional<Location> beside, List<LoadRequest> requests,
            @Default("1") int users, Optional<Rate> rate, @Default("500ms") Duration warmUp,
            @Default("500ms") Duration round, @Default("8") int rounds, @Default("40") int atMost,
            @Default("5") int precision, @Default("10s") Duration within) {
        public Spec {
            new Load(requests, users, rate, Think.NONE, within); // Says what is wrong with it.
            if (!round.isPositive()) {
                throw new IllegalArgumentException("round must be longer than nothing");
            }
            if (rounds < 1 || atMost < rounds || atMost > MOST_ROUNDS) {
                throw new IllegalArgumentException("rounds must be from 1 to at-most, and at-most no more than "
                        + MOST_ROUNDS + "; they are " + rounds + " and " + atMost);
            }
            if (precision < 1) {
                throw new IllegalArgumentException("precision must be at least 1 (percent)");
            }
        }

        Load load() {
            return new Load(requests, users, rate, Think.NONE, within);
        }
    }

    /**
     * @param requests the times of each, in the order of the requests
     * @param measured all of them together, by rounds: what {@code measure.compare} takes
     * @param beside the same of the service beside it
     */
    public record Output(List<Times> requests, Measured measured, Optional<Measured> beside) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        Optional<String> maker = context.madeBy(spec.to());
        Preview<Output> preview = maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.withoutOutput();
        return preview.change("would measure the answers of " + spec.to()
                + spec.beside().map(beside -> " and " + beside).orElse("") + " to " + spec.requests().size()
                + " requests, in " + spec.rounds() + " rounds of " + Durations.format(spec.round()));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        HttpEndpoint service = context.writing(HttpKind.class, spec.to()).endpoint();
        Optional<HttpEndpoint> other = spec.beside().isEmpty()
                ? Optional.empty()
                : Optional.of(context.writing(HttpKind.class, spec.beside().get()).endpoint());
        try (Rounds measured = new Rounds(service, spec.load());
                Rounds beside = other.map(endpoint -> new Rounds(endpoint, spec.load())).orElse(null)) {
            measure(spec, measured, Optional.ofNullable(beside), context);
            List<Times> times = measured.sum().times(spec.load().all());
            requireAnswers(spec, measured, times);
            Optional<String> together = Optional.ofNullable(beside)
                    .map(pair -> context.identity().step() + "." + context.identity().round());
            return new Output(times, measured.measured(together),
                    Optional.ofNullable(beside).map(pair -> pair.measured(together)));
        }
    }

    private static void measure(Spec spec, Rounds measured, Optional<Rounds> beside, RunContext context)
            throws InterruptedException {
        LongConsumer alive = answers -> context.checkpoint();
        measured.warmUp(spec.warmUp(), alive);
        if (beside.isPresent()) {
            beside.get().warmUp(spec.warmUp(), alive);
        }
        for (int number = 0; number < spec.rounds()
                || number < spec.atMost() && !Rounds.known(measured, beside, spec.precision()); number++) {
            context.progress(number, Math.max(spec.rounds(), number + 1), "rounds");
            context.checkpoint();
            boolean first = number % 2 == 0 || beside.isEmpty();
            Rounds one = first ? measured : beside.get();
            one.round(spec.round(), alive);
            if (beside.isPresent()) {
                Rounds two = first ? beside.get() : measured;
                two.round(spec.round(), alive);
            }
        }
    }

    private static void requireAnswers(Spec spec, Rounds measured, List<Times> times) {
        for (Times one : times) {
            if (one.requests() == 0) {
                throw StepFailure.user("measure-empty", "measure.http: no request to " + spec.to() + " for "
                        + one.name() + " was made in its time; make rounds longer, or more of them");
            }
            if (one.failed() == one.requests()) {
                throw StepFailure.external("http-unreachable", "measure.http: none of " + one.requests()
                        + " requests to " + spec.to() + " for " + one.name() + " had a good answer: "
                        + measured.sum().errors() + "; see whether the service runs");
            }
        }
    }
}
