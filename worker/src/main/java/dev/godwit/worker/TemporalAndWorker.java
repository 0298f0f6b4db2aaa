package dev.godwit.worker;

/** A Temporal of this machine and a worker of it. */
final class TemporalAndWorker implements AutoCloseable {
    private final LocalTemporal temporal;
    private final RunningWorker worker;

    private TemporalAndWorker(LocalTemporal temporal, RunningWorker worker) {
        this.temporal = temporal;
        this.worker = worker;
    }

    /** Starts the worker; if that fails, Temporal is closed. */
    static TemporalAndWorker start(LocalTemporal temporal, RunningWorker.Overrides settings) {
        try {
            return new TemporalAndWorker(temporal, RunningWorker.start(settings.at(temporal.address())));
        } catch (RuntimeException e) {
            temporal.close();
            throw e;
        }
    }

    @Override
    public void close() {
        worker.close();
        temporal.close();
    }
}
