package dev.godwit.activities.backup;

import com.google.auto.service.AutoService;
import dev.godwit.activities.files.FileSelection;
import dev.godwit.activities.resource.DirectoryKind;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Backs up the files of a directory to another directory or a bucket. {@code inventory.json} lists every file with size,
 * SHA-256, mode, owner, modification time, links and holes; {@code complete} is written last, so that half a backup is never
 * taken for one. A backup counts only after it was read back.
 *
 * <pre>{@code
 * - name: files
 *   uses: backup.files
 *   with: {from: v1_home, include: ['data/**', 'logs/**', '.env'], to: backups, verify: restore, keep: {count: 7}}
 *   expect: .output.changed == 0
 * }</pre>
 *
 * <p>As a tree, {@code <to>/<plan>-<UTC time>-<run>/tree/} holds every file as a file, so that people can get one by hand.
 * As an archive it is {@code archive.tar.zst}, which {@code tar --zstd} reads.
 *
 * <p>An incremental backup does not copy again what an earlier good one of the same plan, target and directory holds; its
 * inventory says of each such file which backup holds it, and that one is needed for a restore. By content, each file is
 * read and compared by hash, and so is the copy that is relied on. By times, what has the same size, inode, modification
 * and change time as when it was hashed is not read; neither is a copy that nobody has touched since it was verified. A copy
 * that is not what it was is named, and the file is copied anew. Without, a backup stands for itself: one byte that goes bad
 * harms no other.
 *
 * <p>Old backups that the same step of the same plan made of the same target and directory are removed when the new one is
 * complete, if {@code keep} says so: all but the last {@code count}, those not older than {@code age}, and those that another
 * one needs.
 *
 * <p>A file that changes while it is read is read again; one that never holds still is backed up as it was read, counted in
 * the output and named there and in the evidence. A file that vanishes meanwhile was deleted and is left out, and so are
 * sockets, pipes and devices; the evidence names them. Access control lists and extended attributes are not kept. Undo keeps
 * the backup.
 *
 * <p>Errors: {@code directory-missing}, {@code overlap} (the backup would lie within what is backed up),
 * {@code nothing-to-back-up}, {@code file-unreadable}, {@code disk-full}, {@code names-collide} (the directory for backups
 * ignores upper and lower case), {@code name-too-long} (for a bucket), {@code backup-damaged}. After an error nothing of the
 * backup is left.
 */
@Uses(value = "backup.files", kind = StepKind.BACKUP)
@AutoService(StepType.class)
public final class BackupFiles implements ReadOnlyStepType<BackupFiles.Spec, BackupFiles.Output> {
    /** How a backup is proved. */
    public enum Verify {
        /** Every file is read back and compared with the inventory. */
        INVENTORY,
        /** Everything is also restored into a scratch directory and compared there. */
        RESTORE
    }

    /** What a backup looks like. */
    public enum Form {
        /** A file for each file. */
        TREE,
        /** One compressed file. */
        ARCHIVE
    }

    /** What is not copied again. */
    public enum Incremental {
        /** Everything is copied. */
        NEVER,
        /** Not what has the same hash. */
        BY_CONTENT,
        /** Not what the file system says is unchanged. */
        BY_TIMES
    }

    /**
     * How long backups are kept.
     *
     * @param count the last so many; at least 1
     * @param age and those that are not older than this
     */
    public record Keep(Optional<Integer> count, Optional<Duration> age) {
        public Keep {
            if (count.isEmpty() && age.isEmpty() || count.orElse(1) < 1) {
                throw new IllegalArgumentException("keep needs a 'count' of at least 1, or an 'age', or both");
            }
        }
    }

    /**
     * @param from the directory to back up
     * @param include globs over the paths within it; all files by default
     * @param exclude globs of what to leave out
     * @param to the directory or bucket in which backups are kept; outside of {@code from}
     * @param form {@code tree}, or {@code archive} for one compressed file
     * @param incremental {@code by-content} or {@code by-times} to copy only what changed; for trees
     * @param verify {@code inventory}, or {@code restore} to try a restore into a scratch directory too
     * @param scratch where that restore is tried; the worker's own scratch directory by default
     * @param keep which older backups stay; all by default
     */
    public record Spec(@Of("directory") Location from, @Default("[]") List<String> include,
            @Default("[]") List<String> exclude, @Of( {
                    "directory", "s3"}) Location to,
            @Default("tree") Form form,
            @Default("never") Incremental incremental, @Default("inventory") Verify verify,
            @Of("directory") Optional<Location> scratch, Optional<Keep> keep){
        public Spec {
            if (form == Form.ARCHIVE && incremental != Incremental.NEVER) {
                throw new IllegalArgumentException("an archive holds everything; leave out 'incremental', or make it a"
                        + " tree");
            }
        }
    }

    /**
     * @param name the backup's name in {@code to}
     * @param files how many files and links
     * @param bytes their size
     * @param kinds how many files of each kind
     * @param verified how it was verified
     * @param restoreSeconds how long the restore on trial took
     * @param changed how many files changed each time they were read
     * @param changedFiles the first of them
     * @param needs earlier backups that hold some of the content
     * @param removed older backups that were removed
     * @param seconds how long it took
     */
    public record Output(String name, long files, long bytes, Map<String, Long> kinds, Verify verified,
            Optional<Double> restoreSeconds, long changed, List<String> changedFiles, List<String> needs,
            List<String> removed, long seconds) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        Path from = context.reading(DirectoryKind.class, spec.from()).directory();
        requireOutside(spec, from, BackupStores.reading(context, spec.to()));
        Totals totals = new Totals();
        new FileSelection(spec.include(), spec.exclude()).walk(from, (path, file, attributes) -> {
            if (!attributes.isDirectory()) {
                totals.add(path, attributes.isRegularFile() ? attributes.size() : 0);
            }
            context.progress(totals.files(), 0, "files");
            context.checkpoint();
        });
        return Preview
                .of(new Output(BackupName.of(context), totals.files(), totals.bytes(), totals.kinds(), spec.verify(),
                        Optional.empty(), 0, List.of(), List.of(), List.of(), 0))
                .change("back up %d files (%d bytes) from %s to %s"
                        .formatted(totals.files(), totals.bytes(), spec.from(),
                                spec.to().resolve(BackupName.of(context))))
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        long began = System.nanoTime();
        Path from = context.reading(DirectoryKind.class, spec.from()).directory();
        BackupStore store = BackupStores.writing(context, spec.to());
        requireOutside(spec, from, store);
        Noticed noticed = new Noticed();
        BackupRun run = new BackupRun(spec, context, from, store, BackupName.of(context), noticed);
        Complete complete;
        Optional<Complete> earlier = store.complete(BackupName.of(context));
        if (earlier.isPresent()) {
            complete = earlier.get();
        } else {
            complete = backUp(run, context);
            context.evidence().json("backup", complete);
            context.evidence().json("noticed", noticed.all());
        }
        List<String> removed = spec.keep().isPresent()
                ? new Retention(spec.keep().get(), context, store).apply(complete)
                : List.of();
        return new Output(complete.name(), complete.files(), complete.bytes(), complete.kinds(), spec.verify(),
                complete.restoreSeconds(), complete.changed().orElse(0L),
                complete.changedFiles().orElse(List.of()), complete.neededBackups(), removed,
                Duration.ofNanos(System.nanoTime() - began).toSeconds());
    }

    private static Complete backUp(BackupRun run, RunContext context) throws Exception {
        try {
            return run.run();
        } catch (StepStopped stopped) {
            throw stopped;
        } catch (Exception failure) {
            // Not if a later attempt works on it by now.
            context.journal().checkToken();
            run.discard();
            throw failure;
        }
    }

    private static void requireOutside(Spec spec, Path from, BackupStore store) {
        if (store instanceof DirectoryStore directory && directory.root().startsWith(from)) {
            throw StepFailure.user("overlap", "backup.files: " + spec.to() + " lies within " + spec.from()
                    + ", so that the next backup would hold this one, and a loss of the one is a loss of both; keep"
                    + " backups in a directory outside");
        }
    }
}
