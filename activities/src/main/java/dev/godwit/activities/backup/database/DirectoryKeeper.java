package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.database.DatabaseBackup.Inventory;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** Keeps backups in a directory. */
final class DirectoryKeeper implements BackupKeeper {
    private static final String ATTEMPT = "attempt-";

    private final RunContext context;
    private final Path root;

    DirectoryKeeper(RunContext context, Path root) {
        this.context = context;
        this.root = root;
    }

    @Override
    public BackupPlace place() {
        return BackupPlace.of(root);
    }

    /**
     * A tool that outlived its worker may still write for a moment: each attempt has a directory of its own. What earlier ones
     * have left is as large as the database: there may not be room for it besides.
     */
    @Override
    public Path begin(String backup) throws IOException {
        Path directory = Files.createDirectories(root.resolve(backup));
        removeEarlierAttempts(directory);
        Path written = directory.resolve(ATTEMPT + context.token());
        DurableFiles.deleteTree(written);
        return Files.createDirectory(written);
    }

    @Override
    public Path settle(String backup, Path written) throws IOException {
        sync(written);
        Path parts = root.resolve(backup).resolve(DatabaseBackup.PARTS);
        context.journal().checkToken();
        DurableFiles.deleteTree(parts);
        Files.move(written, parts, StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncDirectory(parts.getParent());
        return parts;
    }

    private void sync(Path written) throws IOException {
        try (Stream<Path> all = Files.walk(written)) {
            for (Path path : all.toList()) {
                if (Files.isDirectory(path)) {
                    context.checkpoint();
                    DurableFiles.syncDirectory(path);
                } else {
                    DurableFiles.syncFile(path, context::checkpoint);
                }
            }
        }
    }

    @Override
    public void keep(String backup, Path parts, Inventory inventory, String text) throws IOException {
        write(backup, DatabaseBackup.INVENTORY, text);
    }

    @Override
    public void complete(String backup, String text) throws IOException {
        removeOtherAttempts(root.resolve(backup));
        context.journal().checkToken();
        write(backup, DatabaseBackup.COMPLETE, text);
        DurableFiles.syncDirectory(root);
    }

    private void write(String backup, String name, String text) throws IOException {
        DurableFiles.write(root.resolve(backup).resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    private void removeEarlierAttempts(Path directory) throws IOException {
        for (Path attempt : attempts(directory)) {
            if (Long.parseLong(attempt.getFileName().toString().substring(ATTEMPT.length())) < context.token()) {
                try {
                    DurableFiles.deleteTree(attempt, removed -> context.checkpoint());
                } catch (DirectoryNotEmptyException stillWritten) {
                    // It goes when the backup is complete.
                }
            }
        }
    }

    private static void removeOtherAttempts(Path directory) throws IOException {
        for (Path attempt : attempts(directory)) {
            DurableFiles.deleteTree(attempt);
        }
    }

    private static List<Path> attempts(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(path -> path.getFileName().toString().startsWith(ATTEMPT)).toList();
        }
    }

    @Override
    public void remove(String backup) throws IOException {
        Path directory = root.resolve(backup);
        Files.deleteIfExists(directory.resolve(DatabaseBackup.COMPLETE));
        if (Files.exists(directory)) {
            DurableFiles.syncDirectory(directory);
        }
        DurableFiles.deleteTree(directory);
    }
}
