package dev.godwit.activities.load;

import dev.godwit.activities.throttle.Rate;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The requests of the open model in the order in which they are due. Whoever has a user to spare takes the next one, so that
 * none waits for one user while another is idle. For several threads.
 */
final class DueRequests {
    /** No request is due. */
    static final long NONE = -1;

    private final Window window;
    private final Rate rate;
    private final AtomicLong next = new AtomicLong();

    DueRequests(Window window, Rate rate) {
        this.window = window;
        this.rate = rate;
    }

    /** When one is due, counted from 0. */
    long due(long number) {
        return window.due(number, rate);
    }

    /** Whether one is due that nobody has taken. */
    boolean waits(long now) {
        return isDue(next.get(), now);
    }

    /** Takes the first that is due, and answers its number. */
    long take(long now) {
        long number = next.get();
        while (isDue(number, now)) {
            if (next.compareAndSet(number, number + 1)) {
                return number;
            }
            number = next.get();
        }
        return NONE;
    }

    /** How many nobody has taken, when the time is over. */
    long rest() {
        long first = next.get();
        long end = first;
        while (!window.over(due(end))) {
            end++;
        }
        return end - first;
    }

    /** What was due in time stays so: a user may have been free for it, and woken a moment late. */
    private boolean isDue(long number, long now) {
        long at = due(number);
        return at - now <= 0 && !window.over(at);
    }
}
