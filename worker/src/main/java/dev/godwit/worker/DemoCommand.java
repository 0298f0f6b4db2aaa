package dev.godwit.worker;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.cli.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Migrates an example system. Each {@code examples/SYSTEM/Demo.java} tells its own story with the same commands that anyone
 * would type; this gives it embedded Temporal, a worker and a directory of its own, and takes them away again.
 */
@Command(name = "demo", mixinStandardHelpOptions = true, description = "Makes a throwaway instance of an example system, migrates it with embedded Temporal, and shows the "
        + "reports.")
final class DemoCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", defaultValue = "license-plate", paramLabel = "SYSTEM", description = "A directory of examples/. Default: ${DEFAULT-VALUE}.")
    private String system;

    @Option(names = "--sessions", defaultValue = "60", paramLabel = "N", description = "How much data the instance gets. Default: ${DEFAULT-VALUE}.")
    private int sessions;

    @Option(names = "--keep", description = "Leave the instance running and its directory in place.")
    private boolean keep;

    @Option(names = "--live-heap", description = "Collect garbage every half second and print the worker's greatest live heap at the end.")
    private boolean liveHeap;

    private volatile Process teller;

    private volatile TemporalAndWorker embedded;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path home = Path.of(Optional.ofNullable(System.getenv("GODWIT_HOME")).orElse(".")).toAbsolutePath();
        Path story = home.resolve("examples").resolve(system).resolve("Demo.java");
        if (!Files.isRegularFile(story)) {
            System.err.println("godwit: there is no example '" + system + "' to show; there are " + known(home));
            return ExitCode.USAGE;
        }
        Path directory = Files.createTempDirectory("godwit-demo-").toRealPath();
        RunningWorker.Overrides settings = RunningWorker.Overrides
                .local(Optional.of(directory.resolve("state")), Optional.empty());
        System.err.println("Making a throwaway instance of " + system + "...");
        int port = EmbeddedTemporal.freePort();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> cleanUp(directory), "godwit-demo-stop"));
        // The story first makes its instance, which takes about as long as Temporal and the worker need to start.
        teller = tell(story, home, directory, "127.0.0.1:" + port);
        embedded = TemporalAndWorker.start(EmbeddedTemporal.start(port), settings);
        try (LiveHeap heap = liveHeap ? LiveHeap.watch() : LiveHeap.none()) {
            int exit = teller.waitFor();
            heap.peak().ifPresent(bytes -> System.err.println("greatest live heap of the worker: " + bytes + " bytes"));
            return exit;
        }
    }

    /**
     * Also after Ctrl-C or SIGTERM. The worker leaves first, so that it starts nothing any more when the story's end stops
     * what there is.
     */
    private void cleanUp(Path directory) {
        try {
            if (embedded != null) {
                embedded.close();
            }
            if (teller != null) {
                teller.destroy();
                teller.waitFor();
            }
            if (keep) {
                System.err.println("kept: " + directory);
            } else {
                DurableFiles.deleteTree(directory);
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("godwit: cannot remove " + directory + ": " + e.getMessage());
        }
    }

    private Process tell(Path story, Path home, Path directory, String temporal) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                story.toString(), "--directory", directory.toString(), "--sessions", String.valueOf(sessions)));
        if (keep) {
            command.add("--keep");
        }
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(Map.of("TEMPORAL_ADDRESS", temporal, "GODWIT_HOME", home.toString()));
        return builder.start();
    }

    private static String known(Path home) {
        try (Stream<Path> examples = Files.list(home.resolve("examples"))) {
            return String.join(", ", examples.filter(example -> Files.exists(example.resolve("Demo.java")))
                    .map(example -> example.getFileName().toString())
                    .sorted()
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list the examples in " + home, e);
        }
    }
}
