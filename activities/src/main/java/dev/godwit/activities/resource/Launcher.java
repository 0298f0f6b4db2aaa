package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Starts processes that outlive the worker and are never started twice. A small shell script leads a session of its own,
 * writes who it is into a file that can be made only once, and only then becomes the command, keeping its pid and start
 * time. So whoever comes after a worker that died in the middle finds either the file, and with it the process, or no file,
 * and then a script that is late finds its place taken and gives up.
 */
final class Launcher {
    /** Arguments: the identity file, then the command. A link is made whole or not at all, and never over another. */
    private static final String IDENTIFY = """
            identity=$1; shift
            if [ -r /proc/$$/stat ]; then
              read -r started < /proc/$$/stat
              read -r boot < /proc/sys/kernel/random/boot_id
            else
              started=$(LC_ALL=C ps -o lstart= -p $$ | sed 's/^ *//; s/ *$//')
              boot=
            fi
            printf '%s\\n%s\\n%s\\n' "$$" "$started" "$boot" > "$identity.$$" || exit 74
            ln "$identity.$$" "$identity"; taken=$?
            rm -f "$identity.$$"
            [ $taken = 0 ] || exit 75
            """;
    private static final String BECOME = IDENTIFY + """
            exec "$@"
            """;
    /** It stays, so that whoever comes after a worker that died can read how the command ended. */
    private static final String RECORD = IDENTIFY + """
            "$@"
            code=$?
            printf '%s\\n' "$code" > "$identity.$$" && mv "$identity.$$" "$identity.exit"
            exit $code
            """;

    /** What a child sees of the worker's environment; the rest may hold the worker's secrets. */
    static final Set<String> PASSED_ON = Set.of("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL",
            "LC_CTYPE", "TZ", "TMPDIR", "JAVA_HOME", "DOCKER_HOST");

    private Launcher() {}

    /**
     * Starts a command.
     *
     * @param places a file name; the identity goes to it with a number appended
     */
    static ProcessIdentity launch(List<String> command, Path directory, Map<String, String> environment, Path log,
            Path places) throws IOException {
        Path place = firstFree(places);
        Process process = start(BECOME, command, directory, environment, log, place);
        ProcessIdentity identity = read(place).orElseThrow();
        process.onExit().thenAccept(ended -> keepExit(identity, ended.exitValue(), place.getParent()));
        return identity;
    }

    /** Only the worker that started a process hears how it ends; the file is for those who come later. */
    private static void keepExit(ProcessIdentity process, int code, Path directory) {
        try {
            Files.writeString(exitFile(directory, process), Integer.toString(code));
        } catch (IOException e) {
            // The run is over, and what it kept removed: nobody will ask.
        }
    }

    /**
     * How a process ended, where its worker has lived to see that.
     *
     * @param directory which holds the places that it was launched with
     */
    static OptionalInt exit(Path directory, ProcessIdentity process) {
        try {
            String code = Files.readString(exitFile(directory, process));
            return code.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(code));
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }

    private static Path exitFile(Path directory, ProcessIdentity process) {
        return directory.resolve("exit-of-" + process.pid() + "-" + process.started().replaceAll("\\W", "-"));
    }

    /**
     * Starts a command whose exit code is recorded beside its identity, in a file whose name ends with {@code .exit}. If
     * the place is taken, whatever took it is the command.
     */
    static ProcessIdentity launchRecorded(List<String> command, Path directory, Map<String, String> environment,
            Path log, Path place) throws IOException {
        start(RECORD, command, directory, environment, log, place);
        return read(place).orElseThrow();
    }

    private static Process start(String how, List<String> command, Path directory,
            Map<String, String> environment, Path log, Path place) throws IOException {
        Files.createDirectories(place.getParent());
        Files.createDirectories(log.getParent());
        List<String> script = new ArrayList<>();
        setsid().ifPresent(setsid -> script.add(setsid.toString()));
        script.addAll(List.of("sh", "-c", how, "godwit-start", place.toString()));
        script.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(script).directory(directory.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().retainAll(PASSED_ON);
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            while (Files.notExists(place)) {
                if (process.waitFor(10, TimeUnit.MILLISECONDS) && Files.notExists(place)) {
                    throw StepFailure.external("process-not-started",
                            "the start script ended with " + process.exitValue() + " before it could write " + place
                                    + "; see " + log);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting " + command, e);
        }
        return process;
    }

    /** The processes that were started under a name, the newest last, dead or alive. */
    static List<ProcessIdentity> launched(Path places) {
        List<ProcessIdentity> launched = new ArrayList<>();
        for (int number = 1;; number++) {
            Optional<ProcessIdentity> identity = read(place(places, number));
            if (identity.isEmpty()) {
                return launched;
            }
            launched.add(identity.get());
        }
    }

    private static Path firstFree(Path places) {
        return place(places, launched(places).size() + 1);
    }

    private static Path place(Path places, int number) {
        return places.resolveSibling(places.getFileName() + "." + number);
    }

    static Optional<ProcessIdentity> read(Path place) {
        try {
            return Files.exists(place) ? Optional.of(ProcessTable.parse(Files.readAllLines(place))) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> setsid() {
        return List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .stream()
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry, "setsid"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
