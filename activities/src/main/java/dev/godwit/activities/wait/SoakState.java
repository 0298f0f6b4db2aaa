package dev.godwit.activities.wait;

import dev.godwit.activities.check.CheckHttp;
import dev.godwit.activities.gate.GateOutput;
import dev.godwit.activities.gate.Measurement;
import dev.godwit.activities.gate.Tally;
import dev.godwit.json.Durations;
import dev.godwit.plan.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a soak has seen so far; of the time before the first round there is nothing to say.
 *
 * @param begun when it began
 * @param last when the last round was made to its end
 * @param rounds how many were
 * @param checks how many requests their checks made
 * @param failed how many rounds had a check that did not pass
 * @param slowest the longest time that an answer to a check took, in milliseconds
 * @param blind how long nobody looked
 * @param gates how each gate came out, since a person last wanted the step tried
 * @param settledAt how many attempts were allowed when the gates had seen enough; more are when a person wants to go on
 */
record SoakState(Instant begun, Optional<Instant> last, long rounds, long checks, long failed, double slowest,
        Duration blind, List<Tally> gates, Optional<Integer> settledAt) {

    SoakState {
        // Of a soak that began before there were gates.
        gates = gates == null ? List.of() : List.copyOf(gates);
        settledAt = settledAt == null ? Optional.empty() : settledAt;
    }

    /**
     * A measurement among the evidence.
     *
     * @param round counts from 1
     * @param gate counts from 1
     * @param measurement what it saw
     */
    record Measured(long round, int gate, Measurement measurement) {}

    static SoakState nothing(Instant now, int gates) {
        return new SoakState(now, Optional.empty(), 0, 0, 0, 0, Duration.ZERO,
                Collections.nCopies(gates, Tally.NONE), Optional.empty());
    }

    SoakState failedOnce() {
        return new SoakState(begun, last, rounds, checks, failed + 1, slowest, blind, gates, settledAt);
    }

    SoakState passed(Instant now, Duration every, List<CheckHttp.Output> answers) {
        double slow = answers.stream()
                .flatMap(answer -> answer.results().stream())
                .mapToDouble(result -> result.millis().orElse(0.0))
                .max()
                .orElse(0);
        Duration late = last.map(before -> Duration.between(before, now).minus(every)).orElse(Duration.ZERO);
        return new SoakState(begun, Optional.of(now), rounds + 1,
                checks + answers.stream().mapToLong(CheckHttp.Output::total).sum(), failed,
                Math.max(slowest, slow), late.isPositive() ? blind.plus(late) : blind, gates, settledAt);
    }

    /** With one more measurement of each gate. */
    SoakState measured(WaitSoak.Spec spec, List<Measurement> measurements, int allowed) {
        List<Tally> after = new ArrayList<>();
        boolean settled = false;
        for (int i = 0; i < measurements.size(); i++) {
            Tally tally = gates.get(i).with(measurements.get(i));
            after.add(tally);
            settled |= tally.settled(spec.gates().get(i).spec().terms()).isPresent();
        }
        SoakState state = new SoakState(begun, last, rounds, checks, failed, slowest, blind, after, Optional.empty());
        return settled ? state.settled(allowed) : state;
    }

    /** Its gates have seen enough, or the time is over. */
    SoakState settled(int allowed) {
        return new SoakState(begun, last, rounds, checks, failed, slowest, blind, gates, Optional.of(allowed));
    }

    /** A person wants to go on. */
    SoakState anew() {
        return new SoakState(begun, last, rounds, checks, failed, slowest, blind,
                Collections.nCopies(gates.size(), Tally.NONE), Optional.empty());
    }

    WaitSoak.Output output(WaitSoak.Spec spec) {
        List<GateOutput> results = results(spec);
        Verdict verdict = worst(results);
        Duration whole = Duration.between(begun, last.orElse(begun));
        return new WaitSoak.Output(rounds, checks, failed, slowest, blind.toSeconds(), whole.toMillis() / 1e3, verdict,
                results, "all is well for " + Durations.format(spec.time()),
                verdict == Verdict.PASSED ? Optional.empty() : Optional.of(reason(results, whole)));
    }

    private List<GateOutput> results(WaitSoak.Spec spec) {
        List<GateOutput> results = new ArrayList<>();
        for (int i = 0; i < gates.size(); i++) {
            results.add(GateOutput.of(spec.gates().get(i).spec(), gates.get(i)));
        }
        return results;
    }

    private static Verdict worst(List<GateOutput> results) {
        List<Verdict> verdicts = results.stream().map(GateOutput::verdict).toList();
        if (verdicts.contains(Verdict.FAILED)) {
            return Verdict.FAILED;
        }
        return verdicts.contains(Verdict.INCONCLUSIVE) ? Verdict.INCONCLUSIVE : Verdict.PASSED;
    }

    private static String reason(List<GateOutput> results, Duration whole) {
        return "after " + Durations.format(Duration.ofSeconds(whole.toSeconds())) + ": " + results.stream()
                .filter(result -> result.verdict() != Verdict.PASSED)
                .map(result -> result.condition() + ": " + result.reason().orElse(""))
                .collect(Collectors.joining("; "));
    }
}
