package dev.godwit.activities.faults;

import java.time.Duration;

/**
 * What befalls a connection that goes through a {@link FaultProxy}.
 *
 * @param kind what happens
 * @param direction which bytes count and suffer
 * @param afterBytes how many of them pass before it happens; a reset may destroy the last of them on their way
 * @param delay for {@link Kind#DELAY}: how late everything comes
 * @param bytesPerSecond for {@link Kind#THROTTLE}
 */
public record Fault(Kind kind, Direction direction, long afterBytes, Duration delay, long bytesPerSecond) {
    /** What happens. */
    public enum Kind {
        /** Nothing. */
        NONE,
        /** Both sides are closed, as when a server ends. */
        CLOSE,
        /** Both sides are reset (RST), as when a machine has restarted or a firewall has forgotten the connection. */
        RESET,
        /** Nothing passes any more, and nobody is told, as when a cable is pulled. */
        SILENCE,
        /** Everything comes late. */
        DELAY,
        /** Everything comes slowly. */
        THROTTLE
    }

    /** Which way the bytes go that count. */
    public enum Direction { TO_SERVER, TO_CLIENT }

    /** None. */
    public static final Fault NONE = of(Kind.NONE, Direction.TO_SERVER, 0);

    /** Refuses nonsense. */
    public Fault {
        if (afterBytes < 0 || delay.isNegative() || kind == Kind.THROTTLE && bytesPerSecond <= 0) {
            throw new IllegalArgumentException("no such fault: " + kind + " " + afterBytes + " " + delay + " "
                    + bytesPerSecond);
        }
    }

    public static Fault close(Direction direction, long afterBytes) {
        return of(Kind.CLOSE, direction, afterBytes);
    }

    public static Fault reset(Direction direction, long afterBytes) {
        return of(Kind.RESET, direction, afterBytes);
    }

    public static Fault silence(Direction direction, long afterBytes) {
        return of(Kind.SILENCE, direction, afterBytes);
    }

    /** Accepts the connection and says nothing. */
    public static Fault blackHole() {
        return silence(Direction.TO_SERVER, 0);
    }

    public static Fault delay(Direction direction, Duration delay) {
        return new Fault(Kind.DELAY, direction, 0, delay, 0);
    }

    public static Fault throttle(Direction direction, long bytesPerSecond) {
        return new Fault(Kind.THROTTLE, direction, 0, Duration.ZERO, bytesPerSecond);
    }

    private static Fault of(Kind kind, Direction direction, long afterBytes) {
        return new Fault(kind, direction, afterBytes, Duration.ZERO, 0);
    }

    boolean ends() {
        return kind == Kind.CLOSE || kind == Kind.RESET || kind == Kind.SILENCE;
    }
}
