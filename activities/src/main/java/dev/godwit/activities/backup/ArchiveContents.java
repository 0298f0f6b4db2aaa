package dev.godwit.activities.backup;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The contents of an archive, read from its beginning to its end. */
final class ArchiveContents implements Contents {
    private static final int BUFFER = 1 << 16;

    private final TarArchiveInputStream tar;

    ArchiveContents(BackupStore store, String backup) throws IOException {
        InputStream archive = new BufferedInputStream(store.open(backup, BackupStore.ARCHIVE), BUFFER);
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 8);
        tar = new TarArchiveInputStream(new ZstdFrames.Input(archive, threads), StandardCharsets.UTF_8.name());
    }

    @Override
    public InputStream open(Entry entry) throws IOException {
        for (TarArchiveEntry next = tar.getNextEntry(); next != null; next = tar.getNextEntry()) {
            if (next.isFile() && next.getName().equals(entry.path())) {
                return new FilterInputStream(tar) {
                    @Override
                    public void close() {
                        // The next one comes out of the same stream.
                    }
                };
            }
        }
        throw new NoSuchFileException(entry.path());
    }

    @Override
    public boolean anyOrder() {
        return false;
    }

    /** Reads on to the end, which is part of an archive. */
    void end() throws IOException {
        while (tar.getNextEntry() != null) {
            continue;
        }
    }

    @Override
    public void close() throws IOException {
        tar.close();
    }
}
