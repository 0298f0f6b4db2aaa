package dev.godwit.activities.backup;

import dev.godwit.activities.backup.BackupFiles.Keep;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Removes old backups; only after a new one is complete, which is never among them. */
final class Retention {
    private static final String REMOVED = "removed";

    private final Keep keep;
    private final RunContext context;
    private final BackupStore store;

    Retention(Keep keep, RunContext context, BackupStore store) {
        this.keep = keep;
        this.context = context;
        this.store = store;
    }

    /** Which ones, decided once: an attempt that died half-way must not count differently the next time. */
    private record Removed(List<String> names) {}

    /** @return what was removed */
    List<String> apply(Complete newest) throws IOException {
        Optional<Removed> decided = context.journal().read(REMOVED, Removed.class);
        Removed removed = decided.isPresent() ? decided.get() : new Removed(decide(newest));
        if (decided.isEmpty()) {
            context.journal().write(REMOVED, removed);
        }
        for (String name : removed.names()) {
            context.checkpoint();
            context.journal().checkToken();
            store.remove(name, gone -> context.progress(gone, 0, "files of old backups removed"));
        }
        return removed.names();
    }

    /** What is neither one of the last ones, nor young, nor needed by one that stays. */
    private List<String> decide(Complete newest) throws IOException {
        List<StoredBackup> stay = new ArrayList<>();
        List<StoredBackup> go = new ArrayList<>();
        int counted = 1;
        for (StoredBackup backup : store.newestFirst()) {
            // All backups of one run are made at the same time: which one is the newest cannot be told by that.
            if (backup.name().equals(newest.name()) || !newest.succeeds(backup.complete())) {
                stay.add(backup);
            } else if (backup.complete().made().isAfter(newest.made()) || ++counted <= keep.count().orElse(1)
                    || keep.age().isPresent() && isYoung(backup.complete(), keep.age().get())) {
                stay.add(backup);
            } else {
                go.add(backup);
            }
        }
        Set<String> needed = new HashSet<>();
        stay.forEach(backup -> needed.addAll(backup.complete().neededBackups()));
        return go.stream().map(StoredBackup::name).filter(name -> !needed.contains(name)).toList();
    }

    private boolean isYoung(Complete complete, Duration age) {
        Instant oldest = context.runStarted().minus(age);
        return !complete.made().isBefore(oldest);
    }
}
