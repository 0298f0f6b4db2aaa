package dev.godwit.activities.backup;

import dev.godwit.activities.resource.ObjectOutput;
import dev.godwit.activities.resource.ObjectOutput.Fence;
import dev.godwit.activities.resource.ReadableBucket;
import dev.godwit.activities.resource.ReadableBucket.Stored;
import dev.godwit.activities.resource.WritableBucket;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** A backup that is being made in a bucket. Links, directories and further names of files are in its inventory only. */
final class BucketBackup implements NewBackup {
    private static final int LARGE_AT_A_TIME = 3;

    private final WritableBucket bucket;
    private final String name;
    private final boolean again;
    private final Fence fence;
    private final Semaphore large = new Semaphore(LARGE_AT_A_TIME);

    /** @param again whether an earlier attempt may have left something */
    BucketBackup(WritableBucket bucket, String name, boolean again, Fence fence) {
        this.bucket = bucket;
        this.name = name;
        this.again = again;
        this.fence = fence;
    }

    /** What an earlier attempt has said of the backup is written anew. */
    void clearDescription() throws IOException {
        if (again) {
            bucket.abortUploads(name + "/");
            bucket.delete(List.of(key(BackupStore.COMPLETE), key(BackupStore.INVENTORY), key(BackupStore.ARCHIVE)));
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void directory(Entry directory) {
        // Buckets have none.
    }

    @Override
    public void name(Entry entry) {
        // Buckets have none.
    }

    @Override
    public boolean has(String path, FileFacts facts) throws IOException {
        if (!again) {
            return false;
        }
        Optional<Stored> there = bucket.find(key(BackupStore.TREE + path));
        if (there.isEmpty()) {
            return false;
        }
        if (there.get().size() == facts.size() && metadata(facts).equals(there.get().metadata())) {
            return true;
        }
        remove(path);
        return false;
    }

    @Override
    public void remove(String path) throws IOException {
        fence.check();
        bucket.delete(List.of(key(BackupStore.TREE + path)));
    }

    @Override
    public Copy copy(String path, FileFacts facts) {
        String key = key(BackupStore.TREE + path);
        if (bucket.keyLength(key) > ReadableBucket.LONGEST_KEY) {
            throw StepFailure.user("name-too-long", "backup.files: " + path + " has too long a name for "
                    + bucket.location() + ", whose keys have " + ReadableBucket.LONGEST_KEY
                    + " bytes at most; shorten the prefix, or keep the backup as an archive");
        }
        return new ObjectCopy(key, facts);
    }

    @Override
    public OutputStream create(String part) {
        return new ObjectOutput(bucket, key(part), Map.of(), WritableBucket.PART, fence);
    }

    @Override
    public InputStream open(String part) throws IOException {
        return bucket.open(key(part));
    }

    @Override
    public Settling settle() {
        return () -> {};
    }

    @Override
    public void publish() {
        // It has its name.
    }

    @Override
    public void complete(Complete complete) throws IOException {
        try (OutputStream out = create(BackupStore.COMPLETE)) {
            out.write(Json.pretty(complete).getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public void discard() throws IOException {
        BucketStore.remove(bucket, name);
    }

    @Override
    public void close() {
        // The bucket is closed with the step.
    }

    private String key(String part) {
        return name + "/" + part;
    }

    /** What tells whether an object is the copy of a file as it is now. */
    private static Map<String, String> metadata(FileFacts facts) {
        return Map.of("modified", facts.modified().toString(), "inode", Long.toString(facts.key().inode()),
                "size", Long.toString(facts.size()));
    }

    /** A file on its way; a large one in parts, and few of those at a time, since a part is held in memory. */
    private final class ObjectCopy implements Copy {
        private final String key;
        private final boolean isLarge;
        private FileFacts facts;
        private ObjectOutput out;

        ObjectCopy(String key, FileFacts facts) {
            this.key = key;
            this.facts = facts;
            this.isLarge = facts.size() > WritableBucket.PART;
            if (isLarge) {
                large.acquireUninterruptibly();
            }
            begin();
        }

        private void begin() {
            long part = Math.max(WritableBucket.PART, facts.size() / (WritableBucket.MOST_PARTS / 2));
            out = new ObjectOutput(bucket, key, metadata(facts),
                    Math.toIntExact(isLarge ? part : Math.min(WritableBucket.PART, facts.size() + 1)), fence);
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            out.write(bytes);
        }

        @Override
        public void skip(ByteBuffer zeros) throws IOException {
            out.write(zeros);
        }

        @Override
        public void restart() throws IOException {
            out.abandon();
            begin();
        }

        @Override
        public Optional<Instant> finish(Path file, FileFacts read, String sha256) throws IOException {
            facts = read;
            out.finish();
            return Optional.empty();
        }

        @Override
        public void close() {
            out.abandon();
            if (isLarge) {
                large.release();
            }
        }
    }
}
