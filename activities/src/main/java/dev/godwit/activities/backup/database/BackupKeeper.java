package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.S3Kind;
import dev.godwit.plan.Location;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.nio.file.Path;

/** Keeps what an engine's tool has written, which is files of this machine, where backups are kept. */
sealed interface BackupKeeper permits DirectoryKeeper, BucketKeeper {
    /** Opens the place that a step names. */
    static BackupKeeper of(RunContext context, Location to) throws Exception {
        return context.kindOf(to).equals("s3")
                ? new BucketKeeper(context, context.writing(S3Kind.class, to))
                : new DirectoryKeeper(context, context.writing(DirectoryKind.class, to).path());
    }

    /** Where what is kept can be read. */
    BackupPlace place();

    /** An empty directory of this attempt's own for the parts. */
    Path begin(String backup) throws IOException;

    /** What was written there stays as it is; says where it is now. */
    Path settle(String backup, Path written) throws IOException;

    /**
     * Keeps the parts and their inventory; the files that were settled are needed no more.
     *
     * @param text the inventory as it is kept
     */
    void keep(String backup, Path parts, Inventory inventory, String text) throws IOException;

    /** From now on it is a backup. */
    void complete(String backup, String text) throws IOException;

    /** Removes a backup; half removed it is no backup any more. */
    void remove(String backup) throws IOException;
}
