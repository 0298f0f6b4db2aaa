package dev.godwit.worker;

import dev.godwit.cli.ExitCode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Temporal and a worker on this machine. */
@Command(name = "dev", mixinStandardHelpOptions = true, description = "Runs Temporal and a worker on this machine until Ctrl-C. With the Temporal CLI on PATH, it is a "
        + "server that keeps its runs in the state directory, with its UI; without, it is an embedded one, which forgets "
        + "them when it stops.")
final class DevCommand implements Callable<Integer> {
    private static final int UI_OFFSET = 1000;

    @Option(names = "--port", defaultValue = "7233", paramLabel = "PORT", description = "Where Temporal listens on 127.0.0.1; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(names = "--ui-port", paramLabel = "PORT", description = "Where its UI listens on 127.0.0.1; 0 takes a free one. Default: that of Temporal and 1000.")
    private Optional<Integer> uiPort;

    @Option(names = "--embedded", description = "Take the embedded Temporal, also if the Temporal CLI is on PATH.")
    private boolean embedded;

    @Option(names = "--state", paramLabel = "DIR", description = "See 'godwit worker'. Temporal keeps its database there, too.")
    private Optional<Path> state;

    @Option(names = "--plans", paramLabel = "DIR", description = "See 'godwit worker'.")
    private Optional<Path> plans;

    @Override
    public Integer call() throws InterruptedException {
        LocalTemporal temporal = temporal();
        TemporalAndWorker both = TemporalAndWorker.start(temporal, RunningWorker.Overrides.local(state, plans));
        describe(temporal);
        new WorkerCommand.Until().stopped(both);
        return ExitCode.DONE;
    }

    private LocalTemporal temporal() {
        Optional<TemporalCli> cli = embedded ? Optional.empty() : TemporalCli.find();
        return cli.isEmpty()
                ? port == 0 ? EmbeddedTemporal.start() : EmbeddedTemporal.start(port)
                : LocalServer.start(cli.get(), port, uiPort.orElse(port == 0 ? 0 : port + UI_OFFSET),
                        Conventions.stateDirectory(state.or(Conventions::stateOfEnvironment)));
    }

    private void describe(LocalTemporal temporal) {
        switch (temporal) {
            case LocalServer server -> {
                System.err.println("Temporal at " + server.address() + ", UI at " + server.ui()
                        + ", worker ready; in another terminal:");
                server.onDeath(DevCommand::end);
            }
            case EmbeddedTemporal server ->
                System.err
                        .println("Temporal (embedded) at " + server.address() + ", worker ready; in another terminal:");
        }
        System.err.println("  " + (port == 7233 ? "" : "TEMPORAL_ADDRESS=" + temporal.address() + " ")
                + "godwit start PLAN --param NAME=VALUE");
        if (temporal instanceof EmbeddedTemporal) {
            System.err.println("This Temporal has no UI, no schedules and no lists, and forgets all runs when it stops"
                    + (embedded
                            ? "."
                            : ": 'temporal' is not on PATH; for all of that, install " + TemporalCli.WANTED + "."));
        }
    }

    /** Nothing can be done any more; the worker leaves. */
    private static void end(String why) {
        System.err.println("godwit: " + why);
        System.exit(ExitCode.FAILED);
    }
}
