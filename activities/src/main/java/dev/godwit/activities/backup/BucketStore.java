package dev.godwit.activities.backup;

import dev.godwit.activities.resource.ObjectOutput.Fence;
import dev.godwit.activities.resource.ReadableBucket;
import dev.godwit.activities.resource.ReadableBucket.Stored;
import dev.godwit.activities.resource.WritableBucket;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Backups in a bucket: an object for each file. Objects come into being whole, and nobody can write to one.
 *
 * @param bucket one that may be written, if backups are to be made
 */
record BucketStore(ReadableBucket bucket, Fence fence) implements BackupStore {

    private static final int THREADS = 16;

    @Override
    public String place() {
        return bucket.location().toString();
    }

    @Override
    public List<String> names() throws IOException {
        return bucket.directories();
    }

    @Override
    public InputStream open(String backup, String name) throws IOException {
        return bucket.open(backup + "/" + name);
    }

    @Override
    public long size(String backup, String name) throws IOException {
        return bucket.find(backup + "/" + name).map(Stored::size).orElse(-1L);
    }

    @Override
    public Optional<Path> directory(String backup) {
        return Optional.empty();
    }

    @Override
    public Optional<Instant> changed(String backup, String name) {
        return Optional.empty();
    }

    @Override
    public int threads() {
        return THREADS;
    }

    @Override
    public NewBackup begin(String name, long token) throws IOException {
        WritableBucket writable = (WritableBucket) bucket;
        BucketBackup backup = new BucketBackup(writable, name, token > 1, fence);
        backup.clearDescription();
        return backup;
    }

    @Override
    public void remove(String backup, LongConsumer progress) throws IOException {
        remove((WritableBucket) bucket, backup);
    }

    static void remove(WritableBucket bucket, String backup) throws IOException {
        bucket.delete(List.of(backup + "/" + COMPLETE));
        bucket.deleteAll(backup + "/");
    }
}
