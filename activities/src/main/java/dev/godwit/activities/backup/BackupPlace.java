package dev.godwit.activities.backup;

import dev.godwit.activities.resource.ReadableBucket;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where backups are kept, a directory or a bucket, for those who read them. */
public interface BackupPlace {
    /** Opens the place that a step names. */
    static BackupPlace reading(PreviewContext context, Location location) throws Exception {
        return BackupStores.reading(context, location);
    }

    /** A directory that is open already. */
    static BackupPlace of(Path directory) {
        return new DirectoryStore(directory, directory.toString());
    }

    /** A bucket that is open already. */
    static BackupPlace of(ReadableBucket bucket) {
        return new BucketStore(bucket, () -> {});
    }

    /** How people call the place. */
    String place();

    /** The names of all backups, complete ones and others. */
    List<String> names() throws IOException;

    /**
     * Reads something of a backup.
     *
     * @throws NoSuchFileException if it is not there
     */
    InputStream open(String backup, String name) throws IOException;

    /** How long something of a backup is; negative if it is not there. */
    long size(String backup, String name) throws IOException;

    /** The directory of a backup, whether it is there or not; none where backups are no files. */
    Optional<Path> directory(String backup);
}
