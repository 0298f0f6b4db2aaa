package dev.godwit.worker;

/** Embedded Temporal and a worker of it, both in this process. */
final class Embedded implements AutoCloseable {
    private final EmbeddedTemporal temporal;
    private final RunningWorker worker;

    private Embedded(EmbeddedTemporal temporal, RunningWorker worker) {
        this.temporal = temporal;
        this.worker = worker;
    }

    /** Starts both; port 0 takes a free one. */
    static Embedded start(int port, RunningWorker.Overrides settings) {
        EmbeddedTemporal temporal = port == 0 ? EmbeddedTemporal.start() : EmbeddedTemporal.start(port);
        try {
            return new Embedded(temporal, RunningWorker.start(settings.at(temporal.address())));
        } catch (RuntimeException e) {
            temporal.close();
            throw e;
        }
    }

    /** Temporal's host and port. */
    String address() {
        return temporal.address();
    }

    @Override
    public void close() {
        worker.close();
        temporal.close();
    }
}
