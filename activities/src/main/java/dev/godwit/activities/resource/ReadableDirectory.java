package dev.godwit.activities.resource;

import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;

/** A place in a directory resource: the directory itself, or a file or directory within it. It need not exist. */
public interface ReadableDirectory {
    /** Where it is. */
    Path path();

    /** How the plan names it. */
    Location location();

    /** The path of a directory that must exist. */
    default Path directory() {
        if (!Files.isDirectory(path())) {
            throw StepFailure.user(Files.exists(path()) ? "not-a-directory" : "directory-missing",
                    location() + " (" + path() + ") " + (Files.exists(path()) ? "is not a directory" : "does not exist")
                            + "; create the directory, or change the plan");
        }
        return path();
    }

    /** The path of a regular file that must exist. */
    default Path file() {
        if (!Files.isRegularFile(path())) {
            throw StepFailure.user(Files.exists(path()) ? "not-a-file" : "file-missing",
                    location() + " (" + path() + ") " + (Files.exists(path()) ? "is not a file" : "does not exist")
                            + "; create the file, or change the plan");
        }
        return path();
    }
}
