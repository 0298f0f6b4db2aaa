package dev.godwit.activities.backup;

import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.S3Kind;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;

/** Opens the place that a step names for backups. */
final class BackupStores {
    private BackupStores() {}

    static BackupStore reading(PreviewContext context, Location location) throws Exception {
        return context.kindOf(location).equals("s3")
                ? new BucketStore(context.reading(S3Kind.class, location), () -> {})
                : new DirectoryStore(context.reading(DirectoryKind.class, location).path(), location.toString());
    }

    static BackupStore writing(RunContext context, Location location) throws Exception {
        return context.kindOf(location).equals("s3")
                ? new BucketStore(context.writing(S3Kind.class, location), context.journal()::checkToken)
                : new DirectoryStore(context.writing(DirectoryKind.class, location).path(), location.toString());
    }
}
