package dev.godwit.activities.wait;

import com.google.auto.service.AutoService;
import dev.godwit.activities.check.CheckHttp;
import dev.godwit.activities.gate.GateHttp;
import dev.godwit.activities.gate.GateOutput;
import dev.godwit.activities.gate.GatePrometheus;
import dev.godwit.activities.gate.GateSpec;
import dev.godwit.activities.gate.GateSql;
import dev.godwit.activities.gate.Measurement;
import dev.godwit.activities.gate.MeasurementLog;
import dev.godwit.activities.run.GateCommand;
import dev.godwit.json.Durations;
import dev.godwit.plan.Location;
import dev.godwit.plan.Verdict;
import dev.godwit.report.Words;
import dev.godwit.step.Deciding;
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
import java.util.stream.Stream;

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
 *     gates:
 *       - http: {to: v2, path: /stats, value: .json.error_rate, pass: . <= 0.01, failure-limit: 2}
 *       - sql: {in: parking, query: SELECT count(*) FROM orphans, pass: . == 0}
 *       - prometheus: {to: metrics, query: 'avg_over_time(up{job="v2"}[1d])', pass: . > 0.999, inconclusive-limit: 3}
 *   expect: .output.failed == 0 and .output.blind < 86400
 * }</pre>
 *
 * <p>It begins and ends with a round. Time goes by Temporal's clock and runs on while no worker is there, or while the run
 * waits for a decision; how long nobody looked because of that is in the output.
 *
 * <p>Fails with {@code soak-failed}, which is worth a retry, if a check of a round does not pass; every round has all the
 * attempts of the step's {@code retry}. After a retry that a person asks for it goes on where it was. A dry-run does not
 * wait.
 *
 * <p>A gate is what the step types {@code gate.*} are, and takes what these take; it is measured once a round. As soon as
 * more measurements of one failed than its {@code failure-limit}, the soak ends and has failed: {@code on-failure} says
 * whether that rolls the run back. As soon as more said nothing than its {@code inconclusive-limit}, the run waits for a
 * decision; after {@code retry} the soak goes on, and its gates count anew. All measurements are among the evidence,
 * {@code measurements.jsonl}.
 */
@Uses(value = "wait.soak", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class WaitSoak implements ReadOnlyStepType<WaitSoak.Spec, WaitSoak.Output> {
    private static final String SEEN = "seen";
    private static final String MEASUREMENTS = "measurements";
    private static final int MOST_GATES = 20;
    /** Each round leaves some ten events, and a history should have no more than some ten thousand. */
    private static final int MOST_ROUNDS = 1_000;

    /**
     * @param time how long
     * @param every how long from one round of checks to the next
     * @param checks what each round asks; all of it must pass
     * @param gates what each round measures once; how often that may fail, or say nothing, the gates say for the whole time
     */
    public record Spec(Duration time, @Default("1d") Duration every, @Default("[]") List<Check> checks,
            @Default("[]") List<Gate> gates) {
        public Spec {
            if (!time.isPositive() || !every.isPositive()) {
                throw new IllegalArgumentException("time and every must be longer than nothing");
            }
            if (checks.isEmpty() && gates.isEmpty()) {
                throw new IllegalArgumentException("checks or gates must hold at least one; wait.for only waits");
            }
            if (gates.size() > MOST_GATES) {
                throw new IllegalArgumentException("gates must hold at most " + MOST_GATES + ", and holds "
                        + gates.size());
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
     * One of them; without {@code interval} and {@code count}, for the soak says when.
     *
     * @param http as the step type {@code gate.http} takes it
     * @param sql as the step type {@code gate.sql} takes it
     * @param prometheus as the step type {@code gate.prometheus} takes it
     * @param command as the step type {@code gate.command} takes it
     */
    public record Gate(Optional<GateHttp.Spec> http, Optional<GateSql.Spec> sql,
            Optional<GatePrometheus.Spec> prometheus, Optional<GateCommand.Spec> command) {
        public Gate {
            List<GateSpec> given = given(http, sql, prometheus, command);
            if (given.size() != 1) {
                throw new IllegalArgumentException(
                        "one of http, sql, prometheus and command must say what is measured");
            }
            if (given.getFirst().interval().isPresent() || given.getFirst().count() != 1) {
                throw new IllegalArgumentException(
                        "interval and count are the soak's: it measures once a round; leave them out");
            }
        }

        GateSpec spec() {
            return given(http, sql, prometheus, command).getFirst();
        }

        private static List<GateSpec> given(Optional<GateHttp.Spec> http, Optional<GateSql.Spec> sql,
                Optional<GatePrometheus.Spec> prometheus, Optional<GateCommand.Spec> command) {
            return Stream.<Optional<? extends GateSpec>>of(http, sql, prometheus, command)
                    .<GateSpec>flatMap(Optional::stream)
                    .toList();
        }
    }

    /**
     * @param rounds how many rounds were made to their end
     * @param checks how many requests their checks made
     * @param failed how many rounds had a check that did not pass, and were tried again
     * @param slowest the longest time that an answer to a check took, in milliseconds
     * @param blind how long nobody looked, beyond the time from one round to the next, in seconds
     * @param seconds how long it was
     * @param verdict passed, failed or inconclusive, by its gates
     * @param gates what each gate saw, in their order
     * @param condition what had to be true
     * @param reason what did not pass; absent if all did
     */
    public record Output(long rounds, long checks, long failed, double slowest, long blind, double seconds,
            Verdict verdict, List<GateOutput> gates, String condition, Optional<String> reason) implements Deciding {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        return Preview.<Output>withoutOutput()
                .change("would wait for " + Durations.format(spec.time()) + ", with a round of "
                        + spec.checks().stream().mapToInt(check -> check.requests().size()).sum()
                        + " requests and " + spec.gates().size() + " measurements every "
                        + Durations.format(spec.every()));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Instant now = context.asked();
        SoakState seen = context.journal()
                .read(SEEN, SoakState.class)
                .orElseGet(() -> SoakState.nothing(now, spec.gates().size()));
        boolean anew = seen.settledAt().isPresent() && context.attemptsAllowed() > seen.settledAt().get();
        if (anew) {
            seen = seen.anew();
        }
        Instant end = seen.begun().plus(spec.time());
        if (seen.settledAt().isEmpty() && (anew || !now.isBefore(due(seen, spec, end)))) {
            seen = round(spec, seen, now, context);
        }
        boolean looked = seen.last().isPresent() && !seen.last().get().isBefore(end);
        if (!looked && seen.settledAt().isEmpty()) {
            // The same text after every round: a new one would be told to the run, and fill its history.
            throw new StepWaiting(Duration.between(now, due(seen, spec, end)),
                    "until " + Words.of(end) + ", with a round of checks every " + Durations.format(spec.every()));
        }
        if (!spec.gates().isEmpty()) {
            MeasurementLog.keep(MEASUREMENTS, SoakState.Measured.class, MEASUREMENTS, context);
        }
        context.evidence().json("soak", seen);
        Output output = seen.output(spec);
        if (output.verdict() != Verdict.PASSED && seen.settledAt().isEmpty()) {
            context.journal().write(SEEN, seen.settled(context.attemptsAllowed()));
        }
        return output;
    }

    /** When the next round is due; once the last one was made, never. */
    private static Instant due(SoakState seen, Spec spec, Instant end) {
        if (seen.last().isEmpty()) {
            return seen.begun();
        }
        Instant next = seen.last().get().plus(spec.every());
        if (!seen.last().get().isBefore(end)) {
            return Instant.MAX;
        }
        return next.isBefore(end) ? next : end;
    }

    private static SoakState round(Spec spec, SoakState seen, Instant now, RunContext context) throws Exception {
        List<CheckHttp.Output> answers = check(spec, seen, now, context);
        SoakState measured = seen.passed(now, spec.every(), answers)
                .measured(spec, measure(spec, seen.rounds() + 1, now, context), context.attemptsAllowed());
        context.journal().write(SEEN, measured);
        return measured;
    }

    private static List<CheckHttp.Output> check(Spec spec, SoakState seen, Instant now, RunContext context)
            throws Exception {
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
            throw StepFailure.external("soak-failed", "wait.soak: after " + Durations.format(whole(seen.begun(), now))
                    + " of " + Durations.format(spec.time()) + " (rounds passed: " + seen.rounds() + "): "
                    + String.join("; ", failures));
        }
        return answers;
    }

    private static List<Measurement> measure(Spec spec, long round, Instant now, RunContext context)
            throws Exception {
        List<Measurement> measurements = new ArrayList<>();
        List<SoakState.Measured> entries = new ArrayList<>();
        for (Gate gate : spec.gates()) {
            context.checkpoint();
            GateSpec of = gate.spec();
            Measurement measurement = of.terms().judge(of.open(context).measure(), now);
            measurements.add(measurement);
            entries.add(new SoakState.Measured(round, measurements.size(), measurement));
        }
        if (!entries.isEmpty()) {
            context.journal().append(MEASUREMENTS, entries);
        }
        return measurements;
    }

    /** In whole seconds, as nobody wants to read milliseconds here. */
    private static Duration whole(Instant from, Instant to) {
        return Duration.ofSeconds(Duration.between(from, to).toSeconds());
    }
}
