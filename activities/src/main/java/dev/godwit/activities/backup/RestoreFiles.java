package dev.godwit.activities.backup;

import com.google.auto.service.AutoService;
import dev.godwit.activities.backup.StoredBackup.Complete;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.files.FileChanges.Existing;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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
 * <p>The former state is kept. Undo puts it back and removes what was restored.
 *
 * <p>Errors: {@code no-backup} (there is none, or none is good), {@code backup-damaged} (the one that {@code name} asks for),
 * {@code other-file-system} ({@code aside} must be on the file system of {@code to}).
 */
@Uses(value = "restore.files", kind = StepKind.FILES)
@AutoService(StepType.class)
public final class RestoreFiles implements StepType<RestoreFiles.Spec, RestoreFiles.Output> {
    private static final int BATCH = 256;
    private static final String CHOICE = "choice";

    /**
     * @param from the directory in which backups are kept
     * @param to the directory that gets the files
     * @param name the backup; by default the newest good one
     * @param aside where the current state goes; by default a directory beside {@code to}
     */
    public record Spec(@Of("directory") Location from, @Of("directory") Location to, Optional<String> name,
            @Of("directory") Optional<Location> aside) {}

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
            return Preview.knownAfter(maker.get());
        }
        Choice choice = choose(spec, context);
        Complete complete = choice.backup(context, spec).complete().orElseThrow();
        Path aside = aside(spec, context);
        return Preview.of(new Output(choice.name, complete.files(), complete.bytes(), aside.toString(), choice.damaged))
                .change("restore %d files (%d bytes) of the backup %s, made at %s, to %s".formatted(complete.files(),
                        complete.bytes(), choice.name, complete.made(), spec.to()))
                .change("move what is there to " + aside)
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Optional<Choice> earlier = context.journal().read(CHOICE, Choice.class);
        Choice choice = earlier.isPresent() ? earlier.get() : choose(spec, context);
        context.journal().write(CHOICE, choice);
        StoredBackup backup = choice.backup(context, spec);
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        Path aside = aside(spec, context);

        Path staged = staged(to, context);
        Restore restore = new Restore(FileChanges.openStaged(context, staged, to), context, backup, to, aside, staged);
        restore.stage();
        restore.moveAside();
        restore.moveIn();

        Complete complete = backup.complete().orElseThrow();
        return new Output(choice.name, complete.files(), complete.bytes(), aside.toString(), choice.damaged);
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
        String run = context.identity().runId();
        return to.resolveSibling(to.getFileName() + ".before-" + context.identity().step() + "-"
                + run.substring(0, Math.min(8, run.length())));
    }

    private static Choice choose(Spec spec, PreviewContext context) throws Exception {
        Path backups = context.reading(DirectoryKind.class, spec.from()).directory();
        if (spec.name().isPresent()) {
            StoredBackup backup = new StoredBackup(backups.resolve(spec.name().get()));
            if (!backup.directory().getParent().equals(backups) || backup.complete().isEmpty()) {
                throw StepFailure.user("no-backup",
                        "restore.files: " + spec.from() + " has no complete backup " + spec.name().get() + "; it has "
                                + StoredBackup.newestFirst(backups).stream().map(StoredBackup::name).toList());
            }
            requireGood(backup, context);
            return new Choice(backup.name(), List.of());
        }
        List<String> damaged = new ArrayList<>();
        for (StoredBackup backup : StoredBackup.newestFirst(backups)) {
            try {
                requireGood(backup, context);
                return new Choice(backup.name(), damaged);
            } catch (StepFailure failure) {
                damaged.add(backup.name());
            }
        }
        throw StepFailure.user("no-backup", "restore.files: " + spec.from() + " (" + backups + ") holds no good backup"
                + (damaged.isEmpty() ? "" : "; damaged are " + damaged) + "; name the directory that holds one");
    }

    private static void requireGood(StoredBackup backup, PreviewContext context) throws IOException {
        Complete complete = backup.complete().orElseThrow();
        if (!Files.exists(backup.inventory())
                || !Hashes.sha256(backup.inventory()).equals(complete.inventorySha256())) {
            throw StepFailure.integrity("backup-damaged", "restore.files: the backup " + backup.directory()
                    + " is damaged: its inventory is not what it was; use another backup");
        }
        long[] done = new long[1];
        backup.verify(entry -> {
            context.progress(++done[0], complete.files(), "files verified");
            context.checkpoint();
        });
    }

    private static final class Restore {
        private final FileChanges changes;
        private final RunContext context;
        private final StoredBackup backup;
        private final Path to;
        private final Path aside;
        private final Path staged;
        private Position position;

        Restore(FileChanges changes, RunContext context, StoredBackup backup, Path to, Path aside, Path staged) {
            this.changes = changes;
            this.context = context;
            this.backup = backup;
            this.to = to;
            this.aside = aside;
            this.staged = staged;
            this.position = changes.cursor()
                    .map(cursor -> Json.bind(cursor, Position.class))
                    .orElse(new Position(Stage.STAGING, 0));
        }

        /** Puts everything beside its place, on the same file system, where it is in nobody's way. */
        void stage() throws IOException {
            if (position.stage != Stage.STAGING) {
                return;
            }
            long[] seen = new long[1];
            FileBatch[] batch = {changes.batch().makeDirectories(staged)};
            backup.entries(entry -> {
                context.progress(seen[0], 0, "files");
                context.checkpoint();
                if (++seen[0] <= position.entries) {
                    return;
                }
                Path file = staged.resolve(entry.path());
                if (entry.isDirectory()) {
                    batch[0].makeDirectories(file);
                } else if (entry.link().isPresent()) {
                    batch[0].symbolicLink(file, entry.link().get());
                } else {
                    batch[0].put(file, out -> Files.copy(backup.file(entry), out), entry.attributes(),
                            Existing.REFUSE);
                }
                if (batch[0].size() >= BATCH) {
                    commit(batch[0], new Position(Stage.STAGING, seen[0]));
                    batch[0] = changes.batch();
                }
            });
            commit(batch[0], new Position(Stage.STAGED, seen[0]));
        }

        void moveAside() throws IOException {
            if (position.stage != Stage.STAGED) {
                return;
            }
            applyToDirectories();
            FileBatch batch = changes.batch().makeDirectories(to).makeDirectories(aside);
            for (Path name : topNames()) {
                if (Files.exists(to.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                    batch.move(to.resolve(name), aside.resolve(name));
                }
            }
            commit(batch, new Position(Stage.ASIDE, position.entries));
        }

        void moveIn() throws IOException {
            if (position.stage == Stage.ASIDE) {
                FileBatch batch = changes.batch();
                for (Path name : topNames()) {
                    batch.move(staged.resolve(name), to.resolve(name));
                }
                commit(batch, new Position(Stage.DONE, position.entries));
            }
            Files.deleteIfExists(staged);
        }

        private void commit(FileBatch batch, Position next) throws IOException {
            batch.commit(next);
            position = next;
        }

        /** Their times change with every file that is put into them, so that they come last, the innermost first. */
        private void applyToDirectories() throws IOException {
            List<StoredBackup.Entry> directories = new ArrayList<>();
            backup.entries(entry -> {
                if (entry.isDirectory()) {
                    directories.add(entry);
                }
            });
            for (StoredBackup.Entry directory : directories.reversed()) {
                directory.attributes().apply(staged.resolve(directory.path()));
            }
        }

        private List<Path> topNames() throws IOException {
            try (Stream<Path> top = Files.list(staged)) {
                return top.map(Path::getFileName).sorted().toList();
            }
        }
    }

    private enum Stage { STAGING, STAGED, ASIDE, DONE }

    /**
     * How far the restore is.
     *
     * @param entries how many lines of the inventory are staged
     */
    private record Position(Stage stage, long entries) {}

    /** Which backup it is, decided once. */
    private record Choice(String name, List<String> damaged) {
        StoredBackup backup(PreviewContext context, Spec spec) throws Exception {
            return new StoredBackup(context.reading(DirectoryKind.class, spec.from()).path().resolve(name));
        }
    }
}
