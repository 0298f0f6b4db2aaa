package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.DamagedBackup;
import dev.godwit.activities.backup.MadeBy;
import dev.godwit.activities.backup.database.DatabaseBackup.Complete;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.backup.database.DatabaseBackup.Listed;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
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
        void require(DatabaseBackup backup, Inventory inventory, Path parts) throws Exception;
    }

    /**
     * Chooses the backup with this name, or else the newest good one of this database. All of it is read.
     *
     * @param from where backups are kept
     * @param database the name of the database that is to be restored
     * @param target whose backups are meant, if not those of all targets
     */
    static Choice of(BackupPlace from, Engine engine, String database, Optional<String> name, Optional<String> target,
            PreviewContext context, Check check) throws Exception {
        if (name.isPresent()) {
            return named(from, engine, name.get(), context, check);
        }
        List<String> damaged = new ArrayList<>();
        List<String> others = new ArrayList<>();
        MadeBy wanted = MadeBy.target(target);
        for (Listed listed : ofEngine(from, engine)) {
            if (!listed.complete().database().equals(database)) {
                others.add(listed.name() + " (of " + listed.complete().database() + ")");
                continue;
            }
            if (!listed.complete().isBy(wanted)) {
                others.add(listed.name() + " (of the target " + listed.complete().target() + ")");
                continue;
            }
            try {
                require(listed.backup(), context, check);
                return new Choice(listed.name(), damaged);
            } catch (StepFailure failure) {
                DamagedBackup.require(failure);
                damaged.add(listed.name());
            }
        }
        throw StepFailure.user("no-backup", shown(from) + " holds no good backup of " + database
                + (damaged.isEmpty() ? "" : "; damaged are " + damaged)
                + (others.isEmpty()
                        ? ""
                        : "; of other databases or targets, which must be asked for by name, there are " + others)
                + "; name the directory that holds one");
    }

    private static Choice named(BackupPlace from, Engine engine, String name, PreviewContext context, Check check)
            throws Exception {
        DatabaseBackup backup = new DatabaseBackup(from, name);
        Optional<Complete> complete = name.matches("[^/]*[^/.][^/]*") ? backup.complete() : Optional.empty();
        if (complete.filter(one -> one.engine() == engine).isEmpty()) {
            throw StepFailure.user("no-backup", from.place() + " has no complete backup " + name + "; it has "
                    + ofEngine(from, engine).stream().map(Listed::name).toList());
        }
        require(backup, context, check);
        return new Choice(name, List.of());
    }

    private static void require(DatabaseBackup backup, PreviewContext context, Check check) throws Exception {
        Inventory inventory = backup.requireInventory();
        check.require(backup, inventory, backup.fetch(inventory, context));
    }

    private static List<Listed> ofEngine(BackupPlace from, Engine engine) throws IOException {
        return DatabaseBackup.newestFirst(from)
                .stream()
                .filter(listed -> listed.complete().engine() == engine)
                .toList();
    }

    private static String shown(BackupPlace from) {
        return from.place() + from.directory("").map(directory -> " (" + directory + ")").orElse("");
    }
}
