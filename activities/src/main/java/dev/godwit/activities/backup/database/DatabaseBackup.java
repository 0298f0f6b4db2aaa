package dev.godwit.activities.backup.database;

import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.json.Json;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A backup of a database as it lies in its directory: {@code parts/} holds what the engine's own tool wrote,
 * {@code inventory.json} says what that must be, and {@code complete.json}, written last, that this is a backup and not
 * half of one.
 *
 * @param directory where it is
 */
record DatabaseBackup(Path directory) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /**
     * A file of a backup.
     *
     * @param path within {@code parts/}, with slashes
     * @param size in bytes
     * @param sha256 of its content
     */
    record Part(String path, long size, String sha256) {}

    /**
     * What a backup must be.
     *
     * @param engine which engine's it is
     * @param from what was backed up, for people
     * @param tool what wrote it, and its version
     * @param contents what the database held; absent if that was not asked for
     */
    record Inventory(Engine engine, String from, String tool, Optional<Contents> contents, List<Part> parts) {
        long bytes() {
            return parts.stream().mapToLong(Part::size).sum();
        }
    }

    /**
     * What {@code complete.json} says.
     *
     * @param name of the backup
     * @param engine which engine's it is
     * @param database the name of what was backed up, by which a restore finds it
     * @param made when the run that made it started
     * @param plan of that run
     * @param target of that run
     * @param step that made it
     * @param bytes the size of its parts
     * @param tables how many
     * @param rows in all of them; absent if they were not counted
     * @param verified how it was verified
     * @param restoreSeconds how long restoring it took; absent if that was not tried
     * @param inventorySha256 of the inventory
     */
    record Complete(String name, Engine engine, String database, Instant made, String plan, String target, String step,
            long bytes, long tables, Optional<Long> rows, Verify verified, Optional<Double> restoreSeconds,
            String inventorySha256) {

        /** Whether the two are backups of one thing, so that the one may take the place of the other. */
        boolean succeeds(Complete older) {
            return engine == older.engine && database.equals(older.database) && plan.equals(older.plan)
                    && target.equals(older.target) && step.equals(older.step);
        }
    }

    /** Derived from the run, so that every attempt means the same one. */
    static String name(PreviewContext context) {
        String run = context.identity().runId();
        String round = context.identity().round() == 1 ? "" : "." + context.identity().round();
        return context.identity().plan() + "-" + TIME.format(context.runStarted()) + "-"
                + run.substring(0, Math.min(8, run.length())) + "-" + context.identity().step() + round;
    }

    String name() {
        return directory.getFileName().toString();
    }

    Path parts() {
        return directory.resolve("parts");
    }

    private Path inventoryFile() {
        return directory.resolve("inventory.json");
    }

    private Path completeFile() {
        return directory.resolve("complete.json");
    }

    /** What it says of itself, if it is complete. */
    Optional<Complete> complete() throws IOException {
        try {
            return Optional.of(Json.read(Files.readString(completeFile()), Complete.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw damaged("complete.json: it is not what it was");
        }
    }

    /** Lists the parts as they are now. */
    List<Part> list(PreviewContext context) throws IOException {
        List<Part> parts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(parts())) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                context.checkpoint();
                parts.add(new Part(parts().relativize(file).toString(), Files.size(file), sha256(file, context)));
            }
        }
        return parts;
    }

    Inventory inventory() throws IOException {
        return Json.read(Files.readString(inventoryFile()), Inventory.class);
    }

    void write(Inventory inventory) throws IOException {
        DurableFiles.write(inventoryFile(), Json.pretty(inventory).getBytes(StandardCharsets.UTF_8));
    }

    String inventorySha256() throws IOException {
        return Hashes.sha256(inventoryFile());
    }

    /** From now on it is a backup. */
    void write(Complete complete) throws IOException {
        DurableFiles.write(completeFile(), Json.pretty(complete).getBytes(StandardCharsets.UTF_8));
        DurableFiles.syncDirectory(directory.getParent());
    }

    /** Removes it; half removed it is no backup any more. */
    void remove() throws IOException {
        Files.deleteIfExists(completeFile());
        if (Files.exists(directory)) {
            DurableFiles.syncDirectory(directory);
        }
        DurableFiles.deleteTree(directory);
    }

    /**
     * Reads everything back.
     *
     * @return the inventory
     * @throws StepFailure {@code backup-damaged}, naming the first thing that is not as it should be
     */
    Inventory requireGood(PreviewContext context) throws IOException {
        Complete complete = complete().orElseThrow(() -> damaged("complete.json: it is missing"));
        if (!Files.exists(inventoryFile()) || !inventorySha256().equals(complete.inventorySha256())) {
            throw damaged("inventory.json: it is not what it was");
        }
        Inventory inventory = inventory();
        requireParts(inventory, context);
        return inventory;
    }

    void requireParts(Inventory inventory, PreviewContext context) throws IOException {
        long read = 0;
        for (Part part : inventory.parts()) {
            Path file = parts().resolve(part.path());
            if (!Files.exists(file)) {
                throw damaged("parts/" + part.path() + ": it is missing");
            }
            if (Files.size(file) != part.size()) {
                throw damaged("parts/" + part.path() + ": it has " + Files.size(file) + " bytes instead of "
                        + part.size());
            }
            if (!sha256(file, context).equals(part.sha256())) {
                throw damaged("parts/" + part.path() + ": its content is not what was backed up");
            }
            read += part.size();
            context.progress(read, inventory.bytes(), "bytes verified");
        }
    }

    StepFailure damaged(String what) {
        return StepFailure.integrity("backup-damaged", "the backup " + directory + " is damaged: " + what
                + "; use another backup, and find out what changed this one");
    }

    private static String sha256(Path file, PreviewContext context) throws IOException {
        MessageDigest digest = Hashes.newSha256();
        byte[] buffer = new byte[1 << 18];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                context.checkpoint();
            }
        }
        return Hashes.hex(digest);
    }

    /** The complete backups in a directory, newest first; those that cannot say what they are, are left out. */
    static List<DatabaseBackup> newestFirst(Path backups, Engine engine) throws IOException {
        record Dated(DatabaseBackup backup, Instant made) {}
        List<Dated> found = new ArrayList<>();
        try (Stream<Path> directories = Files.list(backups)) {
            for (Path directory : directories.filter(Files::isDirectory).toList()) {
                DatabaseBackup backup = new DatabaseBackup(directory);
                try {
                    backup.complete()
                            .filter(complete -> complete.engine() == engine)
                            .ifPresent(complete -> found.add(new Dated(backup, complete.made())));
                } catch (StepFailure damaged) {
                    continue; // No use to anyone; it says why where it is asked for by name.
                }
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
