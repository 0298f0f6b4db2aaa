package dev.godwit.activities.host;

import dev.godwit.run.Progress;
import dev.godwit.step.Journal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Ends an attempt at its n-th point: a step passes one at each checkpoint, where it can be stopped or die, and right before
 * and right after each write to its journal, where it can die.
 */
final class Interruption implements Attempt {
    /** What no code catches, like the death of a process. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1L;

        Death(int point) {
            super("died at point " + point);
        }
    }

    private final AtomicInteger passed = new AtomicInteger();
    private final int at;

    /** @param at counts from 1 */
    Interruption(int at) {
        this.at = at;
    }

    /** Only counts the points. */
    static Interruption never() {
        return new Interruption(Integer.MAX_VALUE);
    }

    boolean happened() {
        return passed.get() >= at;
    }

    int passed() {
        return passed.get();
    }

    @Override
    public void heartbeat(Progress progress) {
        // Nobody watches.
    }

    @Override
    public Instant asked() {
        throw new UnsupportedOperationException("a world has its own clock");
    }

    @Override
    public Optional<String> stopRequested() {
        point();
        return passed.incrementAndGet() == at ? Optional.of("stopped at point " + at) : Optional.empty();
    }

    private void point() {
        int number = passed.incrementAndGet();
        if (number == at) {
            throw new Death(number);
        }
    }

    Journal journal(Journal journal) {
        return new Journal() {
            @Override
            public <T> Optional<T> read(String name, Class<T> type) {
                return journal.read(name, type);
            }

            @Override
            public void write(String name, Object value) {
                point();
                journal.write(name, value);
                point();
            }

            @Override
            public void append(String log, List<?> entries) {
                point();
                journal.append(log, entries);
                point();
            }

            @Override
            public <T> void scan(String log, Class<T> type, Consumer<T> reader) {
                journal.scan(log, type, reader);
            }

            @Override
            public void checkToken() {
                journal.checkToken();
                point();
            }
        };
    }
}
