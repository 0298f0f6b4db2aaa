package dev.godwit.worker;

import dev.godwit.activities.host.SiteState;
import dev.godwit.run.TemporalConnection;
import dev.godwit.step.StepFailure;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A real Temporal: the development server of the Temporal CLI, with its database in the state directory. It has a UI, and
 * remembers all runs when it is started again.
 */
final class LocalServer implements LocalTemporal {
    /**
     * Runs the server, and ends it when this process ends, however that happens: standard input is then at its end.
     */
    private static final String GUARD = """
            exec 3<&0
            "$@" </dev/null 3<&- &
            server=$!
            { read -r _ <&3; kill "$server"; } 2>/dev/null &
            exec 3<&-
            wait "$server"
            """;
    private static final Pattern REASON = Pattern.compile("msg=\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration ONE_TRY = Duration.ofSeconds(5);
    private static final int GLANCE_MILLIS = 50;

    private final int port;
    private final int uiPort;
    private final Path log;
    private final FileChannel lock;
    private final Process process;
    private volatile boolean closing;

    private LocalServer(TemporalCli cli, int port, int uiPort, Path state, FileChannel lock) throws IOException {
        this.port = port;
        this.uiPort = uiPort;
        this.lock = lock;
        log = state.resolve("temporal.log");
        List<String> command = new ArrayList<>();
        // In a session of its own, Ctrl-C reaches only this process, and the worker can leave before its Temporal does.
        OnPath.find("setsid").ifPresent(setsid -> command.add(setsid.toString()));
        command.addAll(List.of("sh", "-c", GUARD, "godwit-dev", cli.executable().toString(), "server", "start-dev",
                "--ip",
                EmbeddedTemporal.LOCAL, "--port", String.valueOf(port), "--ui-port", String.valueOf(uiPort),
                "--db-filename",
                database(state).toString(), "--log-level", "warn"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        // Whatever Temporal this machine's environment speaks of is not meant.
        builder.environment().keySet().removeIf(name -> name.startsWith("TEMPORAL_"));
        process = builder.start();
    }

    /**
     * Starts it and returns when it answers.
     *
     * @param port where it listens on 127.0.0.1; 0 takes a free one
     * @param uiPort where its UI listens; 0 takes a free one
     * @param state the directory for its database and its log
     * @throws StepFailure if it does not come up
     */
    static LocalServer start(TemporalCli cli, int port, int uiPort, Path state) {
        int grpc = port == 0 ? EmbeddedTemporal.freePort() : port;
        int ui = uiPort == 0 ? EmbeddedTemporal.freePort() : uiPort;
        // Another Temporal there would answer in its place.
        EmbeddedTemporal.requireFree(grpc, "Temporal", "--port");
        EmbeddedTemporal.requireFree(ui, "Temporal's UI", "--ui-port");
        new SiteState(state).requireWritable();
        try {
            LocalServer server = new LocalServer(cli, grpc, ui, state, lock(state));
            server.awaitAnswer();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + cli.executable(), e);
        }
    }

    private static Path database(Path state) {
        return state.resolve("temporal.db");
    }

    /** Two servers on one database would destroy it. */
    private static FileChannel lock(Path state) throws IOException {
        FileChannel lock = FileChannel.open(state.resolve("temporal.lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        try {
            if (lock.tryLock() != null) {
                return lock;
            }
        } catch (OverlappingFileLockException e) {
            // This process itself holds it.
        }
        lock.close();
        throw StepFailure.user("temporal-in-use", "another 'godwit dev' keeps its runs in " + database(state)
                + "; use that one, stop it, or name another directory with --state");
    }

    private void awaitAnswer() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (!answers()) {
                if (process.waitFor(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw StepFailure.user("temporal-ended", "Temporal does not start: " + lastWords());
                }
                if (System.nanoTime() > deadline) {
                    throw StepFailure.external("temporal-silent", "Temporal does not answer at " + address()
                            + " within " + PATIENCE.toSeconds() + " s; see " + log);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw StepFailure.external("temporal-interrupted", "interrupted while Temporal was started");
        } catch (StepFailure e) {
            close();
            throw e;
        }
    }

    private boolean listens() {
        try {
            new Socket(EmbeddedTemporal.LOCAL, port).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** It listens before it has its namespace. */
    private boolean answers() {
        if (!listens()) {
            return false;
        }
        try {
            WorkflowServiceStubs stubs = TemporalConnection.at(address()).connect(ONE_TRY);
            try {
                stubs.blockingStub()
                        .withDeadlineAfter(ONE_TRY.toSeconds(), TimeUnit.SECONDS)
                        .describeNamespace(DescribeNamespaceRequest.newBuilder().setNamespace("default").build());
                return true;
            } finally {
                stubs.shutdownNow();
            }
        } catch (TemporalConnection.Unreachable | StatusRuntimeException e) {
            return false;
        }
    }

    @Override
    public String address() {
        return EmbeddedTemporal.LOCAL + ":" + port;
    }

    /** Where people look at runs. */
    String ui() {
        return "http://" + EmbeddedTemporal.LOCAL + ":" + uiPort;
    }

    /** Calls back if it ends by itself, with the reason. */
    void onDeath(Consumer<String> listener) {
        process.onExit().thenAccept(ended -> {
            if (!closing) {
                listener.accept("Temporal has ended (exit code " + ended.exitValue() + "): " + lastWords()
                        + "; its runs are kept, and go on with the next 'godwit dev'");
            }
        });
    }

    private String lastWords() {
        try {
            List<String> lines = Files.readAllLines(log).stream().filter(line -> !line.isBlank()).toList();
            String last = lines.isEmpty() ? "it said nothing" : lines.getLast();
            Matcher reason = REASON.matcher(last);
            return (reason.find() ? reason.group(1).replace("\\\"", "\"") : last) + " (log: " + log + ")";
        } catch (IOException e) {
            return "see " + log;
        }
    }

    @Override
    public void close() {
        closing = true;
        try (lock) {
            process.getOutputStream().close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot stop Temporal", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.descendants().forEach(ProcessHandle::destroyForcibly);
        }
    }
}
