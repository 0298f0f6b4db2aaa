package dev.godwit.activities.backup;

import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.BackupFiles.Verify;
import dev.godwit.activities.backup.Verification.Extent;
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
import java.util.Locale;
import java.util.Optional;

/**
 * Refuses to go on without a good backup: the newest complete one must be verified, and young enough if {@code within} says
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
     * @param step only backups that a step of this name made
     * @param verified how it must have been verified at least
     * @param within how old it may be when the run starts
     * @param read whether all of it is read again
     */
    public record Spec(@Of( {"directory", "s3"}) Location in, Optional<String> plan, Optional<String> step,
            @Default("inventory") Verify verified, Optional<Duration> within, @Default("false") boolean read){}

    /**
     * @param name the backup
     * @param made when the run that made it started
     * @param files how many files and links
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

    private static Output check(Spec spec, PreviewContext context) throws Exception {
        BackupStore store = BackupStores.reading(context, spec.in());
        StoredBackup newest = store.newestFirst()
                .stream()
                .filter(backup -> backup.complete().isBy(spec.plan(), spec.step()))
                .findFirst()
                .orElseThrow(
                        () -> refused(store.place() + " holds no complete backup of that plan and step; make one"));
        Complete complete = newest.complete();
        Verify verified = Verify.valueOf(complete.verified().toUpperCase(Locale.ROOT));
        if (verified.compareTo(spec.verified()) < 0) {
            throw refused("the newest backup in " + store.place() + ", " + newest.name() + ", was verified by "
                    + complete.verified() + " only; make one with verify: " + name(spec.verified()));
        }
        if (spec.within().isPresent()
                && complete.made().isBefore(context.runStarted().minus(spec.within().get()))) {
            throw refused("the newest backup in " + store.place() + ", " + newest.name() + ", was made at "
                    + complete.made() + ", which is too long ago; make a new one");
        }
        if (spec.read()) {
            read(newest, context);
        }
        return new Output(newest.name(), complete.made(), complete.files(), complete.bytes(), verified);
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
