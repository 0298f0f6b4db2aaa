package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupName;
import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.backup.database.DatabaseBackup.Listed;
import dev.godwit.activities.files.Hashes;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Makes a backup of a database, whatever its engine and wherever it is kept: the parts, the inventory, the proof, and last what says that it counts. */
final class BackupRun {
    private final RunContext context;
    private final BackupKeeper keeper;

    /** @param to where backups are kept */
    BackupRun(RunContext context, Location to) throws Exception {
        this.context = context;
        this.keeper = BackupKeeper.of(context, to);
    }

    /** How an engine backs up. */
    interface Dump {
        Engine engine();

        /** The name of what is backed up. */
        String database();

        /** Writes the parts into an empty directory. */
        Dumped write(Path parts) throws Exception;

        /** Whether the engine understands what was written. */
        void requireReadable(DatabaseBackup backup, Path parts) throws Exception;

        /**
         * Restores it into a scratch database, compares that, and removes it.
         *
         * @return how many seconds the restore took, without the comparison
         */
        double restore(DatabaseBackup backup, Inventory inventory, Path parts) throws Exception;
    }

    /**
     * What was written.
     *
     * @param from what was backed up, for people
     * @param tool what wrote it
     * @param tables how many tables
     * @param contents what they held, if that was asked for
     */
    record Dumped(String from, String tool, long tables, Optional<Contents> contents) {}

    /** The backup of this run, made unless an earlier attempt has. */
    Complete make(Dump dump, Verify verify, Optional<Integer> keep) throws Exception {
        DatabaseBackup backup = new DatabaseBackup(keeper.place(), BackupName.of(context));
        Optional<Complete> earlier = backup.complete();
        Complete complete;
        if (earlier.isPresent()) {
            complete = earlier.get();
        } else {
            complete = makeNew(backup, dump, verify);
        }
        if (keep.isPresent()) {
            removeAllBut(keep.get(), complete);
        }
        return complete;
    }

    private Complete makeNew(DatabaseBackup backup, Dump dump, Verify verify) throws Exception {
        try {
            Complete complete = write(backup, dump, verify);
            context.evidence().json("backup", complete);
            return complete;
        } catch (StepStopped stopped) {
            throw stopped;
        } catch (Exception failure) {
            // Not if a later attempt works on it by now.
            context.journal().checkToken();
            keeper.remove(backup.name());
            throw failure;
        }
    }

    private Complete write(DatabaseBackup backup, Dump dump, Verify verify) throws Exception {
        context.checkpoint();
        Path written = keeper.begin(backup.name());
        Dumped dumped = dump.write(written);
        Path parts = keeper.settle(backup.name(), written);
        Inventory inventory = new Inventory(dump.engine(), dumped.from(), dumped.tool(), dumped.contents(),
                DatabaseBackup.list(parts, context));
        dump.requireReadable(backup, parts);
        String text = Json.pretty(inventory);
        keeper.keep(backup.name(), parts, inventory, text);
        Optional<Double> restoreSeconds = Optional.empty();
        if (verify == Verify.RESTORE) {
            restoreSeconds = Optional.of(dump.restore(backup, inventory, backup.fetch(inventory, context)));
        } else if (keeper.place().directory(backup.name()).isEmpty()) {
            backup.requireParts(inventory, context); // What lies in a directory has just been read.
        }
        Complete complete = new Complete(backup.name(), dump.engine(), dump.database(), context.runStarted(),
                context.identity().plan(), context.identity().target(), context.identity().step(), inventory.bytes(),
                dumped.tables(), dumped.contents().map(Contents::rows), verify, restoreSeconds,
                Hashes.sha256(text));
        context.journal().checkToken();
        keeper.complete(backup.name(), Json.pretty(complete));
        return complete;
    }

    /** The newest always stays: it has just been proved. */
    private void removeAllBut(int keep, Complete newest) throws IOException {
        int kept = 0;
        for (Listed older : DatabaseBackup.newestFirst(keeper.place())) {
            if (newest.succeeds(older.complete()) && !older.complete().made().isAfter(newest.made())
                    && ++kept > keep) {
                context.journal().checkToken();
                keeper.remove(older.name());
            }
        }
    }
}
