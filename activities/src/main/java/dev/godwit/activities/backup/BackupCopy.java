package dev.godwit.activities.backup;

import dev.godwit.activities.backup.StoredBackup.Entry;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileSelection;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.files.ParallelWork;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.step.RunContext;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;

/** Copies files into a backup's tree and lists them; what an earlier attempt has copied stays. */
final class BackupCopy {
    private static final int THREADS = 2;
    private static final int AHEAD = 64;

    private final BackupFiles.Spec spec;
    private final RunContext context;
    private final Path from;
    private final StoredBackup backup;
    private Path lastDirectory;

    BackupCopy(BackupFiles.Spec spec, RunContext context, Path from, StoredBackup backup) {
        this.spec = spec;
        this.context = context;
        this.from = from;
        this.backup = backup;
        this.lastDirectory = from;
    }

    Totals run() throws IOException {
        Files.createDirectories(backup.tree());
        try (InventoryWriter inventory = new InventoryWriter(backup, context.runStarted(), spec.from())) {
            copyTo(inventory);
            inventory.finish();
            DurableFiles.syncDirectory(backup.tree());
            DurableFiles.syncDirectory(backup.directory());
            return inventory.totals();
        }
    }

    private void copyTo(InventoryWriter inventory) throws IOException {
        ParallelWork.Results<Optional<Entry>> results = copied -> {
            if (copied.isPresent()) {
                inventory.add(copied.get());
                context.progress(inventory.totals().files(), 0, "files");
            }
        };
        try (ParallelWork<Optional<Entry>> copies = new ParallelWork<>(THREADS, AHEAD, results)) {
            new FileSelection(spec.include(), spec.exclude()).walk(from, (path, file, attributes) -> {
                context.checkpoint();
                listDirectories(path, inventory);
                copies.begin(() -> copied(path, file, attributes));
            });
            copies.finish();
        }
    }

    /** Lists the directories that a file is the first to be in, so that a restore gives them their modes and times. */
    private void listDirectories(String path, InventoryWriter inventory) throws IOException {
        Path directory = from.resolve(path).getParent();
        if (directory.equals(lastDirectory)) {
            return;
        }
        Path known = lastDirectory;
        lastDirectory = directory;
        for (int i = 1; i <= from.relativize(directory).getNameCount(); i++) {
            Path ancestor = from.resolve(from.relativize(directory).subpath(0, i));
            if (directory.startsWith(from) && !directory.equals(from) && !known.startsWith(ancestor)) {
                String name = from.relativize(ancestor).toString();
                Files.createDirectories(backup.tree().resolve(name));
                inventory.add(Entry.ofDirectory(name, ancestor));
            }
        }
    }

    private Optional<Entry> copied(String path, Path file, BasicFileAttributes attributes) throws IOException {
        Path copy = backup.tree().resolve(path);
        Files.createDirectories(copy.getParent());
        if (attributes.isDirectory()) {
            Files.createDirectories(copy);
            return Optional.of(Entry.ofDirectory(path, file));
        }
        if (attributes.isSymbolicLink()) {
            Files.deleteIfExists(copy);
            Files.copy(file, copy, LinkOption.NOFOLLOW_LINKS);
            return Optional.of(Entry.ofLink(path, copy));
        }
        try {
            return Optional.of(Entry.ofFile(path, copy,
                    copiedBefore(file, copy) ? Hashes.sha256(copy) : copyFile(path, file, copy)));
        } catch (NoSuchFileException vanished) {
            if (Files.exists(file)) {
                throw vanished;
            }
            return Optional.empty();
        }
    }

    private static boolean copiedBefore(Path file, Path copy) throws IOException {
        return Files.exists(copy) && FileAttributes.of(file).equals(FileAttributes.of(copy))
                && Files.mismatch(file, copy) < 0;
    }

    private String copyFile(String path, Path file, Path copy) throws IOException {
        Path temporary = copy.resolveSibling(
                ".godwit-" + UUID.nameUUIDFromBytes(path.getBytes(StandardCharsets.UTF_8)) + ".tmp");
        FileAttributes before = FileAttributes.of(file);
        MessageDigest digest = Hashes.newSha256();
        try (OutputStream out = new DigestOutputStream(
                new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16), digest)) {
            Files.copy(file, out);
        } catch (IOException failure) {
            throw DurableFiles.naming(copy, failure);
        }
        before.apply(temporary);
        DurableFiles.syncFile(temporary);
        Files.move(temporary, copy, StandardCopyOption.ATOMIC_MOVE);
        return Hashes.hex(digest);
    }
}
