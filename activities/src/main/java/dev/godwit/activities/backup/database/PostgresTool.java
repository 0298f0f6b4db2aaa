package dev.godwit.activities.backup.database;

import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A program of PostgreSQL's own, such as {@code pg_dump}, on this machine.
 *
 * @param path where it is
 * @param name what it is called
 * @param version as it says itself, such as {@code 15.15}
 */
record PostgresTool(Path path, String name, String version) {

    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)(\\S*)");
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

    /**
     * Finds a program of this version; where there is none, a newer one: that on the path, or else the first in Debian's
     * directories.
     *
     * @throws StepFailure naming the package that has it
     */
    static PostgresTool find(String name, int major) throws IOException {
        List<Path> directories = new ArrayList<>();
        for (String entry : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            directories.add(Path.of(entry));
        }
        if (Files.isDirectory(DEBIAN)) {
            try (Stream<Path> versions = Files.list(DEBIAN)) {
                versions.sorted().map(version -> version.resolve("bin")).forEach(directories::add);
            }
        }
        return find(name, major, directories);
    }

    static PostgresTool find(String name, int major, List<Path> directories) throws IOException {
        List<String> tooOld = new ArrayList<>();
        Optional<PostgresTool> newer = Optional.empty();
        for (Path directory : directories) {
            Path path = directory.resolve(name);
            if (!Files.isExecutable(path)) {
                continue;
            }
            Matcher version = VERSION.matcher(answer(List.of(path.toString(), "--version")));
            if (!version.find()) {
                continue;
            }
            String found = version.group(1) + version.group(2);
            int its = Integer.parseInt(version.group(1));
            if (its == major) {
                return new PostgresTool(path, name, found);
            }
            if (its < major) {
                tooOld.add(path + " is " + found);
            } else if (newer.isEmpty()) {
                newer = Optional.of(new PostgresTool(path, name, found));
            }
        }
        if (newer.isPresent()) {
            return newer.get();
        }
        String remedy = "; install the package postgresql-client-" + major + " (Debian, Ubuntu) or postgresql" + major
                + " (Red Hat)";
        throw tooOld.isEmpty()
                ? StepFailure.user("tool-missing", "this worker has no " + name + remedy)
                : StepFailure.user("tool-too-old", name + " of version " + major
                        + " or newer is needed, as the server or the backup has it, and " + tooOld.getFirst() + remedy);
    }

    @Override
    public String toString() {
        return name + " " + version;
    }

    private static String answer(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (InputStream out = process.getInputStream()) {
            return new String(out.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /**
     * Starts it.
     *
     * @param login of the database, which goes into its environment and nowhere else
     */
    Running start(List<String> arguments, Map<String, String> login, PreviewContext context) throws IOException {
        List<String> all = new ArrayList<>(List.of("--no-password"));
        all.addAll(arguments);
        return run(all, login, context);
    }

    /** Starts it for something that needs no database. */
    Running startOffline(List<String> arguments, PreviewContext context) throws IOException {
        return run(arguments, Map.of(), context);
    }

    private Running run(List<String> arguments, Map<String, String> login, PreviewContext context) throws IOException {
        List<String> command = new ArrayList<>(List.of(path.toString()));
        command.addAll(arguments);
        Path said = Files.createTempFile(context.scratch(), name, ".said");
        Path out = Files.createTempFile(context.scratch(), name, ".out");
        ProcessBuilder builder = new ProcessBuilder(command).redirectInput(new File("/dev/null"))
                .redirectError(said.toFile())
                .redirectOutput(out.toFile());
        Map<String, String> environment = builder.environment();
        // Not the worker's own: that may hold the secrets of others.
        environment.keySet().retainAll(List.of("PATH", "HOME", "LD_LIBRARY_PATH"));
        environment.putAll(Map.of("LC_ALL", "C", "TZ", "UTC"));
        environment.putAll(login);
        return new Running(this, builder.start(), said, out);
    }

    /** The arguments by which it notices a server that is no longer there; everything else is in its environment. */
    static String connection() {
        return "--dbname=keepalives=1 keepalives_idle=10 keepalives_interval=5 keepalives_count=4 tcp_user_timeout=60000";
    }

    /** A program under way. */
    record Running(PostgresTool tool, Process process, Path said, Path out) implements AutoCloseable {

        private static final int LAST_LINES = 3;
        private static final Pattern LOST = Pattern.compile(
                "connection to server|server closed the connection|terminating connection|could not receive data"
                        + "|PQgetCopyData\\(\\) failed");

        /**
         * Waits for its end.
         *
         * @param pulse called about every second
         * @return what it wrote
         */
        String await(PreviewContext context, Pulse pulse) throws Exception {
            while (!process.waitFor(500, TimeUnit.MILLISECONDS)) {
                context.checkpoint();
                pulse.beat();
            }
            requireNoFailure();
            return Files.readString(out);
        }

        /** Fails if it has failed. */
        void requireNoFailure() throws IOException {
            if (!process.isAlive() && process.exitValue() != 0) {
                throw failure();
            }
        }

        private StepFailure failure() throws IOException {
            List<String> lines = Files.readAllLines(said, StandardCharsets.ISO_8859_1);
            String why = lines.stream()
                    .filter(line -> line.contains("error"))
                    .limit(LAST_LINES)
                    .collect(Collectors.joining("; "));
            String text = tool + ": " + (why.isEmpty() ? String.join("; ", lines) : why).strip();
            if (text.contains("No space left on device")) {
                return StepFailure.external("disk-full", text + "; free some space, then retry");
            }
            if (text.contains("permission denied") || text.contains("must be owner")
                    || text.contains("must be superuser")) {
                return StepFailure.user("permission-denied", text + "; grant it, or give the resource another user");
            }
            if (LOST.matcher(text).find()) {
                return StepFailure.external("connection-lost", text);
            }
            return StepFailure.external("tool-failed",
                    text.isBlank() ? tool + " ended with " + process.exitValue() : text);
        }

        /** Ends it if it still runs. */
        @Override
        public void close() {
            process.destroy();
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new StepStopped("interrupted");
            }
        }
    }

    /** What is done while a program works. */
    @FunctionalInterface
    interface Pulse {
        void beat() throws Exception;
    }
}
