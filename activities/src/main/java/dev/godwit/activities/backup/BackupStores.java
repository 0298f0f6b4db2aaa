package dev.godwit.activities.backup;

import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;

/** Opens the place that a step names for backups. */
final class BackupStores {
    private BackupStores() {}

    static BackupStore reading(PreviewContext context, Location location) throws Exception {
        return new DirectoryStore(context.reading(DirectoryKind.class, location).path(), location.toString());
    }

    static BackupStore writing(RunContext context, Location location) throws Exception {
        return new DirectoryStore(context.writing(DirectoryKind.class, location).path(), location.toString());
    }
}
