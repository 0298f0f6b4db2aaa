package dev.godwit.activities.backup;

import dev.godwit.activities.backup.BackupFiles.Form;
import dev.godwit.activities.backup.BackupFiles.Incremental;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.util.Optional;

/** The inventory of an earlier backup, looked into in the order of paths: one entry of it is in memory. */
final class EarlierBackup implements AutoCloseable {
    private final Optional<StoredBackup> backup;
    private final Optional<Inventory.Reader> reader;
    private Optional<Entry> next = Optional.empty();

    private EarlierBackup(Optional<StoredBackup> backup) throws IOException {
        this.backup = backup;
        this.reader = backup.isPresent() ? Optional.of(backup.get().inventory()) : Optional.empty();
        advance();
    }

    /** The newest good one of the same plan, target and source. */
    static EarlierBackup newest(BackupStore store, Complete like, Incremental incremental) throws IOException {
        if (incremental != Incremental.NEVER) {
            for (StoredBackup backup : store.newestFirst()) {
                if (backup.complete().sameSourceAs(like) && backup.complete().form().orElse(Form.TREE) == Form.TREE
                        && isGood(backup)) {
                    return new EarlierBackup(Optional.of(backup));
                }
            }
        }
        return new EarlierBackup(Optional.empty());
    }

    private static boolean isGood(StoredBackup backup) throws IOException {
        try {
            backup.requireInventory();
            return true;
        } catch (StepFailure damaged) {
            DamagedBackup.require(damaged);
            return false;
        }
    }

    /** The file that it has under a path. Paths must be asked for in their order. */
    Optional<Entry> find(String path) throws IOException {
        while (next.isPresent() && (!next.get().isFile() || next.get().path().compareTo(path) < 0)) {
            advance();
        }
        return next.filter(entry -> entry.path().equals(path))
                .map(entry -> entry.storedIn(entry.storedIn().orElse(backup.orElseThrow().name())));
    }

    private void advance() throws IOException {
        next = reader.isPresent() ? reader.get().next() : Optional.empty();
    }

    @Override
    public void close() throws IOException {
        if (reader.isPresent()) {
            reader.get().close();
        }
    }
}
