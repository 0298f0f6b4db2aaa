package dev.godwit.activities.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class IntervalTest {
    @Test
    void pairs_have_the_bounds_of_the_signed_rank_test() {
        Interval interval = Interval.ofPairs(new double[]{8, 1, 7, 2, 6, 3, 5, 4});

        assertThat(interval).isEqualTo(new Interval(4.5, 2, 7));
    }

    @Test
    void parts_have_the_bounds_of_wilson_and_newcombe() {
        // The examples of Newcombe's papers of 1998.
        Interval part = Interval.ofPart(81, 263);
        Interval apart = Interval.ofPartsApart(Interval.ofPart(48, 80), Interval.ofPart(56, 70));

        assertThat(part.lower()).isCloseTo(0.2553, within(0.0001));
        assertThat(part.upper()).isCloseTo(0.3662, within(0.0001));
        assertThat(apart.lower()).isCloseTo(0.0524, within(0.0001));
        assertThat(apart.upper()).isCloseTo(0.3339, within(0.0001));
    }

    @Test
    void the_truth_is_outside_as_rarely_as_it_should_be() {
        Random random = new Random(17);

        assertThat(outside(() -> Interval.ofPairs(noise(random, 8)))).isBetween(0.02, 0.07);
        assertThat(outside(() -> Interval.ofPairs(noise(random, 30)))).isBetween(0.02, 0.07);
        assertThat(outside(() -> Interval.ofApart(noise(random, 8), noise(random, 8)))).isBetween(0.02, 0.07);
        assertThat(outside(() -> Interval.ofApart(noise(random, 20), noise(random, 12)))).isBetween(0.02, 0.07);
    }

    @Test
    void one_wild_round_moves_little() {
        double[] calm = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        double[] wild = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000};

        assertThat(Interval.ofPairs(wild).estimate()).isCloseTo(Interval.ofPairs(calm).estimate(), within(0.6));
    }

    /** With tails as heavy as those of times: one in ten is ten times as far. */
    private static double[] noise(Random random, int size) {
        return random.doubles(size)
                .map(ten -> random.nextGaussian() * (ten < 0.1 ? 10 : 1))
                .toArray();
    }

    private static double outside(Supplier<Interval> interval) {
        int times = 4_000;
        int outside = 0;
        for (int i = 0; i < times; i++) {
            Interval one = interval.get();
            outside += one.lower() > 0 || one.upper() < 0 ? 1 : 0;
        }
        return (double) outside / times;
    }
}
