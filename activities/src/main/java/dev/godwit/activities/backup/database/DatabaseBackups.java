package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.MadeBy;
import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.activities.backup.database.DatabaseBackup.Listed;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** Backups of databases, for those who only ask whether there is a good one. */
public final class DatabaseBackups {
    private DatabaseBackups() {}

    /**
     * A complete backup.
     *
     * @param place where it is kept
     * @param name of the backup
     * @param made when the run that made it started
     * @param files how many parts it has
     * @param bytes their size
     * @param verified how it was verified
     */
    public record Found(BackupPlace place, String name, Instant made, long files, long bytes, Verify verified) {}

    /**
     * The newest complete backup, of whatever database.
     *
     * @param wanted which ones are meant
     * @throws StepFailure {@code backup-damaged} if its inventory is not what it was
     */
    public static Optional<Found> newest(BackupPlace place, MadeBy wanted) throws IOException {
        for (Listed listed : DatabaseBackup.newestFirst(place)) {
            Complete by = listed.complete();
            if (by.isBy(wanted)) {
                return Optional.of(new Found(place, listed.name(), by.made(),
                        listed.backup().requireInventory().parts().size(), by.bytes(), by.verified()));
            }
        }
        return Optional.empty();
    }

    /** Reads all that a restore would; fails if it is not what was backed up. */
    public static void read(Found found, PreviewContext context) throws IOException {
        new DatabaseBackup(found.place(), found.name()).requireGood(context);
    }
}
