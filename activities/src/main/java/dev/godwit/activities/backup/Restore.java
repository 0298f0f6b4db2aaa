package dev.godwit.activities.backup;

import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.files.FileChanges.Existing;
import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Puts a backup beside its place, then moves what is there aside and the backup in. */
final class Restore {
    private static final int BATCH = 256;
    private static final long BATCH_BYTES = 64 << 20;

    private final FileChanges changes;
    private final RunContext context;
    private final StoredBackup backup;
    private final boolean owners;
    private final Places places;
    private Position position;

    Restore(FileChanges changes, RunContext context, StoredBackup backup, boolean owners, Places places) {
        this.changes = changes;
        this.context = context;
        this.backup = backup;
        this.owners = owners;
        this.places = places;
        this.position = changes.cursor()
                .map(cursor -> Json.bind(cursor, Position.class))
                .orElse(new Position(Stage.STAGING, 0));
    }

    /**
     * @param to what is restored
     * @param aside where its state before goes
     * @param staged where the backup is put first
     */
    record Places(Path to, Path aside, Path staged) {}

    private enum Stage { STAGING, STAGED, ASIDE, DONE }

    /**
     * How far the restore is.
     *
     * @param entries how many lines of the inventory are staged
     */
    private record Position(Stage stage, long entries) {}

    /** Puts everything beside its place, on the same file system, where it is in nobody's way. */
    void stage() throws IOException {
        if (position.stage != Stage.STAGING) {
            return;
        }
        if (owners && position.entries == 0) {
            requireOwners();
        }
        long seen = 0;
        long bytes = 0;
        FileBatch batch = changes.batch().makeDirectories(places.staged);
        try (Inventory.Reader inventory = backup.inventory();
                Contents contents = Contents.of(backup.store(), backup.name(), backup.complete().isArchive())) {
            BatchContents unpacked = new BatchContents(contents, context.scratch().resolve("unpacked"));
            for (Optional<Entry> next = inventory.next(); next.isPresent(); next = inventory.next()) {
                context.progress(seen, backup.complete().files(), "files");
                context.checkpoint();
                if (++seen <= position.entries) {
                    continue;
                }
                plan(next.get(), batch, unpacked);
                bytes += next.get().size();
                if (batch.size() >= BATCH || bytes >= BATCH_BYTES) {
                    commit(batch, new Position(Stage.STAGING, seen));
                    unpacked.clear();
                    bytes = 0;
                    batch = changes.batch();
                }
            }
            commit(batch, new Position(Stage.STAGED, seen));
            unpacked.clear();
        }
    }

    private void plan(Entry entry, FileBatch batch, BatchContents contents) throws IOException {
        Path file = entry.in(places.staged);
        if (entry.isDirectory()) {
            batch.makeDirectories(file);
        } else if (entry.link().isPresent()) {
            batch.symbolicLink(file, entry.link().get());
        } else if (entry.sameAs().isPresent()) {
            batch.hardLink(places.staged.resolve(entry.sameAs().get()), file);
        } else {
            contents.prepare(entry);
            batch.put(file, out -> {
                try (InputStream in = new VerifyingInput(contents.open(entry), entry, backup)) {
                    in.transferTo(out);
                }
            }, attributes(entry), Existing.REFUSE);
        }
    }

    private FileAttributes attributes(Entry entry) {
        return Restored.attributes(entry, owners);
    }

    /** Before anything is written: only root can give a file to someone else. */
    private void requireOwners() throws IOException {
        String self = FileFacts.of(context.scratch()).owner();
        String user = self.substring(0, self.indexOf(':') + 1);
        if (user.equals("0:")) {
            return;
        }
        try (Inventory.Reader inventory = backup.inventory()) {
            for (Optional<Entry> next = inventory.next(); next.isPresent(); next = inventory.next()) {
                Entry entry = next.get();
                if (entry.owner().isPresent() && !entry.owner().get().startsWith(user)) {
                    throw StepFailure.user("owner-not-restorable", "restore.files: " + entry.path() + " belonged to "
                            + entry.owner().get() + " (user and group), and only root can give a file away; run the"
                            + " worker as root, or say owners: false");
                }
            }
        }
    }

    void moveAside() throws IOException {
        if (position.stage != Stage.STAGED) {
            return;
        }
        applyToDirectoriesAndLinks();
        FileBatch batch = changes.batch().makeDirectories(places.to).makeDirectories(places.aside);
        for (Path name : topNames()) {
            if (Files.exists(places.to.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                batch.move(places.to.resolve(name), places.aside.resolve(name));
            }
        }
        commit(batch, new Position(Stage.ASIDE, position.entries));
    }

    void moveIn() throws IOException {
        if (position.stage == Stage.ASIDE) {
            FileBatch batch = changes.batch();
            for (Path name : topNames()) {
                batch.move(places.staged.resolve(name), places.to.resolve(name));
            }
            commit(batch, new Position(Stage.DONE, position.entries));
        }
        Files.deleteIfExists(places.staged);
    }

    private void commit(FileBatch batch, Position next) throws IOException {
        batch.commit(next);
        position = next;
    }

    /** Their times change with every file that is put into them, so that they come last, the innermost first. */
    private void applyToDirectoriesAndLinks() throws IOException {
        List<Entry> directories = new ArrayList<>();
        try (Inventory.Reader inventory = backup.inventory()) {
            for (Optional<Entry> next = inventory.next(); next.isPresent(); next = inventory.next()) {
                if (next.get().isDirectory()) {
                    directories.add(next.get());
                } else if (next.get().link().isPresent()) {
                    Restored.applyToLink(next.get(), next.get().in(places.staged), owners);
                }
            }
        }
        for (Entry directory : directories.reversed()) {
            attributes(directory).apply(directory.in(places.staged));
        }
    }

    private List<Path> topNames() throws IOException {
        try (Stream<Path> top = Files.list(places.staged)) {
            return top.map(Path::getFileName).sorted().toList();
        }
    }
}
