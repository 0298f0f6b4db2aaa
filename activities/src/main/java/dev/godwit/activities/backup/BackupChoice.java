package dev.godwit.activities.backup;

import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the backup to restore: the one that is asked for, or the newest good one. */
final class BackupChoice {
    private static final int SHOWN = 20;

    private final RestoreFiles.Spec spec;
    private final PreviewContext context;

    BackupChoice(RestoreFiles.Spec spec, PreviewContext context) {
        this.spec = spec;
        this.context = context;
    }

    /** Which backup it is, decided once. */
    record Choice(String name, List<String> damaged) {
        StoredBackup backup(BackupStore store) throws IOException {
            return new StoredBackup(store, name, store.complete(name)
                    .orElseThrow(() -> StoredBackup.damaged(store, name, BackupStore.COMPLETE + ": it is missing")));
        }
    }

    Choice choose() throws Exception {
        BackupStore store = BackupStores.reading(context, spec.from());
        if (spec.name().isPresent()) {
            return named(store, spec.name().get());
        }
        List<String> damaged = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (StoredBackup backup : store.newestFirst()) {
            if (backup.complete().isBy(spec.by())) {
                try {
                    CheckBackup.read(backup, context);
                    return new Choice(backup.name(), damaged);
                } catch (StepFailure failure) {
                    DamagedBackup.require(failure);
                    damaged.add(backup.name());
                }
            } else {
                others.add(backup.name() + backup.complete().target().map(target -> " (of " + target + ")").orElse(""));
            }
        }
        throw StepFailure.user("no-backup", "restore.files: " + store.place() + " holds no good backup"
                + (damaged.isEmpty() ? "" : "; damaged are " + damaged)
                + (others.isEmpty()
                        ? ""
                        : "; of other plans, targets or steps, which must be asked for by name, there are "
                                + others.subList(0, Math.min(SHOWN, others.size())))
                + "; name the place that holds one");
    }

    private Choice named(BackupStore store, String name) throws IOException {
        List<String> names = store.names();
        Optional<Complete> complete = names.contains(name) ? store.complete(name) : Optional.empty();
        if (complete.isEmpty()) {
            throw StepFailure.user("no-backup", "restore.files: " + store.place() + " has no complete backup " + name
                    + "; it has " + store.newestFirst().stream().map(StoredBackup::name).limit(SHOWN).toList());
        }
        CheckBackup.read(new StoredBackup(store, name, complete.get()), context);
        return new Choice(name, List.of());
    }
}
