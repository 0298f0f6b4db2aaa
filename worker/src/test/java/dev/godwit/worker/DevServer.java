package dev.godwit.worker;

import dev.godwit.activities.host.Needed;
import dev.godwit.run.TemporalConnection;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A real Temporal: {@code temporal server start-dev} with a database file, on free ports, as a process of its own. It can be
 * killed and started again as it was. All that it writes lies in the directory it is given.
 */
final class DevServer implements Temporal {
    private static final int PATIENCE_SECONDS = 60;
    private static final Duration CONNECT = Duration.ofSeconds(2);

    private static final int TRIES = 5;

    private final Path directory;
    private final Path log;
    private final int port = EmbeddedTemporal.freePort();
    private final List<String> command;
    private final Thread afterwards = new Thread(this::end, "end of a Temporal for tests");
    private Process process;
    private int commands;

    private DevServer(Path directory, List<String> options) throws Exception {
        this.directory = directory;
        log = directory.resolve("temporal.log");
        command = new ArrayList<>(List.of(binary(), "server", "start-dev", "--ip", "127.0.0.1", "--port",
                String.valueOf(port), "--db-filename", directory.resolve("temporal.db").toString(), "--log-level",
                "warn"));
        command.addAll(options);
        // A test run that is interrupted closes nothing.
        Runtime.getRuntime().addShutdownHook(afterwards);
        try {
            start();
        } catch (Throwable e) {
            close();
            throw e;
        }
    }

    /** Starts one, without its web interface. Skips the test where Temporal's command line is missing. */
    static DevServer start(Path directory, String... options) throws Exception {
        return onFreePorts(directory, List.of(options), () -> List.of("--headless"));
    }

    /** Starts one with its web interface at {@link #ui()}. */
    static DevServer startWithUi(Path directory, String... options) throws Exception {
        return onFreePorts(directory, List.of(options),
                () -> List.of("--ui-port", String.valueOf(EmbeddedTemporal.freePort())));
    }

    /** Others may take a port between the moment it was found free and that at which the server asks for it. */
    private static DevServer onFreePorts(Path directory, List<String> options, Supplier<List<String>> more)
            throws Exception {
        for (int tries = 1;; tries++) {
            List<String> all = new ArrayList<>(options);
            all.addAll(more.get());
            try {
                return new DevServer(directory, all);
            } catch (AssertionError failure) {
                if (tries == TRIES || !failure.getMessage().contains("address already in use")) {
                    throw failure;
                }
            }
        }
    }

    /** Temporal's own command line, on the path or named by {@code GODWIT_TEMPORAL_CLI}; otherwise the test is skipped. */
    static String binary() {
        Optional<String> named = Optional.ofNullable(System.getenv("GODWIT_TEMPORAL_CLI"));
        Optional<Path> found = Stream
                .concat(named.stream(),
                        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                                .map(directory -> directory + "/temporal"))
                .map(Path::of)
                .filter(Files::isExecutable)
                .filter(Files::isRegularFile)
                .findFirst();
        Needed.part(found.isPresent(), "Temporal's command line 1.5 or newer; put 'temporal' on the PATH or name it"
                + " in GODWIT_TEMPORAL_CLI (https://docs.temporal.io/cli/setup-cli)");
        return found.orElseThrow().toString();
    }

    @Override
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** Its web interface. */
    URI ui() {
        return URI.create("http://127.0.0.1:" + command.get(command.indexOf("--ui-port") + 1));
    }

    /** With SIGKILL; returns when it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Starts it again after a {@link #kill()}, with the same ports and database; returns when it answers. */
    void start() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        process = alone(builder).start();
        Until.within(PATIENCE_SECONDS, "Temporal answers; see " + log, () -> {
            if (!process.isAlive()) {
                throw new AssertionError("Temporal ended: " + Files.readString(log));
            }
            return answers();
        });
    }

    private boolean answers() {
        WorkflowServiceStubs stubs;
        try {
            stubs = TemporalConnection.load(Map.of("TEMPORAL_ADDRESS", address())).connect(CONNECT);
        } catch (TemporalConnection.Unreachable e) {
            return false;
        }
        try {
            // It listens before it has made its namespace.
            stubs.blockingStub()
                    .withDeadlineAfter(CONNECT.toMillis(), TimeUnit.MILLISECONDS)
                    .describeNamespace(DescribeNamespaceRequest.newBuilder().setNamespace("default").build());
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        } finally {
            stubs.shutdownNow();
        }
    }

    /**
     * What Temporal's own command line answers, such as {@code temporal workflow list}: in JSON, from this server.
     *
     * @param arguments without the address and the form of the output
     */
    Answer temporal(List<String> arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(binary()));
        all.addAll(arguments);
        all.addAll(List.of("--address", address(), "--output", "json", "--disable-config-file"));
        Path out;
        Path err;
        synchronized (this) {
            out = directory.resolve("temporal-" + ++commands + ".out");
            err = directory.resolve("temporal-" + commands + ".err");
        }
        ProcessBuilder builder = new ProcessBuilder(all).redirectOutput(out.toFile()).redirectError(err.toFile());
        return new Site.Command(alone(builder).start(), out, err).await();
    }

    Answer temporal(String... arguments) throws Exception {
        return temporal(List.of(arguments));
    }

    /** Whatever Temporal this machine's environment speaks of is not meant. */
    private static ProcessBuilder alone(ProcessBuilder builder) {
        builder.environment().keySet().removeIf(name -> name.startsWith("TEMPORAL_"));
        return builder;
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(afterwards);
        } catch (IllegalStateException e) {
            return; // This process ends already, and the hook runs.
        }
    }

    private void end() {
        if (process != null) {
            process.destroy();
            process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
            process.destroyForcibly().onExit().join();
        }
    }
}
