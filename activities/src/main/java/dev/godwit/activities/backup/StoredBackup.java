package dev.godwit.activities.backup;

import dev.godwit.activities.files.Hashes;
import dev.godwit.step.StepFailure;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.NoSuchFileException;
import java.security.DigestInputStream;
import java.security.MessageDigest;

/**
 * A complete backup: {@code tree/} or {@code archive.tar.zst} holds the files, {@code inventory.json} says what they must
 * be, and {@code complete}, written last, that this is a backup and not half of one.
 *
 * @param store where it is
 * @param name of the backup
 */
record StoredBackup(BackupStore store, String name, Complete complete) {

    /** Reads the inventory. */
    Inventory.Reader inventory() throws IOException {
        return new Inventory.Reader(new BufferedInputStream(store.open(name, BackupStore.INVENTORY), 1 << 16));
    }

    /** @throws StepFailure {@code backup-damaged} if the inventory is not what it was */
    void requireInventory() throws IOException {
        MessageDigest digest = Hashes.newSha256();
        try (InputStream in = new DigestInputStream(store.open(name, BackupStore.INVENTORY), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (NoSuchFileException missing) {
            throw damaged(BackupStore.INVENTORY + ": it is missing");
        }
        if (!Hashes.hex(digest).equals(complete.inventorySha256())) {
            throw damaged("its inventory is not what it was");
        }
    }

    /** Which backup holds the content of a file. */
    String holder(Entry entry) {
        return entry.storedIn().orElse(name);
    }

    StepFailure damaged(String what) {
        return damaged(store, name, what);
    }

    static StepFailure damaged(BackupStore store, String name, String what) {
        return DamagedBackup.of(name + " in " + store.place(), what);
    }
}
