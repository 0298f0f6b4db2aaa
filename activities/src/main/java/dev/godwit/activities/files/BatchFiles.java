package dev.godwit.activities.files;

import dev.godwit.step.RunContext;
import java.nio.file.Path;

/**
 * The files that a batch has of its own. Their names are derived, so that an undo finds them whatever the attempt that made
 * them came to.
 */
record BatchFiles(RunContext context, int batch) {
    /** Where new content is written: in the directory it is for, because only there a rename is atomic. */
    Path temporary(FileChange.Write write) {
        return temporary(Path.of(write.path()), write.number());
    }

    Path temporary(Path target, int number) {
        return target.resolveSibling(".godwit-" + context.identity().shortName() + "-" + batch + "-" + number + ".tmp");
    }

    /** Where the original of a replaced or removed file is kept. */
    Path kept(int number) {
        return context.workspace().resolve("kept-" + batch + "-" + number);
    }
}
