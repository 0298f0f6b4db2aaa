package dev.godwit.activities.backup;

import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Where backups are kept: a directory or a bucket. Whatever it is, a backup has the same names in it. */
sealed interface BackupStore extends BackupPlace permits DirectoryStore, BucketStore {
    String TREE = "tree/";
    String ARCHIVE = "archive.tar.zst";
    String INVENTORY = "inventory.json";
    String COMPLETE = "complete";

    /** When the copy of a file last changed in any way, if that can be known: it can where nobody can set it. */
    Optional<Instant> changed(String backup, String name) throws IOException;

    /** How many things to read or write at a time. */
    int threads();

    /** Begins a backup, or goes on with what an earlier attempt of this step has left of it. */
    NewBackup begin(String name, long token) throws IOException;

    /**
     * Removes a backup; first of all it is complete no more.
     *
     * @param progress is told how much is gone, where that is known
     */
    void remove(String backup, LongConsumer progress) throws IOException;

    /** What a backup says of itself, if it is complete. */
    default Optional<Complete> complete(String backup) throws IOException {
        try (InputStream in = open(backup, COMPLETE)) {
            return Optional.of(Json.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), Complete.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw StoredBackup.damaged(this, backup, COMPLETE + " is not what it was").causedBy(e);
        }
    }

    /** The complete backups, newest first; those that cannot say what they are, are left out. */
    default List<StoredBackup> newestFirst() throws IOException {
        List<StoredBackup> found = new ArrayList<>();
        for (String name : names()) {
            try {
                complete(name).ifPresent(complete -> found.add(new StoredBackup(this, name, complete)));
            } catch (StepFailure damaged) {
                // It says why where it is asked for by name.
                DamagedBackup.require(damaged);
            }
        }
        found.sort(Comparator.comparing((StoredBackup backup) -> backup.complete().made())
                .thenComparing(StoredBackup::name, BackupName.OLDEST_FIRST)
                .reversed());
        return found;
    }
}
