package dev.godwit.worker;

import dev.godwit.cli.ExitCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A worker until it is told to stop. */
@Command(name = "worker", mixinStandardHelpOptions = true, description = "Runs a worker for the workflows and the steps of its sites until SIGTERM or Ctrl-C.")
final class WorkerCommand implements Callable<Integer> {
    @Option(names = "--site", paramLabel = "NAME", description = "A site whose resources this worker can reach; repeatable. Default: default.")
    private List<String> sites = List.of();

    @Option(names = "--state", paramLabel = "DIR", description = "The site's shared state: journals, evidence, what was set aside. Default: GODWIT_STATE or "
            + "~/.local/state/godwit.")
    private Optional<Path> state;

    @Option(names = "--plans", paramLabel = "DIR", description = "Where plans are found that a run only names. Default: GODWIT_PLANS or ./plans.")
    private Optional<Path> plans;

    @Option(names = "--health-port", paramLabel = "PORT", description = "Answer /health and /prometheus on this port of 127.0.0.1; 0 takes a free one.")
    private Optional<Integer> healthPort;

    @ArgGroup(exclusive = false)
    private Versioned versioned;

    /** Both or none. */
    private static final class Versioned {
        @Option(names = "--deployment", required = true, paramLabel = "NAME", description = "The worker deployment that this worker belongs to: runs that begin on a build stay with it. Default: "
                + "GODWIT_DEPLOYMENT, or none, so that a run goes on with any build.")
        private String deployment;

        @Option(names = "--build-id", required = true, paramLabel = "ID", description = "Which build of the deployment this worker is. Default: GODWIT_BUILD_ID.")
        private String buildId;
    }

    @Override
    public Integer call() throws InterruptedException {
        RunningWorker worker = RunningWorker
                .start(new RunningWorker.Overrides(sites, state, plans, healthPort, Optional.empty(),
                        Optional.ofNullable(versioned)
                                .map(version -> new Build(version.deployment, version.buildId))));
        System.err.println(worker.describe());
        new Until().stopped(worker);
        return ExitCode.DONE;
    }

    /** Waits for a signal, then closes what it was given. */
    static final class Until {
        private final CountDownLatch closed = new CountDownLatch(1);

        void stopped(AutoCloseable... parts) throws InterruptedException {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                for (AutoCloseable part : parts) {
                    try {
                        part.close();
                    } catch (Exception e) {
                        System.err.println("godwit: while stopping: " + e.getMessage());
                    }
                }
                closed.countDown();
            }, "godwit-stop"));
            closed.await();
        }
    }
}
