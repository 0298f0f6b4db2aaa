package dev.godwit.activities.proxy;

import java.util.List;

/** A proxy that a file tells where requests go: what a run may do with it. */
public interface WritableProxy extends ReadableProxy {
    /**
     * The processes that take requests by one configuration. A reload starts others; these then refuse new connections
     * and end when they have finished what they have.
     *
     * @param processes each with its start time, for a pid is used again
     */
    record Generation(List<String> processes) {
        public Generation {
            processes = List.copyOf(processes);
        }
    }

    /** How far others have taken the place of a generation. */
    enum Succession {
        /** It takes requests, or its successors do not yet. */
        SERVING,
        /** Its successors take requests; it finishes what it has. */
        DRAINING,
        /** It has ended. */
        ENDED
    }

    /**
     * Tests the configuration as it is on disk.
     *
     * @throws dev.godwit.step.StepFailure with the proxy's own words, if it would not take it
     */
    void test(Runnable whileWaiting) throws Exception;

    /**
     * The processes that take requests now.
     *
     * @throws dev.godwit.step.StepFailure if it does not run
     */
    Generation generation(Runnable whileWaiting) throws Exception;

    /** Tells it to take the configuration; returns before it has. */
    void reload(Runnable whileWaiting) throws Exception;

    /** Whether others have taken a generation's place. */
    Succession succession(Generation before, Runnable whileWaiting) throws Exception;
}
