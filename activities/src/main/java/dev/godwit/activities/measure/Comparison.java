package dev.godwit.activities.measure;

import dev.godwit.activities.measure.Measured.Round;
import dev.godwit.plan.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Two measurements of the same load, and whether a figure went further than it may. */
final class Comparison {
    private final Measured before;
    private final Measured after;
    private final boolean paired;

    Comparison(Measured before, Measured after) {
        this.before = before;
        this.after = after;
        this.paired = before.together().isPresent() && before.together().equals(after.together())
                && before.rounds().size() == after.rounds().size();
    }

    /** What of a limit's kind can be said, or why nothing can. */
    private record Finding(Interval interval, String why) {}

    MeasureCompare.Result judge(Metric metric, Limit limit) {
        Finding finding = metric == Metric.ERROR_RATE ? errors(limit) : figure(metric, limit);
        double was = median(before.rounds(), metric);
        double is = median(after.rounds(), metric);
        if (finding.interval() == null) {
            return new MeasureCompare.Result(metric, limit, Verdict.INCONCLUSIVE, rounded(was), rounded(is),
                    finding.why());
        }
        Interval interval = finding.interval();
        double best = metric.moreIsBetter() ? -interval.upper() : interval.lower();
        double worst = metric.moreIsBetter() ? -interval.lower() : interval.upper();
        double most = metric.moreIsBetter() ? -limit.value() : limit.value();
        Verdict verdict = best > most ? Verdict.FAILED : worst <= most ? Verdict.PASSED : Verdict.INCONCLUSIVE;
        String text = limit.show(interval.estimate()) + ", between " + limit.show(interval.lower()) + " and "
                + limit.show(interval.upper()) + ", and " + limit + " is the limit";
        return new MeasureCompare.Result(metric, limit, verdict, rounded(was), rounded(is),
                verdict == Verdict.INCONCLUSIVE ? text + "; measure longer, or in turn (beside)" : text);
    }

    private Finding errors(Limit limit) {
        if (after.requests() == 0 || limit.form() != Limit.Form.BOUND && before.requests() == 0) {
            return new Finding(null, "no requests were made");
        }
        Interval now = Interval.ofPart(after.failed(), after.requests());
        return new Finding(limit.form() == Limit.Form.BOUND
                ? now
                : Interval.ofPartsApart(Interval.ofPart(before.failed(), before.requests()), now), "");
    }

    private Finding figure(Metric metric, Limit limit) {
        boolean relative = limit.form() == Limit.Form.RELATIVE;
        DoubleUnaryOperator scale = relative ? Rounds::logarithm : value -> value;
        List<Double> was = new ArrayList<>();
        List<Double> is = new ArrayList<>();
        if (paired && limit.form() != Limit.Form.BOUND) {
            for (int i = 0; i < after.rounds().size(); i++) {
                if (enough(before.rounds().get(i), metric) && enough(after.rounds().get(i), metric)) {
                    was.add(scale.applyAsDouble(metric.of(before.rounds().get(i))));
                    is.add(scale.applyAsDouble(metric.of(after.rounds().get(i))));
                }
            }
        } else {
            before.rounds()
                    .stream()
                    .filter(round -> enough(round, metric))
                    .forEach(
                            round -> was.add(scale.applyAsDouble(metric.of(round))));
            after.rounds()
                    .stream()
                    .filter(round -> enough(round, metric))
                    .forEach(
                            round -> is.add(scale.applyAsDouble(metric.of(round))));
        }
        int rounds = limit.form() == Limit.Form.BOUND ? is.size() : Math.min(was.size(), is.size());
        if (rounds < Rounds.FEWEST) {
            return new Finding(null, "only " + rounds + " rounds have the " + metric.answers()
                    + " good answers that this figure needs, and " + Rounds.FEWEST
                    + " rounds must; measure more or longer ones");
        }
        Interval interval = limit.form() == Limit.Form.BOUND
                ? Interval.ofPairs(array(is))
                : paired ? Interval.ofPairs(differences(was, is)) : Interval.ofApart(array(was), array(is));
        return new Finding(relative
                ? new Interval(Math.expm1(interval.estimate()), Math.expm1(interval.lower()),
                        Math.expm1(interval.upper()))
                : interval, "");
    }

    private static boolean enough(Round round, Metric metric) {
        return round.good() >= metric.answers();
    }

    private static double[] differences(List<Double> was, List<Double> is) {
        double[] differences = new double[was.size()];
        for (int i = 0; i < differences.length; i++) {
            differences[i] = is.get(i) - was.get(i);
        }
        return differences;
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double median(List<Round> rounds, Metric metric) {
        double[] values = rounds.stream().mapToDouble(metric::of).sorted().toArray();
        int n = values.length;
        return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
    }

    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }
}
