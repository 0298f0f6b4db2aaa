package dev.godwit.worker;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One worker after the other: when one is killed, the next is started. They run the tests' class path, and so
 * {@link KillableWiring}.
 */
final class KilledWorkers implements AutoCloseable {
    private static final int KILLED = 137;

    private final Site site;
    private final Path points;
    private final Thread keeper = new Thread(this::keep, "keeper of workers");
    private volatile boolean closed;
    private volatile Process worker;
    private volatile String fault = "";
    private int killed;

    /** Starts the first. */
    KilledWorkers(Site site, Path points) throws IOException {
        this.site = site;
        this.points = points;
        worker = launch();
        keeper.start();
    }

    private Process launch() throws IOException {
        return site.launchWorker(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                "-D" + KillableWiring.PROPERTY + "=" + points, "-cp", System.getProperty("java.class.path"),
                GodwitWorker.class.getName()));
    }

    private void keep() {
        try {
            while (true) {
                int exit = worker.waitFor();
                synchronized (this) {
                    if (closed) {
                        return;
                    }
                    if (exit != KILLED) {
                        fault = "a worker ended with " + exit;
                        return;
                    }
                    killed++;
                    worker = launch();
                }
            }
        } catch (IOException | InterruptedException e) {
            fault = e.toString();
        }
    }

    /** How many were killed, one of them not by this class. */
    synchronized int killed() {
        return killed;
    }

    /** Why there are no workers any more; empty if there are. */
    String fault() {
        return fault;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            worker.destroyForcibly().onExit().join();
        }
    }
}
