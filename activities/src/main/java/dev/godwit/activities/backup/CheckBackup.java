package dev.godwit.activities.backup;

import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.BackupFiles.Verify;
import dev.godwit.activities.backup.Verification.Extent;
import dev.godwit.activities.backup.database.DatabaseBackups;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Refuses to go on without a good backup, of files or of a database: the newest complete one must be verified, and young enough if {@code within} says
 * so. With {@code read} all of it is read again now, and what it needs of earlier ones.
 *
 * <pre>{@code
 * - name: backed_up
 *   uses: check.backup
 *   with: {in: backups, step: files, verified: restore, within: 24h, read: true}
 * }</pre>
 *
 * <p>Undo has nothing to do.
 *
 * <p>Errors: {@code no-backup} (there is none, or the newest is too old or was not verified that way),
 * {@code backup-damaged}.
 */
@Uses(value = "check.backup", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckBackup implements ReadOnlyStepType<CheckBackup.Spec, CheckBackup.Output> {
    /**
     * @param in the directory or bucket in which backups are kept
     * @param plan only backups that this plan made
     * @param target only backups of this target: places may be shared by several
     * @param step only backups that a step of this name made
     * @param verified how it must have been verified at least
     * @param within how old it may be when the run starts
     * @param read whether all of it is read again
     */
    public record Spec(@Of( {
            "directory", "s3"}) Location in, Optional<String> plan, Optional<String> target,
            Optional<String> step, @Default("inventory") Verify verified, Optional<Duration> within,
            @Default("false") boolean read){
        MadeBy by() {
            return new MadeBy(plan, target, step);
        }
    }

    /**
     * @param name the backup
     * @param made when the run that made it started
     * @param files how many files and links, or parts of a database's backup
     * @param bytes their size
     * @param verified how it was verified
     */
    public record Output(String name, Instant made, long files, long bytes, Verify verified) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.in());
        return maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.of(check(spec, context));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return check(spec, context);
    }

    /** What is judged, whatever it is a backup of. */
    private record Newest(Output output, Reading reading) {}

    private interface Reading {
        void all() throws IOException;
    }

    private static Output check(Spec spec, PreviewContext context) throws Exception {
        BackupStore store = BackupStores.reading(context, spec.in());
        Newest newest = Stream.of(ofFiles(spec, context, store), ofDatabase(spec, context, store))
                .flatMap(Optional::stream)
                .max(Comparator.comparing(found -> found.output().made()))
                .orElseThrow(
                        () -> refused(
                                store.place() + " holds no complete backup of that plan, target and step; make one"));
        Output found = newest.output();
        if (found.verified().compareTo(spec.verified()) < 0) {
            throw refused("the newest backup in " + store.place() + ", " + found.name() + ", was verified by "
                    + name(found.verified()) + " only; make one with verify: " + name(spec.verified()));
        }
        if (spec.within().isPresent() && found.made().isBefore(context.runStarted().minus(spec.within().get()))) {
            throw refused("the newest backup in " + store.place() + ", " + found.name() + ", was made at "
                    + found.made() + ", which is too long ago; make a new one");
        }
        if (spec.read()) {
            newest.reading().all();
        }
        return found;
    }

    private static Optional<Newest> ofFiles(Spec spec, PreviewContext context, BackupStore store) throws IOException {
        return store.newestFirst()
                .stream()
                .filter(backup -> backup.complete().isBy(spec.by()))
                .findFirst()
                .map(backup -> {
                    Complete complete = backup.complete();
                    return new Newest(
                            new Output(backup.name(), complete.made(), complete.files(), complete.bytes(),
                                    Verify.valueOf(complete.verified().toUpperCase(Locale.ROOT))),
                            () -> read(backup, context));
                });
    }

    private static Optional<Newest> ofDatabase(Spec spec, PreviewContext context, BackupStore store)
            throws IOException {
        return DatabaseBackups.newest(store, spec.by())
                .map(backup -> new Newest(
                        new Output(backup.name(), backup.made(), backup.files(), backup.bytes(),
                                Verify.valueOf(backup.verified().name())),
                        () -> DatabaseBackups.read(backup, context)));
    }

    /** Reads all that a restore would. */
    static void read(StoredBackup backup, PreviewContext context) throws IOException {
        backup.requireInventory();
        new Verification(context, backup.store(), backup.name()).of(backup.complete(), backup.inventory(), Extent.ALL);
    }

    private static String name(Verify verify) {
        return verify.name().toLowerCase(Locale.ROOT);
    }

    private static StepFailure refused(String why) {
        return StepFailure.user("no-backup", "check.backup: " + why);
    }
}
