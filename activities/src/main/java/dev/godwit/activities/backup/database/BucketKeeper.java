package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.backup.database.DatabaseBackup.Part;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.resource.ObjectOutput;
import dev.godwit.activities.resource.WritableBucket;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Keeps backups in a bucket: the parts are made in the step's scratch directory and brought there, an object for each. */
final class BucketKeeper implements BackupKeeper {
    private final RunContext context;
    private final BackupPlace place;
    private final WritableBucket bucket;

    BucketKeeper(RunContext context, WritableBucket bucket) {
        this.context = context;
        this.place = BackupPlace.of(bucket);
        this.bucket = bucket;
    }

    @Override
    public BackupPlace place() {
        return place;
    }

    @Override
    public Path begin(String backup) throws IOException {
        Path written = context.scratch().resolve("parts");
        DurableFiles.deleteTree(written);
        return Files.createDirectory(written);
    }

    @Override
    public Path settle(String backup, Path written) {
        return written;
    }

    @Override
    public void keep(String backup, Path parts, Inventory inventory, String text) throws IOException {
        if (context.token() > 1) {
            context.journal().checkToken();
            bucket.deleteAll(backup + "/"); // What an earlier attempt has left.
        }
        long kept = 0;
        for (Part part : inventory.parts()) {
            Path file = parts.resolve(part.path());
            keep(file, backup + "/" + DatabaseBackup.PARTS + part.path());
            Files.delete(file); // There may not be room for what is read back besides.
            kept += part.size();
            context.progress(kept, inventory.bytes(), "bytes kept");
        }
        write(backup, DatabaseBackup.INVENTORY, text);
    }

    private void keep(Path file, String key) throws IOException {
        ObjectOutput out = open(key);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 18];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                context.checkpoint();
            }
            out.finish();
        } finally {
            out.abandon();
        }
    }

    private ObjectOutput open(String key) {
        return new ObjectOutput(bucket, key, Map.of(), WritableBucket.PART, context.journal()::checkToken);
    }

    @Override
    public void complete(String backup, String text) throws IOException {
        write(backup, DatabaseBackup.COMPLETE, text);
    }

    private void write(String backup, String name, String text) throws IOException {
        try (ObjectOutput out = open(backup + "/" + name)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public void remove(String backup) throws IOException {
        bucket.delete(List.of(backup + "/" + DatabaseBackup.COMPLETE));
        bucket.deleteAll(backup + "/");
    }
}
