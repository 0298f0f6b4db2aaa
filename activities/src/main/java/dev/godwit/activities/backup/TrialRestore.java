package dev.godwit.activities.backup;

import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.ParallelWork;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

/** Restores a backup into a scratch directory, compares what came out with the inventory, and removes it. */
final class TrialRestore {
    private static final int AHEAD = 64;
    private static final int BUFFER = 1 << 16;

    private final PreviewContext context;
    private final BackupStore store;
    private final String backup;
    private final Path scratch;
    private boolean isRoot;

    TrialRestore(PreviewContext context, BackupStore store, String backup, Path scratch) {
        this.context = context;
        this.store = store;
        this.backup = backup;
        this.scratch = scratch;
    }

    /** Opens the inventory; it is read more than once. */
    interface Inventories {
        Inventory.Reader open() throws IOException;
    }

    /**
     * @return how long restoring took, without the comparison
     * @throws StepFailure {@code backup-damaged} if something came out different
     */
    Duration run(Inventories inventories, boolean archive, long files) throws IOException {
        Files.createDirectories(scratch);
        isRoot = FileFacts.of(scratch).owner().startsWith("0:");
        try {
            long began = System.nanoTime();
            try (Contents contents = Contents.of(store, backup, archive)) {
                each(inventories.open(), files, "files restored on trial", contents.anyOrder(),
                        entry -> restore(entry, contents));
            }
            // Names need their files, so that they come after them; and what is put into a directory changes its time.
            each(inventories.open(), 0, "names", false, this::restoreName);
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            each(inventories.open(), files, "files compared", true, this::compare);
            return took;
        } finally {
            DurableFiles.deleteTree(scratch, removed -> context.progress(removed, 0, "files of the trial removed"));
        }
    }

    private interface Act {
        void on(Entry entry) throws IOException;
    }

    private void each(Inventory.Reader inventory, long files, String unit, boolean parallel, Act act)
            throws IOException {
        long[] done = new long[1];
        ParallelWork.Results<Entry> results = entry -> {
            done[0] += entry.files();
            context.progress(done[0], files, unit);
        };
        try (inventory;
                ParallelWork<Entry> work = new ParallelWork<>(parallel ? store.threads() : 1, AHEAD, results)) {
            for (Optional<Entry> next = inventory.next(); next.isPresent(); next = inventory.next()) {
                context.checkpoint();
                Entry entry = next.get();
                work.begin(() -> {
                    act.on(entry);
                    return entry;
                });
            }
            work.finish();
        }
    }

    private void restore(Entry entry, Contents contents) throws IOException {
        Path file = entry.in(scratch);
        if (entry.isDirectory()) {
            Files.createDirectories(file);
        } else if (entry.isFile()) {
            Files.createDirectories(file.getParent());
            try (InputStream in = contents.open(entry)) {
                write(in, file, entry);
            }
            Restored.attributes(entry, isRoot).apply(file);
        }
    }

    private static void write(InputStream in, Path file, Entry entry) throws IOException {
        try (ReadableByteChannel from = Channels.newChannel(in);
                FileChannel to = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
            for (long left = entry.size(); left > 0 && from.read(buffer.clear()) >= 0;) {
                buffer.flip();
                left -= buffer.remaining();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
        } catch (IOException failure) {
            throw DurableFiles.naming(file, failure);
        }
    }

    private void restoreName(Entry entry) throws IOException {
        Path file = entry.in(scratch);
        if (entry.link().isPresent()) {
            Files.createDirectories(file.getParent());
            Files.createSymbolicLink(file, Path.of(entry.link().get()));
        } else if (entry.sameAs().isPresent()) {
            Files.createLink(file, scratch.resolve(entry.sameAs().get()));
        }
    }

    private void compare(Entry entry) throws IOException {
        difference(entry).ifPresent(difference -> {
            throw StoredBackup.damaged(store, backup, entry.path() + ": " + difference);
        });
    }

    private Optional<String> difference(Entry entry) throws IOException {
        Path file = entry.in(scratch);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of("it was not restored");
        }
        if (entry.link().isPresent()) {
            return Files.readSymbolicLink(file).toString().equals(entry.link().get())
                    ? Optional.empty()
                    : Optional.of("it does not lead to " + entry.link().get());
        }
        if (entry.sameAs().isPresent()) {
            return Files.isSameFile(file, scratch.resolve(entry.sameAs().get()))
                    ? Optional.empty()
                    : Optional.of("it is not the same file as " + entry.sameAs().get());
        }
        if (entry.isDirectory()) {
            return Files.isDirectory(file) ? Optional.empty() : Optional.of("it is not a directory");
        }
        if (!ContentReader.ofThread().sha256(file).equals(entry.sha256().orElseThrow())) {
            return Optional.of("its content is not what was backed up");
        }
        FileFacts facts = FileFacts.of(file);
        return facts.permissions().equals(entry.mode()) && facts.modified().equals(entry.modified())
                ? Optional.empty()
                : Optional.of("its mode or modification time cannot be restored here");
    }
}
