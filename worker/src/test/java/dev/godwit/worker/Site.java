package dev.godwit.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A place where runs happen as they do with people: Temporal, a state directory, workers that are processes of their own,
 * and the command line, also a process of its own.
 */
final class Site implements AutoCloseable {
    static final Path GODWIT = Path.of(Optional.ofNullable(System.getProperty("godwit.home")).orElse(".."))
            .toAbsolutePath()
            .normalize();
    static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private final Temporal temporal;
    private final Path directory;
    private final List<Process> workers = new ArrayList<>();
    private int commands;

    /** With the embedded Temporal, and without a worker yet. */
    Site(Path directory) {
        this(directory, Temporal.embedded());
    }

    /**
     * Without a worker yet.
     *
     * @param temporal closed with the site
     */
    Site(Path directory, Temporal temporal) {
        this.directory = directory;
        this.temporal = temporal;
    }

    /** What the workers share. */
    Path state() {
        return directory.resolve("state");
    }

    String temporal() {
        return temporal.address();
    }

    /**
     * Starts a worker and returns its pid when it polls.
     *
     * @param options of the command, such as {@code --plans}
     */
    long startWorker(String... options) throws Exception {
        return startWorker(List.of(), options);
    }

    /** The same with options of java, which go before the usual ones. */
    long startWorkerWith(String... ofJava) throws Exception {
        return startWorker(List.of(ofJava));
    }

    private long startWorker(List<String> ofJava, String... options) throws Exception {
        List<String> program = new ArrayList<>(ofJava);
        program.addAll(ClassArchive.program("worker"));
        return readyWorker(program, options).pid();
    }

    /**
     * Starts a worker and returns it when it polls. One that did not reach Temporal in time, on a machine that does much
     * else, is followed by another.
     *
     * @param program what java runs
     */
    Process readyWorker(List<String> program, String... options) throws Exception {
        while (true) {
            Process worker = launchWorker(program, options);
            Path log = log(workers.indexOf(worker));
            Until.seen("a worker is ready; see " + log,
                    () -> !worker.isAlive() || Files.readString(log).contains("worker ready"));
            if (worker.isAlive()) {
                return worker;
            }
            if (worker.exitValue() != ExitCode.UNREACHABLE) {
                throw new AssertionError("the worker ended with " + worker.exitValue() + ": " + Files.readString(log));
            }
        }
    }

    /**
     * Starts a worker and does not wait for it.
     *
     * @param program what java runs
     */
    synchronized Process launchWorker(List<String> program, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(JAVA, "-Xmx512m"));
        command.addAll(program);
        command.addAll(List.of("worker", "--state", state().toString()));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(log(workers.size()).toFile());
        builder.environment().putAll(temporal.environment());
        Process worker = builder.start();
        workers.add(worker);
        return worker;
    }

    private Path log(int worker) {
        return directory.resolve("worker-" + worker + ".log");
    }

    /** With SIGTERM; returns what it has said when it is gone. */
    String drainWorker(long pid) throws Exception {
        for (int number = 0; number < workers.size(); number++) {
            Process worker = workers.get(number);
            if (worker.pid() == pid) {
                worker.destroy();
                assertThat(worker.waitFor(1, TimeUnit.MINUTES)).as("see " + log(number)).isTrue();
                return Files.readString(log(number));
            }
        }
        throw new IllegalArgumentException("no worker has the pid " + pid);
    }

    /** With SIGKILL; returns when all are gone. */
    void killWorkers() throws InterruptedException {
        for (Process worker : workers) {
            worker.destroyForcibly().waitFor();
        }
    }

    /** What a command of the starter answers. */
    Answer godwit(List<String> arguments) throws Exception {
        return begin(arguments).await();
    }

    Answer godwit(String... arguments) throws Exception {
        return godwit(List.of(arguments));
    }

    /** What a command that needs the step types answers. */
    Answer godwitOfWorker(String... arguments) throws Exception {
        return begin("worker", List.of(arguments)).await();
    }

    /** Starts a command of the starter. */
    Command begin(List<String> arguments) throws IOException {
        return begin("starter", arguments);
    }

    private Command begin(String module, List<String> arguments) throws IOException {
        return begin(ClassArchive.program(module), arguments);
    }

    /**
     * Starts a command.
     *
     * @param program what java runs
     */
    synchronized Command begin(List<String> program, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(program);
        command.addAll(arguments);
        Path out = directory.resolve("command-" + ++commands + ".out");
        Path err = directory.resolve("command-" + commands + ".err");
        ProcessBuilder builder = new ProcessBuilder(command).directory(GODWIT.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(temporal.environment());
        return new Command(builder.start(), out, err);
    }

    /**
     * A command under way.
     *
     * @param process its process
     * @param out where its standard output goes
     * @param err where its standard error goes
     */
    record Command(Process process, Path out, Path err) {
        Answer await() throws Exception {
            return await(3);
        }

        Answer await(int minutes) throws Exception {
            if (!process.waitFor(minutes, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("the command does not end; so far it said: " + Files.readString(err));
            }
            return new Answer(process.exitValue(), Files.readString(out), Files.readString(err));
        }

        String saidSoFar() throws IOException {
            return Files.readString(err);
        }
    }

    /** The processes that a run has started, dead or alive. */
    List<Long> startedBy(String runId) throws IOException {
        Path processes = state().resolve("shared").resolve(runId).resolve("processes");
        if (!Files.isDirectory(processes)) {
            return List.of();
        }
        List<Long> pids = new ArrayList<>();
        try (Stream<Path> files = Files.walk(processes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.readAllLines(file).stream().findFirst().map(Long::valueOf).ifPresent(pids::add);
            }
        }
        return pids;
    }

    @Override
    public void close() {
        for (Process worker : workers) {
            worker.destroy();
            worker.onExit().completeOnTimeout(worker, 10, TimeUnit.SECONDS).join();
            worker.destroyForcibly().onExit().join();
        }
        temporal.close();
    }
}
