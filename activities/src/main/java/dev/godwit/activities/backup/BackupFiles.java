package dev.godwit.activities.backup;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.StoredBackup.Complete;
import dev.godwit.activities.backup.StoredBackup.Entry;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileSelection;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepStopped;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
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
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Backs up the files of a directory: {@code <to>/<plan>-<UTC time>-<run>/tree/} gets them with modes and modification times,
 * {@code inventory.json} lists every one with size and SHA-256 and counts them by kind (the name's extension), and
 * {@code complete} is written last, so that half a backup is never taken for one. It is verified by reading all of it back.
 *
 * <pre>{@code
 * - name: files
 *   uses: backup.files
 *   with: {from: v1_home, include: ['data/**', 'logs/**', '.env'], to: backups, verify: restore}
 * }</pre>
 *
 * <p>A file that grows while it is read is backed up as it was at some moment; a file that vanishes meanwhile was deleted
 * and is left out. Undo keeps the backup.
 *
 * <p>Errors: {@code directory-missing}, {@code overlap} (the backup would lie within what is backed up),
 * {@code nothing-to-back-up}, {@code file-unreadable}, {@code disk-full}, {@code backup-damaged}. After an error nothing of
 * the backup is left.
 */
@Uses(value = "backup.files", kind = StepKind.BACKUP)
@AutoService(StepType.class)
public final class BackupFiles implements ReadOnlyStepType<BackupFiles.Spec, BackupFiles.Output> {
    private static final int THREADS = 2;
    private static final int IN_FLIGHT = 64;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** How a backup is proved. */
    public enum Verify {
        /** Every file is read back and compared with the inventory. */
        INVENTORY,
        /** Every file is also restored into a scratch directory and compared there. */
        RESTORE
    }

    /**
     * @param from the directory to back up
     * @param include globs over the paths within it; all files by default
     * @param exclude globs of what to leave out
     * @param to the directory in which backups are kept; outside of {@code from}
     * @param verify {@code inventory}, or {@code restore} to try a restore into a scratch directory too
     */
    public record Spec(@Of("directory") Location from, @Default("[]") List<String> include,
            @Default("[]") List<String> exclude, @Of("directory") Location to, @Default("inventory") Verify verify) {}

    /**
     * @param name the backup's name in {@code to}
     * @param files how many files and links
     * @param bytes their size
     * @param kinds how many files of each kind
     * @param verified how it was verified
     * @param seconds how long it took
     */
    public record Output(String name, long files, long bytes, Map<String, Long> kinds, Verify verified, long seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.knownAfter(maker.get());
        }
        Path from = context.reading(DirectoryKind.class, spec.from()).directory();
        requireOutside(spec, from, context.reading(DirectoryKind.class, spec.to()).path());
        Totals totals = new Totals();
        new FileSelection(spec.include(), spec.exclude()).walk(from, (path, file, attributes) -> {
            if (!attributes.isDirectory()) {
                totals.add(path, attributes.isRegularFile() ? attributes.size() : 0);
            }
            context.progress(totals.files, 0, "files");
            context.checkpoint();
        });
        return Preview.of(totals.output(name(context), spec.verify(), 0))
                .change("back up %d files (%d bytes) from %s to %s"
                        .formatted(totals.files, totals.bytes, spec.from(), spec.to().resolve(name(context))))
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        long began = System.nanoTime();
        Path from = context.reading(DirectoryKind.class, spec.from()).directory();
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        requireOutside(spec, from, to);
        StoredBackup backup = new StoredBackup(to.resolve(name(context)));
        Optional<Complete> earlier = backup.complete();
        if (earlier.isPresent()) {
            return output(earlier.get(), spec.verify(), began);
        }
        try {
            Complete complete = new Backing(spec, context, from, backup).run();
            context.evidence().json("backup", complete);
            return output(complete, spec.verify(), began);
        } catch (StepStopped stopped) {
            throw stopped;
        } catch (Exception failure) {
            // Not if a later attempt works on it by now.
            context.journal().checkToken();
            DurableFiles.deleteTree(backup.directory());
            throw failure;
        }
    }

    private static Output output(Complete complete, Verify verified, long began) {
        return new Output(complete.name(), complete.files(), complete.bytes(), complete.kinds(), verified,
                Duration.ofNanos(System.nanoTime() - began).toSeconds());
    }

    /** Derived from the run, so that every attempt at this backup goes on with the same one. */
    private static String name(PreviewContext context) {
        String run = context.identity().runId();
        String round = context.identity().round() == 1 ? "" : "." + context.identity().round();
        return context.identity().plan() + "-" + TIME.format(context.runStarted()) + "-"
                + run.substring(0, Math.min(8, run.length())) + round;
    }

    private static void requireOutside(Spec spec, Path from, Path to) {
        if (to.startsWith(from)) {
            throw StepFailure.user("overlap", "backup.files: " + spec.to() + " lies within " + spec.from()
                    + ", so that the next backup would hold this one, and a loss of the one is a loss of both; keep"
                    + " backups in a directory outside");
        }
    }

    /** One attempt at a backup. */
    private static final class Backing {
        private final Spec spec;
        private final RunContext context;
        private final Path from;
        private final StoredBackup backup;
        private final Totals totals = new Totals();
        private final Deque<Future<Optional<Entry>>> inFlight = new ArrayDeque<>();
        private Path lastDirectory;

        Backing(Spec spec, RunContext context, Path from, StoredBackup backup) {
            this.spec = spec;
            this.context = context;
            this.from = from;
            this.backup = backup;
            this.lastDirectory = from;
        }

        Complete run() throws Exception {
            context.checkpoint();
            Files.createDirectories(backup.tree());
            copy();
            if (totals.files == 0) {
                throw StepFailure.user("nothing-to-back-up",
                        "backup.files: no file of " + spec.from() + " is chosen; correct include and exclude");
            }
            verify();
            Complete complete = new Complete(backup.name(), context.runStarted(), totals.files, totals.bytes,
                    totals.kinds, spec.verify().name().toLowerCase(Locale.ROOT), Hashes.sha256(backup.inventory()));
            context.journal().checkToken();
            DurableFiles.write(backup.completeFile(), Json.pretty(complete).getBytes(StandardCharsets.UTF_8));
            DurableFiles.syncDirectory(backup.directory().getParent());
            return complete;
        }

        private void copy() throws IOException {
            Path temporary = backup.inventory().resolveSibling("inventory.tmp");
            try (JsonGenerator inventory = Json.mapper().createGenerator(temporary.toFile(), JsonEncoding.UTF8);
                    ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
                inventory.writeStartObject();
                inventory.writeObjectField("made", context.runStarted());
                inventory.writeStringField("from", spec.from().toString());
                inventory.writeArrayFieldStart("entries");
                try {
                    new FileSelection(spec.include(), spec.exclude()).walk(from, (path, file, attributes) -> {
                        context.checkpoint();
                        directoriesOf(path, inventory);
                        if (inFlight.size() == IN_FLIGHT) {
                            record(inFlight.remove(), inventory);
                        }
                        inFlight.add(threads.submit(() -> copied(path, file, attributes)));
                    });
                    while (!inFlight.isEmpty()) {
                        record(inFlight.remove(), inventory);
                    }
                } finally {
                    inFlight.forEach(future -> future.cancel(false));
                }
                inventory.writeEndArray();
                inventory.writeNumberField("files", totals.files);
                inventory.writeNumberField("bytes", totals.bytes);
                inventory.writeObjectField("kinds", totals.kinds);
                inventory.writeEndObject();
            }
            DurableFiles.syncFile(temporary);
            Files.move(temporary, backup.inventory(), StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.syncDirectory(backup.tree());
            DurableFiles.syncDirectory(backup.directory());
        }

        /** Lists the directories that a file is the first to be in, so that a restore gives them their modes and times. */
        private void directoriesOf(String path, JsonGenerator inventory) throws IOException {
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
                    inventory.writeObject(Entry.ofDirectory(name, ancestor));
                }
            }
        }

        private void record(Future<Optional<Entry>> copy, JsonGenerator inventory) throws IOException {
            Optional<Entry> entry = result(copy);
            if (entry.isPresent()) {
                inventory.writeObject(entry.get());
                if (!entry.get().isDirectory()) {
                    totals.add(entry.get().path(), entry.get().size());
                }
                context.progress(totals.files, 0, "files");
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

        private void verify() throws IOException {
            long[] done = new long[1];
            Path scratch = context.scratch().resolve("restored");
            backup.entries(entry -> {
                context.progress(++done[0], totals.files, "files verified");
                context.checkpoint();
                if (entry.isDirectory()) {
                    DurableFiles.syncDirectory(backup.file(entry));
                    return;
                }
                backup.requireSame(entry, backup.file(entry));
                if (spec.verify() == Verify.RESTORE) {
                    Restoring.restore(backup.file(entry), entry, scratch);
                    backup.requireRestored(entry, scratch);
                    Files.delete(scratch);
                }
            });
        }
    }

    private static <T> T result(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                default -> throw new IOException(e.getCause());
            }
        }
    }

    private static final class Totals {
        private final Map<String, Long> kinds = new TreeMap<>();
        private long files;
        private long bytes;

        void add(String path, long size) {
            files++;
            bytes += size;
            kinds.merge(kind(path), 1L, Long::sum);
        }

        Output output(String name, Verify verified, long seconds) {
            return new Output(name, files, bytes, kinds, verified, seconds);
        }

        private static String kind(String path) {
            String name = path.substring(path.lastIndexOf('/') + 1);
            int dot = name.lastIndexOf('.');
            return dot <= 0 || dot == name.length() - 1 ? "other" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
        }
    }
}
