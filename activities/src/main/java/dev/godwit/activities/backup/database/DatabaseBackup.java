package dev.godwit.activities.backup.database;

import dev.godwit.activities.backup.BackupName;
import dev.godwit.activities.backup.BackupPlace;
import dev.godwit.activities.backup.DamagedBackup;
import dev.godwit.activities.backup.MadeBy;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.json.Json;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A backup of a database: {@code parts/} holds what the engine's own tool wrote, {@code inventory.json} says what that must
 * be, and {@code complete.json}, written last, that this is a backup and not half of one.
 *
 * @param place where it is kept
 * @param name of the backup
 */
record DatabaseBackup(BackupPlace place, String name) {

    static final String PARTS = "parts/";
    static final String INVENTORY = "inventory.json";
    static final String COMPLETE = "complete.json";

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

        boolean isBy(MadeBy wanted) {
            return wanted.includes(Optional.of(plan), Optional.of(target), Optional.of(step));
        }

        /** Whether the two are backups of one thing, so that the one may take the place of the other. */
        boolean succeeds(Complete older) {
            return engine == older.engine && database.equals(older.database) && plan.equals(older.plan)
                    && target.equals(older.target) && step.equals(older.step);
        }
    }

    /** Where it is, for people. */
    String shown() {
        return place.directory(name).map(Path::toString).orElse(name + " in " + place.place());
    }

    /** What it says of itself, if it is complete. */
    Optional<Complete> complete() throws IOException {
        try {
            return Optional.of(Json.read(text(COMPLETE), Complete.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw damaged(COMPLETE + ": it is not what it was");
        }
    }

    /** The inventory of a complete backup, if it is what it was. */
    Inventory requireInventory() throws IOException {
        Complete complete = complete().orElseThrow(() -> damaged(COMPLETE + ": it is missing"));
        try {
            String inventory = text(INVENTORY);
            if (Hashes.sha256(inventory).equals(complete.inventorySha256())) {
                return Json.read(inventory, Inventory.class);
            }
        } catch (NoSuchFileException e) {
            throw damaged(INVENTORY + ": it is missing");
        }
        throw damaged(INVENTORY + ": it is not what it was");
    }

    private String text(String part) throws IOException {
        try (InputStream in = place.open(name, part)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /**
     * Reads everything back.
     *
     * @throws StepFailure {@code backup-damaged}, naming the first thing that is not as it should be
     */
    void requireGood(PreviewContext context) throws IOException {
        requireParts(requireInventory(), context);
    }

    void requireParts(Inventory inventory, PreviewContext context) throws IOException {
        read(inventory, context, part -> OutputStream.nullOutputStream());
    }

    /**
     * The parts as files of this machine, read and compared with the inventory; brought here if they are elsewhere, once for
     * each attempt.
     */
    Path fetch(Inventory inventory, PreviewContext context) throws IOException {
        Optional<Path> directory = place.directory(name);
        if (directory.isPresent()) {
            requireParts(inventory, context);
            return directory.get().resolve(PARTS);
        }
        Path fetched = context.scratch().resolve("fetched-" + name);
        if (!Files.exists(fetched)) {
            Path begun = context.scratch().resolve("fetching-" + name);
            DurableFiles.deleteTree(begun);
            read(inventory, context, part -> Files.newOutputStream(Files.createDirectories(begun.resolve(part.path())
                    .getParent()).resolve(Path.of(part.path()).getFileName())));
            Files.move(begun, fetched);
        }
        return fetched;
    }

    private interface Sink {
        OutputStream open(Part part) throws IOException;
    }

    private void read(Inventory inventory, PreviewContext context, Sink sink) throws IOException {
        long read = 0;
        for (Part part : inventory.parts()) {
            String path = PARTS + part.path();
            long size = place.size(name, path);
            if (size < 0) {
                throw damaged(path + ": it is missing");
            }
            if (size != part.size()) {
                throw damaged(path + ": it has " + size + " bytes instead of " + part.size());
            }
            try (InputStream in = place.open(name, path); OutputStream out = sink.open(part)) {
                if (!sha256(in, out, context).equals(part.sha256())) {
                    throw damaged(path + ": its content is not what was backed up");
                }
            }
            read += part.size();
            context.progress(read, inventory.bytes(), "bytes verified");
        }
    }

    StepFailure damaged(String what) {
        return DamagedBackup.of(shown(), what);
    }

    /** Lists parts as they lie in a directory. */
    static List<Part> list(Path directory, PreviewContext context) throws IOException {
        List<Part> parts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                context.checkpoint();
                try (InputStream in = Files.newInputStream(file)) {
                    String sha256 = sha256(in, OutputStream.nullOutputStream(), context);
                    parts.add(new Part(directory.relativize(file).toString(), Files.size(file), sha256));
                }
            }
        }
        return parts;
    }

    private static String sha256(InputStream in, OutputStream out, PreviewContext context) throws IOException {
        MessageDigest digest = Hashes.newSha256();
        byte[] buffer = new byte[1 << 18];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            digest.update(buffer, 0, read);
            out.write(buffer, 0, read);
            context.checkpoint();
        }
        return Hashes.hex(digest);
    }

    /** A complete backup, and what it says of itself. */
    record Listed(DatabaseBackup backup, Complete complete) {
        String name() {
            return backup.name();
        }
    }

    /** The complete backups in a place, newest first; those that cannot say what they are, are left out. */
    static List<Listed> newestFirst(BackupPlace place) throws IOException {
        List<Listed> found = new ArrayList<>();
        for (String name : place.names()) {
            DatabaseBackup backup = new DatabaseBackup(place, name);
            try {
                backup.complete().ifPresent(complete -> found.add(new Listed(backup, complete)));
            } catch (StepFailure damaged) {
                // It says why where it is asked for by name.
                DamagedBackup.require(damaged);
            }
        }
        found.sort(Comparator.comparing((Listed backup) -> backup.complete().made())
                .thenComparing(Listed::name, BackupName.OLDEST_FIRST)
                .reversed());
        return found;
    }
}
