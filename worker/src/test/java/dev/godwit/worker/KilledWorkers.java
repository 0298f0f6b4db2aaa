package dev.godwit.worker;

import dev.godwit.activities.host.JournaledHost;
import dev.godwit.cli.ExitCode;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/** One worker after the other: when one is killed, the next is started. They are wired by {@link KillableWiring}. */
final class KilledWorkers implements AutoCloseable {
    private static final int KILLED = 137;

    private final Site site;
    private final List<String> program;
    private final Thread keeper = new Thread(this::keep, "keeper of workers");
    private volatile boolean closed;
    private volatile Process worker;
    private volatile String fault = "";
    private int killed;

    /**
     * Starts the first.
     *
     * @param program of {@link #program}
     * @param points the directory of their {@link KillPoints}
     */
    KilledWorkers(Site site, List<String> program, Path points) throws IOException {
        this.site = site;
        this.program = new ArrayList<>(program);
        this.program.addFirst("-D" + KillableWiring.PROPERTY + "=" + points);
        worker = site.launchWorker(this.program);
        keeper.start();
    }

    /**
     * What java runs as such a worker: the product, the tests' wiring, and an archive of their classes, because so many are
     * started.
     *
     * @param site where one is started and ended for the archive
     * @param directory where the archive and the tests' classes go
     */
    static List<String> program(Site site, Path directory) throws Exception {
        Path wiring = directory.resolve("wiring.jar"); // An archive cannot be made of a directory's classes.
        int made = ToolProvider.findFirst("jar")
                .orElseThrow()
                .run(System.out, System.err, "--create", "--file", wiring.toString(), "-C",
                        codeOf(KillableWiring.class).toString(), ".");
        if (made != 0) {
            throw new IllegalStateException("jar answered " + made);
        }
        String classPath = String.join(File.pathSeparator, wiring.toString(),
                Site.GODWIT.resolve("worker/target/godwit-worker.jar").toString(),
                codeOf(JournaledHost.class).toString());
        return ClassArchive.ofWorker(site, List.of("-cp", classPath, GodwitWorker.class.getName()),
                directory.resolve("worker.jsa"));
    }

    private static Path codeOf(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private void keep() {
        try {
            while (true) {
                int exit = worker.waitFor();
                synchronized (this) {
                    if (closed) {
                        return;
                    }
                    if (exit == KILLED) {
                        killed++;
                    } else if (exit != ExitCode.UNREACHABLE) {
                        fault = "a worker ended with " + exit;
                        return;
                    }
                    worker = site.launchWorker(program);
                }
            }
        } catch (IOException | InterruptedException e) {
            fault = e.toString();
        }
    }

    /** Kills the one that there is now. */
    void kill() {
        worker.destroyForcibly();
    }

    /** How many were killed so far. */
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
