package dev.godwit.activities.wait;

import com.google.auto.service.AutoService;
import dev.godwit.activities.check.CheckHttp;
import dev.godwit.json.Durations;
import dev.godwit.plan.Location;
import dev.godwit.report.Words;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.StepWaiting;
import dev.godwit.step.Uses;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Watches the new system for days or weeks before the old one is taken away. Now and then it makes a round of short checks;
 * in between the run waits in a timer of Temporal, which costs nothing. A soak of 30 days with a round a day leaves a
 * handful of events a day in the run's history. Whoever must look every second uses {@code probe.http}.
 *
 * <pre>{@code
 * - name: soak
 *   uses: wait.soak
 *   retry: {attempts: 5, delay: 1m}
 *   on-failure: pause
 *   with:
 *     time: 30d
 *     every: 1d
 *     checks:
 *       - {to: v2, requests: [{path: /health, json: '.status == "healthy"'}, {path: /docs}]}
 *   expect: .output.failed == 0 and .output.blind < 86400
 * }</pre>
 *
 * <p>It begins and ends with a round. Time goes by Temporal's clock and runs on while no worker is there, or while the run
 * waits for a decision; how long nobody looked because of that is in the output.
 *
 * <p>Fails with {@code soak-failed}, which is worth a retry, if a check of a round does not pass; every round has all the
 * attempts of the step's {@code retry}. After a retry that a person asks for it goes on where it was. A dry-run does not
 * wait.
 */
@Uses(value = "wait.soak", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class WaitSoak implements ReadOnlyStepType<WaitSoak.Spec, WaitSoak.Output> {
    private static final String SEEN = "seen";
    /** Each round leaves some ten events, and a history should have no more than some ten thousand. */
    private static final int MOST_ROUNDS = 1_000;

    /**
     * @param time how long
     * @param every how long from one round of checks to the next
     * @param checks what each round asks
     */
    public record Spec(Duration time, @Default("1d") Duration every, List<Check> checks) {
        public Spec {
            if (!time.isPositive() || !every.isPositive()) {
                throw new IllegalArgumentException("time and every must be longer than nothing");
            }
            if (checks.isEmpty()) {
                throw new IllegalArgumentException("checks must hold at least one; wait.for only waits");
            }
            long rounds = time.dividedBy(every);
            if (rounds > MOST_ROUNDS) {
                throw new IllegalArgumentException("a round every " + Durations.format(every) + " for "
                        + Durations.format(time) + " makes " + rounds + " rounds, and " + MOST_ROUNDS
                        + " are allowed; use probe.http to watch closely");
            }
        }
    }

    /**
     * @param to the service
     * @param requests what to ask, as with {@code check.http}; at most 40
     */
    public record Check(@Of("http") Location to, List<CheckHttp.Request> requests) {
        public Check {
            if (requests.isEmpty() || requests.size() > 40) {
                throw new IllegalArgumentException("requests must hold 1 to 40 requests, and holds " + requests.size());
            }
        }
    }

    /**
     * @param rounds how many rounds passed
     * @param checks how many requests they made
     * @param failed how many rounds did not pass and were tried again
     * @param slowest the longest time that an answer took, in milliseconds
     * @param blind how long nobody looked, beyond the time from one round to the next, in seconds
     * @param seconds how long it was
     */
    public record Output(long rounds, long checks, long failed, double slowest, long blind, double seconds) {}

    /** What was seen so far; of the time before the first round there is nothing to say. */
    private record Seen(Instant begun, Optional<Instant> last, long rounds, long checks, long failed, double slowest,
            Duration blind) {
        static Seen nothing(Instant now) {
            return new Seen(now, Optional.empty(), 0, 0, 0, 0, Duration.ZERO);
        }

        Seen failedOnce() {
            return new Seen(begun, last, rounds, checks, failed + 1, slowest, blind);
        }

        Seen passed(Instant now, Duration every, List<CheckHttp.Output> answers) {
            double slow = answers.stream()
                    .flatMap(answer -> answer.results().stream())
                    .mapToDouble(result -> result.millis().orElse(0.0))
                    .max()
                    .orElse(0);
            Duration late = last.map(before -> Duration.between(before, now).minus(every)).orElse(Duration.ZERO);
            return new Seen(begun, Optional.of(now), rounds + 1,
                    checks + answers.stream().mapToLong(CheckHttp.Output::total).sum(), failed,
                    Math.max(slowest, slow), late.isPositive() ? blind.plus(late) : blind);
        }

        Output output() {
            return new Output(rounds, checks, failed, slowest, blind.toSeconds(),
                    Duration.between(begun, last.orElse(begun)).toMillis() / 1e3);
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        return Preview.<Output>withoutOutput()
                .change("would wait for " + Durations.format(spec.time()) + ", with a round of "
                        + spec.checks().stream().mapToInt(check -> check.requests().size()).sum()
                        + " requests every " + Durations.format(spec.every()));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Instant now = context.asked();
        Seen seen = context.journal().read(SEEN, Seen.class).orElseGet(() -> Seen.nothing(now));
        Instant end = seen.begun.plus(spec.time());
        if (!now.isBefore(due(seen, spec, end))) {
            seen = round(spec, seen, now, context);
        }
        boolean looked = seen.last.isPresent() && !seen.last.get().isBefore(end);
        if (!looked) {
            // The same text after every round: a new one would be told to the run, and fill its history.
            throw new StepWaiting(Duration.between(now, due(seen, spec, end)),
                    "until " + Words.of(end) + ", with a round of checks every " + Durations.format(spec.every()));
        }
        context.evidence().json("soak", seen);
        return seen.output();
    }

    /** When the next round is due; once the last one was made, never. */
    private static Instant due(Seen seen, Spec spec, Instant end) {
        if (seen.last.isEmpty()) {
            return seen.begun;
        }
        Instant next = seen.last.get().plus(spec.every());
        if (!seen.last.get().isBefore(end)) {
            return Instant.MAX;
        }
        return next.isBefore(end) ? next : end;
    }

    private static Seen round(Spec spec, Seen seen, Instant now, RunContext context) throws Exception {
        List<CheckHttp.Output> answers = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        for (Check check : spec.checks()) {
            CheckHttp.Output answer = CheckHttp.ask(check.to(), check.requests(), context);
            answers.add(answer);
            if (answer.failed() > 0) {
                failures.add(check.to() + ": " + answer.failures());
            }
        }
        if (!failures.isEmpty()) {
            context.journal().write(SEEN, seen.failedOnce());
            throw StepFailure.external("soak-failed", "wait.soak: after " + Durations.format(whole(seen.begun, now))
                    + " of " + Durations.format(spec.time()) + " (rounds passed: " + seen.rounds + "): "
                    + String.join("; ", failures));
        }
        Seen passed = seen.passed(now, spec.every(), answers);
        context.journal().write(SEEN, passed);
        return passed;
    }

    /** In whole seconds, as nobody wants to read milliseconds here. */
    private static Duration whole(Instant from, Instant to) {
        return Duration.ofSeconds(Duration.between(from, to).toSeconds());
    }
}
