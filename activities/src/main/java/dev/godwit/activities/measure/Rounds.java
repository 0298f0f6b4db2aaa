package dev.godwit.activities.measure;

import dev.godwit.activities.load.Load;
import dev.godwit.activities.load.LoadGenerator;
import dev.godwit.activities.load.Tally;
import dev.godwit.activities.measure.Measured.Round;
import dev.godwit.activities.resource.HttpEndpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.ToDoubleFunction;

/** A service that is measured round by round. */
final class Rounds implements AutoCloseable {
    /** Of fewer rounds no rank test can say anything with confidence. */
    static final int FEWEST = 6;

    private final Load load;
    private final LoadGenerator users;
    private final Tally sum;
    private final List<Round> rounds = new ArrayList<>();

    Rounds(HttpEndpoint service, Load load) {
        this.load = load;
        this.users = new LoadGenerator(service, load);
        this.sum = new Tally(load.all().size());
    }

    /** Load that does not count. */
    void warmUp(Duration time, LongConsumer whileWaiting) throws InterruptedException {
        if (time.isPositive()) {
            users.run(Duration.ZERO, time, whileWaiting);
        }
    }

    void round(Duration time, LongConsumer whileWaiting) throws InterruptedException {
        Tally tally = users.run(Duration.ZERO, time, whileWaiting);
        sum.add(tally);
        rounds.add(Round.of(tally));
    }

    Tally sum() {
        return sum;
    }

    /**
     * Whether the usual time and the throughput are known to so many percent, and the error rate to a tenth of it in
     * points; of a pair, by how much they differ.
     */
    static boolean known(Rounds one, Optional<Rounds> other, int percent) {
        if (one.rounds.size() < FEWEST) {
            return false;
        }
        double enough = Math.log1p(percent / 100.0);
        Interval failed = one.failedPart();
        double errors = other.map(beside -> Interval.ofPartsApart(beside.failedPart(), failed))
                .orElse(failed)
                .halfWidth();
        boolean fewErrors = one.sum.failed() + other.map(beside -> beside.sum.failed()).orElse(0L) == 0;
        return width(one, other, Round::p50) <= enough && width(one, other, Round::throughput) <= enough
                && (fewErrors || errors <= percent / 1000.0);
    }

    Measured measured(Optional<String> together) {
        // Of the rounds, since the sum of throughputs is none.
        double throughput = rounds.stream().mapToDouble(Round::throughput).average().orElse(0);
        return new Measured(load.users(), load.rate(), sum.requests(), sum.failed(), sum.errorRate(),
                Math.round(throughput * 1e3) / 1e3, sum.times(), sum.errors(), List.copyOf(rounds), together);
    }

    private Interval failedPart() {
        return Interval.ofPart(sum.failed(), Math.max(1, sum.requests()));
    }

    private static double width(Rounds one, Optional<Rounds> other, ToDoubleFunction<Round> figure) {
        double[] logarithms = new double[one.rounds.size()];
        for (int i = 0; i < logarithms.length; i++) {
            int round = i;
            logarithms[i] = logarithm(figure.applyAsDouble(one.rounds.get(i)))
                    - other.map(beside -> logarithm(figure.applyAsDouble(beside.rounds.get(round)))).orElse(0.0);
        }
        return Interval.ofPairs(logarithms).halfWidth();
    }

    /** So that differences are ratios; nothing at all becomes very little. */
    static double logarithm(double value) {
        return Math.log(Math.max(value, 1e-9));
    }

    @Override
    public void close() {
        users.close();
    }
}
