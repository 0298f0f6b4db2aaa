package dev.godwit.activities.backup;

import java.io.IOException;
import java.io.InputStream;

/** The contents of a backup's files. */
interface Contents extends AutoCloseable {
    /** Opens a file of the inventory. Files must be asked for in the order of the inventory, some may be left out. */
    InputStream open(Entry entry) throws IOException;

    /** Whether several may be open at a time, and the same one again. */
    boolean anyOrder();

    @Override
    void close() throws IOException;

    /** Of a backup under the name that its store knows it by for now. */
    static Contents of(BackupStore store, String backup, boolean archive) throws IOException {
        if (archive) {
            return new ArchiveContents(store, backup);
        }
        return new Contents() {
            @Override
            public InputStream open(Entry entry) throws IOException {
                return store.open(entry.storedIn().orElse(backup), BackupStore.TREE + entry.path());
            }

            @Override
            public boolean anyOrder() {
                return true;
            }

            @Override
            public void close() {
                // Each stream is closed by itself.
            }
        };
    }
}
