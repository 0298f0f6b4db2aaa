package dev.godwit.activities.drill;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The processes of a container as its machine sees them. An engine that is asked to kill a container takes that for the wish
 * that it stay down, so who wants to see its restart policy must go past the engine.
 */
final class ContainerProcesses {
    private static final Path PROCESSES = Path.of("/proc");

    private ContainerProcesses() {}

    /** Fails unless the engine starts it again by itself. */
    static void requirePolicy(String what, String policy) {
        if (policy.isEmpty() || policy.equals("no")) {
            throw StepFailure.user("restart-policy-missing", "drill.restart: " + what
                    + " has no restart policy, so that nothing would start it again; give it one, or say 'by: kill'");
        }
    }

    /** Kills all processes of a container: those in its control group, whose name has the container's id. */
    static void kill(String what, String id) throws IOException {
        List<ProcessHandle> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
            for (Path process : processes) {
                if (group(process).contains(id)) {
                    ProcessHandle.of(Long.parseLong(process.getFileName().toString())).ifPresent(found::add);
                }
            }
        }
        boolean killed = false;
        for (ProcessHandle process : found) {
            killed |= process.destroyForcibly();
        }
        if (!killed) {
            throw StepFailure.user("container-processes-hidden", "drill.restart: this worker sees no process of " + what
                    + ", or may not end it; run it on the engine's machine as a user that may, or say 'by: kill'");
        }
    }

    private static String group(Path process) {
        try {
            return Files.readString(process.resolve("cgroup"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // It has ended meanwhile.
        }
    }
}
