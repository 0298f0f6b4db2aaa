package dev.godwit.activities.tables.verify;

/** Lets units of work pass as fast as they may. */
@FunctionalInterface
public interface Pace {
    /** At once. */
    Pace UNLIMITED = units -> {};

    /** Waits until so many units may pass. */
    void pass(long units) throws Exception;
}
