package dev.godwit.activities.backup;

import dev.godwit.activities.host.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Backups in a directory, a directory for each. One that is being made has a hidden name, which says for which attempt.
 *
 * @param root holds them
 * @param place how people call it
 */
record DirectoryStore(Path root, String place) implements BackupStore {
    @Override
    public List<String> names() throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(root)) {
            return directories.filter(Files::isDirectory)
                    .map(directory -> directory.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public InputStream open(String backup, String name) throws IOException {
        return open(root.resolve(backup), name);
    }

    /** @param directory of a backup, also of one that is being made */
    static InputStream open(Path directory, String name) throws IOException {
        Path file = directory.resolve(name);
        Optional<InputStream> direct = name.equals(ARCHIVE) ? DirectInput.open(file) : Optional.empty();
        return direct.isPresent() ? direct.get() : Files.newInputStream(file);
    }

    @Override
    public long size(String backup, String name) throws IOException {
        Path file = path(backup, name);
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : -1;
    }

    @Override
    public Optional<Path> directory(String backup) {
        return Optional.of(root.resolve(backup));
    }

    @Override
    public Optional<Instant> changed(String backup, String name) throws IOException {
        try {
            return FileFacts.changedIfRegular(path(backup, name));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public int threads() {
        return Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);
    }

    Path path(String backup, String name) {
        return root.resolve(backup).resolve(name);
    }

    @Override
    public NewBackup begin(String name, long token) throws IOException {
        Files.createDirectories(root);
        Path directory = root.resolve("." + name + "." + token + ".part");
        for (Path left : leftOvers(name)) {
            if (!Files.exists(directory)) {
                // A predecessor that still lives finds none of its paths any more.
                Files.move(left, directory);
            } else if (!left.equals(directory)) {
                DurableFiles.deleteTree(left);
            }
        }
        return new DirectoryBackup(root, directory, name, Files.exists(directory));
    }

    private List<Path> leftOvers(String name) throws IOException {
        try (Stream<Path> directories = Files.list(root)) {
            return directories.filter(directory -> {
                String other = directory.getFileName().toString();
                return other.equals(name) || other.startsWith("." + name + ".") && other.endsWith(".part");
            }).sorted().toList();
        }
    }

    @Override
    public void remove(String backup, LongConsumer progress) throws IOException {
        if (Files.deleteIfExists(path(backup, COMPLETE))) {
            DurableFiles.syncDirectory(root.resolve(backup));
        }
        DurableFiles.deleteTree(root.resolve(backup), progress);
    }
}
