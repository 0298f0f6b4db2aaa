package dev.godwit.activities.backup;

import dev.godwit.activities.resource.ReadableBucket;
import dev.godwit.activities.resource.ReadableBucket.Stored;
import dev.godwit.activities.resource.WritableBucket;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Backups in a bucket: an object for each file. Objects come into being whole, and nobody can write to one.
 *
 * @param bucket one that may be written, if backups are to be made
 */
record BucketStore(ReadableBucket bucket, Fence fence) implements BackupStore {

    private static final int THREADS = 16;

    /** Throws if a later attempt has begun; asked before something is replaced. */
    @FunctionalInterface
    interface Fence {
        void check();
    }

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
    public void remove(String backup) throws IOException {
        remove((WritableBucket) bucket, backup);
    }

    static void remove(WritableBucket bucket, String backup) throws IOException {
        bucket.delete(List.of(backup + "/" + COMPLETE));
        bucket.abortUploads(backup + "/");
        List<String> keys = new ArrayList<>();
        // A page of keys at a time, and from the beginning again: those before are gone.
        do {
            keys.clear();
            bucket.first(backup + "/", keys::add);
            bucket.delete(keys);
        } while (!keys.isEmpty());
    }
}
