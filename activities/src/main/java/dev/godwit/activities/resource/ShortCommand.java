package dev.godwit.activities.resource;

import dev.godwit.json.Durations;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Runs commands that end within seconds and may be run again at any time, and hears what they say. */
public final class ShortCommand {
    private static final int LAST_LINES = 10;
    private static final long GLANCE_MILLIS = 500;

    private ShortCommand() {}

    /**
     * What became of a command.
     *
     * @param code its exit code
     * @param text what it wrote
     */
    public record Said(int code, String text) {
        /** The last lines, for a message. */
        public String words() {
            List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
            return lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size())
                    .stream()
                    .map(String::strip)
                    .collect(Collectors.joining("\n"));
        }
    }

    /**
     * Runs a command in the worker's own directory.
     *
     * @param environment what it gets besides PATH, HOME and a few others of the worker's own
     * @param scratch where its output is kept until it has ended
     * @param whileWaiting called about twice a second; what it throws ends the command
     * @throws StepFailure if there is no such program, or it takes too long
     */
    public static Said run(List<String> command, Map<String, String> environment, Path scratch, Duration within,
            Runnable whileWaiting) throws IOException {
        return run(command, environment, Path.of("").toAbsolutePath(), scratch, within, whileWaiting);
    }

    /**
     * Runs a command in a directory.
     *
     * @see #run(List, Map, Path, Duration, Runnable)
     */
    public static Said run(List<String> command, Map<String, String> environment, Path directory, Path scratch,
            Duration within, Runnable whileWaiting) throws IOException {
        Path output = Files.createTempFile(scratch, "command", ".output");
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().keySet().retainAll(Launcher.PASSED_ON);
        builder.environment().putAll(environment);
        Process process = start(builder);
        try {
            if (!ends(process, within, whileWaiting)) {
                throw StepFailure.external("command-timeout", "'" + String.join(" ", command) + "' took longer than "
                        + Durations.format(within) + "; see what it waits for");
            }
            // Programs write file names as they are, in whatever encoding.
            return new Said(process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.deleteIfExists(output);
        }
    }

    /** Most commands end before anybody need know that the worker waits for them. */
    private static boolean ends(Process process, Duration within, Runnable whileWaiting) {
        long deadline = System.nanoTime() + within.toNanos();
        try {
            while (!process.waitFor(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                whileWaiting.run();
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        }
    }

    private static Process start(ProcessBuilder builder) {
        try {
            return builder.start();
        } catch (IOException e) {
            throw StepFailure
                    .user("command-missing", "this worker cannot run " + builder.command().getFirst() + " ("
                            + e.getMessage() + "); install it, or say in the plan where it is")
                    .causedBy(e);
        }
    }
}
