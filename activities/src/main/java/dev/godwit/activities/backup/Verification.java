package dev.godwit.activities.backup;

import dev.godwit.activities.files.ParallelWork;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a backup and compares it with its inventory. */
final class Verification {
    private static final int AHEAD = 64;

    private final PreviewContext context;
    private final BackupStore store;
    private final String backup;

    /** @param backup the name that the store knows it by */
    Verification(PreviewContext context, BackupStore store, String backup) {
        this.context = context;
        this.store = store;
        this.backup = backup;
    }

    /** What to read. */
    enum Extent {
        /** All that the backup itself holds; what it needs of earlier ones was looked at when it was made. */
        OWN,
        /** All that a restore reads. */
        ALL
    }

    /** @throws StepFailure {@code backup-damaged}, naming the first thing that is not as it should be */
    void of(Complete complete, Inventory.Reader inventory, Extent extent) throws IOException {
        if (complete.isArchive()) {
            archive(inventory, complete.archiveBytes().orElseThrow(), complete.files());
        } else {
            tree(inventory, extent, complete.files());
        }
    }

    /** @throws StepFailure {@code backup-damaged}, naming where the archive is not as it should be */
    void archive(Inventory.Reader inventory, long bytes, long files) throws IOException {
        long there = store.size(backup, BackupStore.ARCHIVE);
        if (there != bytes) {
            throw StoredBackup.damaged(store, backup, BackupStore.ARCHIVE + (there < 0
                    ? ": it is missing"
                    : ": it has " + there + " bytes, and should have " + bytes));
        }
        String at = "its beginning";
        long done = 0;
        try (inventory; ArchiveContents contents = new ArchiveContents(store, backup)) {
            for (Optional<Entry> next = inventory.next(); next.isPresent(); next = inventory.next()) {
                context.checkpoint();
                Entry entry = next.get();
                done += entry.files();
                context.progress(done, files, "files verified");
                if (entry.isFile()) {
                    at = entry.path();
                    String sha256 = ContentReader.ofThread().sha256(contents.open(entry), entry.size());
                    if (!sha256.equals(entry.sha256().orElseThrow())) {
                        throw StoredBackup.damaged(store, backup, at + ": its content is not what was backed up");
                    }
                }
            }
            at = "its end";
            contents.end();
        } catch (NoSuchFileException missing) {
            throw StoredBackup.damaged(store, backup, missing.getFile() + ": it is missing from the archive");
        } catch (AccessDeniedException denied) {
            throw denied; // It may be as good as ever.
        } catch (IOException failure) {
            throw StoredBackup.damaged(store, backup,
                    BackupStore.ARCHIVE + ", at " + at + ": " + failure.getMessage()).causedBy(failure);
        }
    }

    /** @throws StepFailure {@code backup-damaged}, naming the first thing that is not as it should be */
    void tree(Inventory.Reader inventory, Extent extent, long files) throws IOException {
        long[] done = new long[1];
        ParallelWork.Results<Entry> results = entry -> {
            done[0] += entry.files();
            context.progress(done[0], files, "files verified");
        };
        try (inventory; ParallelWork<Entry> work = new ParallelWork<>(store.threads(), AHEAD, results)) {
            for (Optional<Entry> next = inventory.next(); next.isPresent(); next = inventory.next()) {
                context.checkpoint();
                Entry entry = next.get();
                if (extent == Extent.ALL || entry.storedIn().isEmpty()) {
                    work.begin(() -> verified(entry));
                }
            }
            work.finish();
        }
    }

    private Entry verified(Entry entry) throws IOException {
        Optional<String> difference = entry.isFile() ? differenceOfFile(entry) : differenceOfName(entry);
        if (difference.isPresent()) {
            throw StoredBackup.damaged(store, entry.storedIn().orElse(backup),
                    entry.path() + ": " + difference.get());
        }
        return entry;
    }

    private Optional<String> differenceOfFile(Entry entry) throws IOException {
        String holder = entry.storedIn().orElse(backup);
        String name = BackupStore.TREE + entry.path();
        try {
            String sha256;
            if (store instanceof DirectoryStore directory) {
                Path file = directory.path(holder, name);
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    return Optional
                            .of(Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? "it is no file" : "it is missing");
                }
                sha256 = ContentReader.ofThread().sha256(file);
            } else {
                try (InputStream in = store.open(holder, name)) {
                    sha256 = ContentReader.ofThread().sha256(in, entry.size());
                }
            }
            return sha256.equals(entry.sha256().orElseThrow())
                    ? Optional.empty()
                    : Optional.of("its content is not what was backed up");
        } catch (NoSuchFileException missing) {
            return Optional.of("it is missing");
        } catch (EOFException truncated) {
            return Optional.of("it is truncated");
        }
    }

    /** Links and directories are in the inventory; those of the tree are for people who copy it back by hand. */
    private Optional<String> differenceOfName(Entry entry) throws IOException {
        if (!(store instanceof DirectoryStore directory) || entry.link().isEmpty()) {
            return Optional.empty();
        }
        Path file = directory.path(backup, BackupStore.TREE + entry.path());
        boolean same = Files.isSymbolicLink(file)
                && Files.readSymbolicLink(file).toString().equals(entry.link().get());
        return same ? Optional.empty() : Optional.of("it does not lead to " + entry.link().get());
    }
}
