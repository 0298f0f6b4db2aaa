package dev.godwit.worker;

import dev.godwit.cli.ExitCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Temporal and a worker on this machine. */
@Command(name = "dev", mixinStandardHelpOptions = true, description = "Runs embedded Temporal and a worker on this machine until Ctrl-C. It forgets all runs when it stops.")
final class DevCommand implements Callable<Integer> {
    @Option(names = "--port", defaultValue = "7233", paramLabel = "PORT", description = "Where Temporal listens on 127.0.0.1; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(names = "--state", paramLabel = "DIR", description = "See 'godwit worker'.")
    private Optional<Path> state;

    @Option(names = "--plans", paramLabel = "DIR", description = "See 'godwit worker'.")
    private Optional<Path> plans;

    @Override
    public Integer call() throws InterruptedException {
        Embedded embedded = Embedded.start(port, new RunningWorker.Overrides(List.of(), state, plans, Optional.empty(),
                Optional.empty()));
        System.err.println("Temporal (embedded) at " + embedded.address() + ", worker ready; in another terminal:");
        System.err.println("  " + (port == 7233 ? "" : "TEMPORAL_ADDRESS=" + embedded.address() + " ")
                + "godwit start PLAN --param NAME=VALUE");
        new WorkerCommand.Until().stopped(embedded);
        return ExitCode.DONE;
    }
}
