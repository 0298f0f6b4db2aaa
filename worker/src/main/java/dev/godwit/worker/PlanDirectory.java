package dev.godwit.worker;

import dev.godwit.plan.Fault;
import dev.godwit.plan.InvalidPlanException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where a worker finds plans that a run only names: {@code NAME.yaml}, or {@code NAME/plan.yaml}. */
final class PlanDirectory {
    private final Path directory;

    PlanDirectory(Path directory) {
        this.directory = directory;
    }

    /**
     * Finds a plan.
     *
     * @throws InvalidPlanException if there is none of that name
     */
    PlanText find(String name) {
        if (!name.matches("[a-z][a-z0-9_-]*")) {
            throw missing(name, "that is not the name of a plan");
        }
        for (Path file : List.of(directory.resolve(name + ".yaml"), directory.resolve(name + ".yml"),
                directory.resolve(name).resolve("plan.yaml"))) {
            if (Files.isRegularFile(file)) {
                return read(file);
            }
        }
        throw missing(name, "this worker's plan directory " + directory + " has " + known());
    }

    private static PlanText read(Path file) {
        try {
            return new PlanText(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw StateFailure.of("cannot read the plan " + file, e);
        }
    }

    private String known() {
        if (!Files.isDirectory(directory)) {
            return "nothing (it does not exist); set GODWIT_PLANS, or start the run with the plan's file";
        }
        try (Stream<Path> files = Files.list(directory)) {
            List<String> names = files.map(file -> file.getFileName().toString().replaceFirst("\\.ya?ml$", ""))
                    .sorted()
                    .toList();
            return names.isEmpty() ? "no plans" : String.join(", ", names);
        } catch (IOException e) {
            throw StateFailure.of("cannot list " + directory, e);
        }
    }

    private static InvalidPlanException missing(String name, String why) {
        return new InvalidPlanException(List.of(new Fault(name, 0, 0, "there is no plan '" + name + "': " + why)));
    }

    /** A plan's text, and the file that it stands in. */
    record PlanText(String file, String content) {}
}
