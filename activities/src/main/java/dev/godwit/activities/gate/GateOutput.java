package dev.godwit.activities.gate;

import dev.godwit.plan.Verdict;
import dev.godwit.step.Deciding;
import java.util.Optional;

/**
 * @param verdict passed, failed or inconclusive
 * @param passed how many measurements passed
 * @param failed how many failed
 * @param inconclusive how many said nothing
 * @param total how many were made
 * @param lowest the lowest number that was measured; absent if there was none
 * @param highest the highest number that was measured; absent if there was none
 * @param condition what had to be true
 * @param reason why it did not pass; absent if it did
 */
public record GateOutput(Verdict verdict, long passed, long failed, long inconclusive, long total,
        Optional<Double> lowest, Optional<Double> highest, String condition, Optional<String> reason)
        implements
            Deciding {

    /** What a gate has to say after these measurements. */
    public static GateOutput of(GateSpec spec, Tally tally) {
        Terms terms = spec.terms();
        Verdict verdict = tally.ended(terms);
        return new GateOutput(verdict, tally.passed(), tally.failed(), tally.inconclusive(), tally.total(),
                tally.lowest(), tally.highest(), terms.condition(spec.subject()),
                verdict == Verdict.PASSED ? Optional.empty() : Optional.of(tally.reason(terms)));
    }
}
