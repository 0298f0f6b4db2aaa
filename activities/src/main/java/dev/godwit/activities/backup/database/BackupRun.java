package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes a backup of a database, whatever its engine: the parts, the inventory, the proof, and last what says that it counts. */
final class BackupRun {
    private static final String ATTEMPT = "attempt-";

    private final RunContext context;
    private final Path to;

    /** @param to where backups are kept */
    BackupRun(RunContext context, Path to) {
        this.context = context;
        this.to = to;
    }

    /** How an engine backs up. */
    interface Dump {
        Engine engine();

        /** The name of what is backed up. */
        String database();

        /** Writes the parts into an empty directory. */
        Dumped write(Path parts) throws Exception;

        /** Whether the engine understands what was written. */
        void requireReadable(DatabaseBackup backup) throws Exception;

        /**
         * Restores it into a scratch database, compares that, and removes it.
         *
         * @return how many seconds the restore took, without the comparison
         */
        double restore(DatabaseBackup backup, Inventory inventory) throws Exception;
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
        DatabaseBackup backup = new DatabaseBackup(to.resolve(DatabaseBackup.name(context)));
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
            backup.remove();
            throw failure;
        }
    }

    private Complete write(DatabaseBackup backup, Dump dump, Verify verify) throws Exception {
        context.checkpoint();
        Files.createDirectories(backup.directory());
        // A tool that outlived its worker may still write for a moment: each attempt has a directory of its own.
        Path written = backup.directory().resolve(ATTEMPT + context.token());
        DurableFiles.deleteTree(written);
        Files.createDirectory(written);
        Dumped dumped = dump.write(written);
        sync(written);
        context.journal().checkToken();
        DurableFiles.deleteTree(backup.parts());
        Files.move(written, backup.parts(), StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncDirectory(backup.directory());

        Inventory inventory = new Inventory(dump.engine(), dumped.from(), dumped.tool(), dumped.contents(),
                backup.list(context));
        backup.write(inventory);
        dump.requireReadable(backup);
        Optional<Double> restoreSeconds = Optional.empty();
        if (verify == Verify.RESTORE) {
            backup.requireParts(inventory, context);
            restoreSeconds = Optional.of(dump.restore(backup, inventory));
        }
        Complete complete = new Complete(backup.name(), dump.engine(), dump.database(), context.runStarted(),
                context.identity().plan(), context.identity().target(), context.identity().step(), inventory.bytes(),
                dumped.tables(), dumped.contents().map(Contents::rows), verify, restoreSeconds,
                backup.inventorySha256());
        removeOtherAttempts(backup);
        context.journal().checkToken();
        backup.write(complete);
        return complete;
    }

    private void sync(Path written) throws IOException {
        try (Stream<Path> all = Files.walk(written)) {
            for (Path path : all.toList()) {
                context.checkpoint();
                if (Files.isDirectory(path)) {
                    DurableFiles.syncDirectory(path);
                } else {
                    DurableFiles.syncFile(path);
                }
            }
        }
    }

    private static void removeOtherAttempts(DatabaseBackup backup) throws IOException {
        try (Stream<Path> all = Files.list(backup.directory())) {
            for (Path path : all.filter(name -> name.getFileName().toString().startsWith(ATTEMPT)).toList()) {
                DurableFiles.deleteTree(path);
            }
        }
    }

    /** The newest always stays: it has just been proved. */
    private void removeAllBut(int keep, Complete newest) throws IOException {
        List<DatabaseBackup> backups = DatabaseBackup.newestFirst(to, newest.engine());
        int kept = 0;
        for (DatabaseBackup backup : backups) {
            Optional<Complete> complete = backup.complete();
            if (complete.isEmpty() || !newest.succeeds(complete.get())
                    || complete.get().made().isAfter(newest.made())) {
                continue;
            }
            if (++kept > keep) {
                context.journal().checkToken();
                backup.remove();
            }
        }
    }
}
