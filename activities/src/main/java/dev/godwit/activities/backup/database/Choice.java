package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which backup a restore takes, decided once.
 *
 * @param name of the backup
 * @param damaged newer ones that were passed over
 */
record Choice(String name, List<String> damaged) {

    /** Whether the engine understands a backup; fails if not. */
    @FunctionalInterface
    interface Check {
        void require(DatabaseBackup backup) throws Exception;
    }

    /**
     * Chooses the backup with this name, or else the newest good one of this database. All of it is read.
     *
     * @param from where backups are kept
     * @param directory the same
     * @param database the name of the database that is to be restored
     */
    static Choice of(Location from, Path directory, Engine engine, String database, Optional<String> name,
            PreviewContext context, Check check) throws Exception {
        if (name.isPresent()) {
            return named(from, directory, engine, name.get(), context, check);
        }
        List<String> damaged = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (DatabaseBackup backup : DatabaseBackup.newestFirst(directory, engine)) {
            Complete complete = backup.complete().orElseThrow();
            if (!complete.database().equals(database)) {
                others.add(backup.name() + " (of " + complete.database() + ")");
                continue;
            }
            try {
                backup.requireGood(context);
                check.require(backup);
                return new Choice(backup.name(), damaged);
            } catch (StepFailure failure) {
                if (!failure.code().equals("backup-damaged")) {
                    throw failure;
                }
                damaged.add(backup.name());
            }
        }
        throw StepFailure.user("no-backup", from + " (" + directory + ") holds no good backup of " + database
                + (damaged.isEmpty() ? "" : "; damaged are " + damaged)
                + (others.isEmpty() ? "" : "; of other databases, which must be asked for by name, there are " + others)
                + "; name the directory that holds one");
    }

    private static Choice named(Location from, Path directory, Engine engine, String name, PreviewContext context,
            Check check) throws Exception {
        DatabaseBackup backup = new DatabaseBackup(directory.resolve(name).normalize());
        Optional<Complete> complete = directory.equals(backup.directory().getParent())
                ? backup.complete()
                : Optional.empty();
        if (complete.filter(one -> one.engine() == engine).isEmpty()) {
            throw StepFailure.user("no-backup", from + " has no complete backup " + name + "; it has "
                    + DatabaseBackup.newestFirst(directory, engine).stream().map(DatabaseBackup::name).toList());
        }
        backup.requireGood(context);
        check.require(backup);
        return new Choice(backup.name(), List.of());
    }
}
