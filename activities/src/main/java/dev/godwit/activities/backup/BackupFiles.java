package dev.godwit.activities.backup;

import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.StoredBackup.Complete;
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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

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
            context.progress(totals.files(), 0, "files");
            context.checkpoint();
        });
        return Preview.of(
                new Output(name(context), totals.files(), totals.bytes(), totals.kinds(), spec.verify(), 0))
                .change("back up %d files (%d bytes) from %s to %s"
                        .formatted(totals.files(), totals.bytes(), spec.from(), spec.to().resolve(name(context))))
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
            Complete complete = backUp(spec, context, from, backup);
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

    private static Complete backUp(Spec spec, RunContext context, Path from, StoredBackup backup) throws Exception {
        context.checkpoint();
        Totals totals = new BackupCopy(spec, context, from, backup).run();
        if (totals.files() == 0) {
            throw StepFailure.user("nothing-to-back-up",
                    "backup.files: no file of " + spec.from() + " is chosen; correct include and exclude");
        }
        verify(spec, context, backup, totals.files());
        Complete complete = new Complete(backup.name(), context.runStarted(), totals.files(), totals.bytes(),
                totals.kinds(), spec.verify().name().toLowerCase(Locale.ROOT), Hashes.sha256(backup.inventory()));
        context.journal().checkToken();
        DurableFiles.write(backup.completeFile(), Json.pretty(complete).getBytes(StandardCharsets.UTF_8));
        DurableFiles.syncDirectory(backup.directory().getParent());
        return complete;
    }

    private static void verify(Spec spec, RunContext context, StoredBackup backup, long files) throws IOException {
        long[] done = new long[1];
        Path scratch = context.scratch().resolve("restored");
        backup.entries(entry -> {
            context.progress(++done[0], files, "files verified");
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
