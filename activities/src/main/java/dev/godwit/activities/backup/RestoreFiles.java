package dev.godwit.activities.backup;

import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.BackupChoice.Choice;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Restores files from the newest good backup that {@code backup.files} made. All of it is read and compared with its
 * inventory before anything is touched; a damaged backup is passed over for the next older one. Then the files are restored
 * beside their place, the current state is moved aside, and the restored files take its place.
 *
 * <p>What is replaced is what the backup holds at its top: from a backup of {@code data/**} and {@code .env}, all of
 * {@code data} and {@code .env}, and nothing else.
 *
 * <pre>{@code
 * - name: recover
 *   uses: restore.files
 *   with: {from: backups, to: v1_home}
 * }</pre>
 *
 * <p>Modes, owners, modification times, links, further names of a file and holes are restored, too. The former state is
 * kept. Undo puts it back and removes what was restored.
 *
 * <p>Errors: {@code no-backup} (there is none, or none is good), {@code backup-damaged} (the one that {@code name} asks for),
 * {@code file-unreadable} (a backup that this worker's user may not read is not taken for a damaged one),
 * {@code owner-not-restorable} (only root can give files away; nothing was touched), {@code other-file-system}
 * ({@code aside} must be on the file system of {@code to}).
 */
@Uses(value = "restore.files", kind = StepKind.FILES)
@AutoService(StepType.class)
public final class RestoreFiles implements StepType<RestoreFiles.Spec, RestoreFiles.Output> {
    private static final String CHOICE = "choice";

    /**
     * @param from the directory or bucket in which backups are kept
     * @param to the directory that gets the files
     * @param name the backup; by default the newest good one
     * @param plan only backups that this plan made
     * @param target only backups of this target: places may be shared by several
     * @param step only backups that a step of this name made
     * @param owners whether files get the owners that they had; if not, they belong to the worker's user
     * @param aside where the current state goes; by default a directory beside {@code to}
     */
    public record Spec(@Of( {
            "directory", "s3"}) Location from, @Of("directory") Location to, Optional<String> name,
            Optional<String> plan, Optional<String> target, Optional<String> step,
            @Default("true") boolean owners, @Of("directory") Optional<Location> aside){
        MadeBy by() {
            return new MadeBy(plan, target, step);
        }
    }

    /**
     * @param name the backup
     * @param files how many files and links were restored
     * @param bytes their size
     * @param aside where the former state is
     * @param damaged newer backups that were passed over
     */
    public record Output(String name, long files, long bytes, String aside, List<String> damaged) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        Choice choice = new BackupChoice(spec, context).choose();
        Complete complete = choice.backup(BackupStores.reading(context, spec.from())).complete();
        Path aside = aside(spec, context);
        return Preview.of(new Output(choice.name(), complete.files(), complete.bytes(), aside.toString(),
                choice.damaged()))
                .change("restore %d files (%d bytes) of the backup %s, made at %s, to %s".formatted(complete.files(),
                        complete.bytes(), choice.name(), complete.made(), spec.to()))
                .change("move what is there to " + aside)
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Choice> earlier = context.journal().read(CHOICE, Choice.class);
        Choice choice = earlier.isPresent() ? earlier.get() : new BackupChoice(spec, context).choose();
        context.journal().write(CHOICE, choice);
        StoredBackup backup = choice.backup(BackupStores.reading(context, spec.from()));
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        Path aside = aside(spec, context);

        Path staged = staged(to, context);
        Restore restore = new Restore(FileChanges.openStaged(context, staged, to), context, backup, spec.owners(),
                new Restore.Places(to, aside, staged));
        restore.stage();
        restore.moveAside();
        restore.moveIn();

        Complete complete = backup.complete();
        return new Output(choice.name(), complete.files(), complete.bytes(), aside.toString(), choice.damaged());
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        FileChanges.openStaged(context, staged(to, context), to).undo();
    }

    /** Beside its place, so that moving it there is one rename. */
    private static Path staged(Path to, RunContext context) {
        return to.resolveSibling("." + to.getFileName() + ".godwit-" + context.identity().shortName());
    }

    private static Path aside(Spec spec, PreviewContext context) throws Exception {
        if (spec.aside().isPresent()) {
            return context.reading(DirectoryKind.class, spec.aside().get()).path();
        }
        Path to = context.reading(DirectoryKind.class, spec.to()).path();
        return to.resolveSibling(to.getFileName() + ".before-" + context.identity().step() + "-"
                + context.identity().shortRunId());
    }
}
