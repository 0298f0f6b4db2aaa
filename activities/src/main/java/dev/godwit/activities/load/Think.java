package dev.godwit.activities.load;

import dev.godwit.step.Default;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * How long a user waits between an answer and the next request: evenly spread between the two.
 *
 * @param from the shortest time
 * @param to the longest time
 */
public record Think(@Default("0s") Duration from, @Default("0s") Duration to) {
    /** No time at all. */
    public static final Think NONE = new Think(Duration.ZERO, Duration.ZERO);

    public Think {
        if (to.compareTo(from) < 0) {
            throw new IllegalArgumentException("from must not be longer than to");
        }
    }

    boolean none() {
        return to.isZero();
    }

    long nanos(SplittableRandom random) {
        return from.toNanos() + random.nextLong(to.toNanos() - from.toNanos() + 1);
    }
}
