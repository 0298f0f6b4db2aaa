package dev.godwit.activities.backup;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.Hashes;
import dev.godwit.json.Json;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A backup as it lies in its directory: {@code tree/} holds the files, {@code inventory.json} says what they must be, and
 * {@code complete}, written last, that this is a backup and not half of one.
 *
 * @param directory where it is
 */
record StoredBackup(Path directory) {

    /**
     * A line of the inventory.
     *
     * @param path within the tree, with slashes; of a directory it ends with one
     * @param size in bytes; 0 for directories and links
     * @param sha256 of the content; absent for directories and links
     * @param mode such as {@code rw-r--r--}
     * @param modified the modification time
     * @param link what a symbolic link says; absent for files
     */
    record Entry(String path, long size, Optional<String> sha256, String mode, Instant modified,
            Optional<String> link) {

        static Entry ofLink(String path, Path file) throws IOException {
            FileAttributes attributes = FileAttributes.of(file);
            return new Entry(path, 0, Optional.empty(), mode(attributes), modified(attributes),
                    Optional.of(Files.readSymbolicLink(file).toString()));
        }

        static Entry ofDirectory(String path, Path directory) throws IOException {
            FileAttributes attributes = FileAttributes.of(directory);
            return new Entry(path + "/", 0, Optional.empty(), mode(attributes), modified(attributes),
                    Optional.empty());
        }

        static Entry ofFile(String path, Path file, String sha256) throws IOException {
            FileAttributes attributes = FileAttributes.of(file);
            return new Entry(path, Files.size(file), Optional.of(sha256), mode(attributes), modified(attributes),
                    Optional.empty());
        }

        boolean isDirectory() {
            return path.endsWith("/");
        }

        FileAttributes attributes() {
            return new FileAttributes(Optional.of(FileTime.from(modified)),
                    Optional.of(PosixFilePermissions.fromString(mode)));
        }

        /**
         * What is wrong with a file that should be this one, if anything is. The content decides: a restore takes mode and
         * modification time from the inventory, so that backups may be moved about.
         */
        Optional<String> differenceOf(Path file) throws IOException {
            if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of("it is missing");
            }
            if (link.isPresent()) {
                boolean same = Files.isSymbolicLink(file)
                        && Files.readSymbolicLink(file).toString().equals(link.get());
                return same ? Optional.empty() : Optional.of("it does not lead to " + link.get());
            }
            if (isDirectory()) {
                return Files.isDirectory(file) ? Optional.empty() : Optional.of("it is not a directory");
            }
            if (Files.size(file) != size || !Hashes.sha256(file).equals(sha256.orElseThrow())) {
                return Optional.of("its content is not what was backed up");
            }
            return Optional.empty();
        }

        /** What is wrong with a restored file, if anything is. */
        Optional<String> differenceOfRestored(Path file) throws IOException {
            Optional<String> difference = differenceOf(file);
            if (difference.isPresent() || link.isPresent()) {
                return difference;
            }
            FileAttributes attributes = FileAttributes.of(file);
            return mode(attributes).equals(mode) && modified(attributes).equals(modified)
                    ? Optional.empty()
                    : Optional.of("its mode or modification time cannot be restored here");
        }

        private static String mode(FileAttributes attributes) {
            return PosixFilePermissions.toString(attributes.mode().orElseThrow());
        }

        private static Instant modified(FileAttributes attributes) {
            return attributes.modified().orElseThrow().toInstant();
        }
    }

    /**
     * What {@code complete} says.
     *
     * @param name of the backup
     * @param made when the run that made it started
     * @param files how many
     * @param bytes their size
     * @param kinds how many of each kind
     * @param verified how it was verified
     * @param inventorySha256 of the inventory
     */
    record Complete(String name, Instant made, long files, long bytes, Map<String, Long> kinds, String verified,
            String inventorySha256) {}

    /** Gets each line of an inventory. */
    @FunctionalInterface
    interface Visitor {
        void visit(Entry entry) throws IOException;
    }

    String name() {
        return directory.getFileName().toString();
    }

    Path tree() {
        return directory.resolve("tree");
    }

    Path file(Entry entry) {
        return tree().resolve(entry.path());
    }

    Path inventory() {
        return directory.resolve("inventory.json");
    }

    Path completeFile() {
        return directory.resolve("complete");
    }

    /** What it says of itself, if it is complete. */
    Optional<Complete> complete() throws IOException {
        try {
            return Optional.of(Json.read(Files.readString(completeFile()), Complete.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Reads the inventory, line by line. */
    void entries(Visitor visitor) throws IOException {
        ObjectReader reader = Json.mapper()
                .readerFor(Entry.class)
                .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        try (JsonParser parser = Json.mapper().createParser(inventory().toFile())) {
            while (parser.nextToken() != null) {
                if (parser.currentToken() == JsonToken.FIELD_NAME && parser.currentName().equals("entries")) {
                    parser.nextToken();
                    while (parser.nextToken() == JsonToken.START_OBJECT) {
                        visitor.visit(reader.readValue(parser));
                    }
                }
            }
        }
    }

    /**
     * Reads everything back.
     *
     * @param each called for each line, after it was found right
     * @throws StepFailure {@code backup-damaged}, naming the first thing that is not as it should be
     */
    void verify(Visitor each) throws IOException {
        entries(entry -> {
            requireSame(entry, file(entry));
            each.visit(entry);
        });
    }

    void requireSame(Entry entry, Path file) throws IOException {
        entry.differenceOf(file).ifPresent(difference -> {
            throw damaged(entry, difference);
        });
    }

    void requireRestored(Entry entry, Path file) throws IOException {
        entry.differenceOfRestored(file).ifPresent(difference -> {
            throw damaged(entry, difference);
        });
    }

    private StepFailure damaged(Entry entry, String difference) {
        return StepFailure.integrity("backup-damaged", "the backup " + directory + " is damaged: " + entry.path() + ": "
                + difference + "; use another backup, and find out what changed this one");
    }

    /** The complete backups of a directory, newest first. */
    static List<StoredBackup> newestFirst(Path backups) throws IOException {
        record Dated(StoredBackup backup, Instant made) {}
        List<Dated> found = new ArrayList<>();
        try (Stream<Path> directories = Files.list(backups)) {
            for (Path directory : directories.filter(Files::isDirectory).toList()) {
                StoredBackup backup = new StoredBackup(directory);
                backup.complete().ifPresent(complete -> found.add(new Dated(backup, complete.made())));
            }
        }
        return found.stream()
                .sorted(Comparator.comparing(Dated::made)
                        .thenComparing(dated -> dated.backup().name())
                        .reversed())
                .map(Dated::backup)
                .toList();
    }
}
