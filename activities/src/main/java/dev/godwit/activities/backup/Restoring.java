package dev.godwit.activities.backup;

import dev.godwit.activities.backup.StoredBackup.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** How a backed-up file becomes a file again. */
final class Restoring {
    private Restoring() {}

    static void restore(Path backedUp, Entry entry, Path file) throws IOException {
        Files.copy(backedUp, file, LinkOption.NOFOLLOW_LINKS);
        if (entry.link().isEmpty()) {
            entry.attributes().apply(file);
        }
    }
}
