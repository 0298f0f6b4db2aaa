package dev.godwit.activities.backup.database;

import dev.godwit.step.PreviewContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Backups of databases, for those who only ask whether there is a good one. */
public final class DatabaseBackups {
    private DatabaseBackups() {}

    /**
     * A complete backup.
     *
     * @param directory where it is
     * @param made when the run that made it started
     * @param files how many parts it has
     * @param bytes their size
     * @param verified how it was verified
     */
    public record Found(Path directory, Instant made, long files, long bytes, Verify verified) {
        public String name() {
            return directory.getFileName().toString();
        }
    }

    /**
     * The newest complete backup, of whatever database.
     *
     * @param plan only those that this plan made
     * @param step only those that a step of this name made
     */
    public static Optional<Found> newest(Path backups, Optional<String> plan, Optional<String> step)
            throws IOException {
        List<Found> found = new ArrayList<>();
        for (Engine engine : Files.isDirectory(backups) ? Engine.values() : new Engine[0]) {
            for (DatabaseBackup backup : DatabaseBackup.newestFirst(backups, engine)) {
                Optional<DatabaseBackup.Complete> complete = backup.complete()
                        .filter(by -> plan.orElse(by.plan()).equals(by.plan())
                                && step.orElse(by.step()).equals(by.step()));
                if (complete.isPresent()) {
                    found.add(new Found(backup.directory(), complete.get().made(), backup.inventory().parts().size(),
                            complete.get().bytes(), complete.get().verified()));
                    break;
                }
            }
        }
        return found.stream().max(Comparator.comparing(Found::made).thenComparing(Found::name));
    }

    /** Reads all that a restore would; fails if it is not what was backed up. */
    public static void read(Found found, PreviewContext context) throws IOException {
        new DatabaseBackup(found.directory()).requireGood(context);
    }
}
