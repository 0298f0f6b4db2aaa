package dev.godwit.worker;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The program {@code temporal}, which brings a server.
 *
 * @param executable where it is
 * @param version its own version, which is 0.0.0 where somebody built it
 * @param server the version of the server that it brings
 */
record TemporalCli(Path executable, String version, String server) {

    /** What to install where it is missing or too old. */
    static final String WANTED = "the Temporal CLI, 1.5 or newer (https://docs.temporal.io/cli)";
    private static final Pattern ANSWER = Pattern
            .compile("temporal version (\\S+) \\(Server ((\\d+)\\.(\\d+)\\S*?)[,)]");
    private static final int SERVER_MAJOR = 1;
    /** The first server with all that Godwit uses; CLI 1.5 brings it. */
    private static final int SERVER_MINOR = 29;
    private static final int PATIENCE_SECONDS = 20;

    /** The one on PATH, if there is one. */
    static Optional<TemporalCli> find() {
        return OnPath.find("temporal").map(TemporalCli::at);
    }

    /**
     * Asks a program for its version.
     *
     * @throws StepFailure if it is none that can be used
     */
    static TemporalCli at(Path executable) {
        String answer = ask(executable);
        Matcher version = ANSWER.matcher(answer);
        if (!version.find()) {
            throw broken(executable,
                    "says '" + answer.lines().findFirst().orElse("") + "' and not which version it is");
        }
        int major = Integer.parseInt(version.group(3));
        int minor = Integer.parseInt(version.group(4));
        if (major < SERVER_MAJOR || major == SERVER_MAJOR && minor < SERVER_MINOR) {
            throw StepFailure.user("temporal-too-old", executable + " is too old: it brings Temporal server "
                    + version.group(2) + ", and " + SERVER_MAJOR + "." + SERVER_MINOR + " is needed; install " + WANTED
                    + ", or use --embedded");
        }
        return new TemporalCli(executable, version.group(1), version.group(2));
    }

    private static String ask(Path executable) {
        try {
            Process process = new ProcessBuilder(executable.toString(), "--version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            // It says a line, which fits into the pipe.
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw broken(executable, "does not answer");
            }
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.exitValue() != 0) {
                throw broken(executable, "ends with exit code " + process.exitValue() + (answer.isEmpty()
                        ? ""
                        : " and says: " + answer.lines().findFirst().orElseThrow()));
            }
            return answer;
        } catch (IOException e) {
            throw broken(executable, "cannot be started (" + e.getMessage() + ")");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw broken(executable, "was not waited for");
        }
    }

    private static StepFailure broken(Path executable, String how) {
        return StepFailure.user("temporal-broken", "'" + executable + " --version' " + how + "; install " + WANTED
                + ", or use --embedded");
    }
}
