package dev.godwit.activities.backup;

import dev.godwit.activities.backup.BackupFiles.Form;
import dev.godwit.activities.backup.BackupFiles.Incremental;
import dev.godwit.activities.backup.BackupFiles.Spec;
import dev.godwit.activities.backup.BackupFiles.Verify;
import dev.godwit.activities.backup.NewBackup.Settling;
import dev.godwit.activities.backup.Noticed.What;
import dev.godwit.activities.backup.Verification.Extent;
import dev.godwit.activities.files.Hashes;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** One backup from its first file to the moment in which it counts. */
final class BackupRun {
    private static final int SHOWN = 20;
    private static final double NANOS = 1e9;

    private final Spec spec;
    private final RunContext context;
    private final Path from;
    private final BackupStore store;
    private final String name;
    private final Noticed noticed;
    private Optional<NewBackup> begun = Optional.empty();

    BackupRun(Spec spec, RunContext context, Path from, BackupStore store, String name, Noticed noticed) {
        this.spec = spec;
        this.context = context;
        this.from = from;
        this.store = store;
        this.name = name;
        this.noticed = noticed;
    }

    Complete run() throws Exception {
        context.checkpoint();
        context.journal().checkToken();
        try (NewBackup backup = store.begin(name, context.token())) {
            begun = Optional.of(backup);
            Kept kept = keep(backup);
            Settling settling = backup.settle();
            Optional<Duration> restored = verify(backup, kept);
            settling.await();
            Complete complete = complete(kept, restored);
            context.journal().checkToken();
            backup.publish();
            context.journal().checkToken();
            backup.complete(complete);
            return complete;
        }
    }

    void discard() throws IOException {
        if (begun.isPresent()) {
            begun.get().discard();
        }
    }

    /** What is in the backup now. */
    private record Kept(Totals totals, Set<String> needs, String inventorySha256, Optional<Long> archiveBytes) {}

    private Kept keep(NewBackup backup) throws IOException {
        MessageDigest digest = Hashes.newSha256();
        OutputStream out = new BufferedOutputStream(
                new DigestOutputStream(backup.create(BackupStore.INVENTORY), digest), 1 << 16);
        try (Inventory.Writer inventory = new Inventory.Writer(out, context.runStarted(), spec.from())) {
            Set<String> needs = Set.of();
            Optional<Long> archiveBytes = Optional.empty();
            if (spec.form() == Form.ARCHIVE) {
                archiveBytes = Optional.of(keepInArchive(backup, inventory));
            } else {
                needs = keepInTree(backup, inventory);
            }
            if (inventory.totals().files() == 0) {
                throw StepFailure.user("nothing-to-back-up",
                        "backup.files: no file of " + spec.from() + " is chosen; correct include and exclude");
            }
            inventory.finish();
            return new Kept(inventory.totals(), needs, Hashes.hex(digest), archiveBytes);
        }
    }

    private Set<String> keepInTree(NewBackup backup, Inventory.Writer inventory) throws IOException {
        try (EarlierBackup earlier = EarlierBackup.newest(store, like(), spec.incremental())) {
            Keeping keeping = new TreeKeeping(store, backup, spec.incremental(), noticed);
            return new SourceWalk(spec, context, from, keeping, earlier, inventory, noticed).run(store.threads());
        }
    }

    private long keepInArchive(NewBackup backup, Inventory.Writer inventory) throws IOException {
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);
        try (EarlierBackup none = EarlierBackup.newest(store, like(), Incremental.NEVER);
                ArchiveKeeping keeping = new ArchiveKeeping(backup.create(BackupStore.ARCHIVE), threads, noticed)) {
            new SourceWalk(spec, context, from, keeping, none, inventory, noticed).run(2);
            return keeping.finish();
        }
    }

    private Optional<Duration> verify(NewBackup backup, Kept kept) throws Exception {
        long files = kept.totals.files();
        Verification verification = new Verification(context, store, backup.name());
        if (kept.archiveBytes.isPresent()) {
            verification.archive(inventory(backup), kept.archiveBytes.get(), files);
        } else {
            verification.tree(inventory(backup), Extent.OWN, files);
        }
        if (spec.verify() == Verify.INVENTORY) {
            return Optional.empty();
        }
        return Optional.of(new TrialRestore(context, store, backup.name(), scratch())
                .run(() -> inventory(backup), spec.form() == Form.ARCHIVE, files));
    }

    /** Where a restore is tried: in a directory of this attempt, since its predecessor may only be very slow. */
    private Path scratch() throws Exception {
        if (spec.scratch().isEmpty()) {
            return context.scratch().resolve("restored");
        }
        Path place = context.writing(DirectoryKind.class, spec.scratch().get()).path();
        Files.createDirectories(place);
        Path scratch = place.resolve("." + name + "." + context.token() + ".trial");
        for (Path left : leftOvers(place)) {
            context.journal().checkToken();
            // A predecessor that still lives finds none of its paths any more.
            Files.move(left, scratch);
            DurableFiles.deleteTree(scratch, removed -> context.progress(removed, 0, "files of the trial removed"));
        }
        return scratch;
    }

    private List<Path> leftOvers(Path place) throws IOException {
        try (Stream<Path> directories = Files.list(place)) {
            return directories.filter(directory -> {
                String other = directory.getFileName().toString();
                return other.startsWith("." + name + ".") && other.endsWith(".trial");
            }).toList();
        }
    }

    private static Inventory.Reader inventory(NewBackup backup) throws IOException {
        return new Inventory.Reader(new BufferedInputStream(backup.open(BackupStore.INVENTORY), 1 << 16));
    }

    private Complete complete(Kept kept, Optional<Duration> restored) {
        Complete like = like();
        return new Complete(like.name(), like.made(), kept.totals.files(), kept.totals.bytes(), kept.totals.kinds(),
                like.verified(), kept.inventorySha256, like.plan(), like.target(), like.step(), like.from(),
                like.form(), kept.archiveBytes, Optional.of(List.copyOf(kept.needs)),
                Optional.of(noticed.count(What.CHANGED_WHILE_READ)),
                Optional.of(noticed.first(What.CHANGED_WHILE_READ, SHOWN)),
                restored.map(time -> Math.round(time.toNanos() / NANOS * 1000) / 1000.0));
    }

    /** What is known of it before it is made. */
    private Complete like() {
        return new Complete(name, context.runStarted(), 0, 0, Map.of(),
                spec.verify().name().toLowerCase(Locale.ROOT), "", Optional.of(context.identity().plan()),
                Optional.of(context.identity().target()), Optional.of(context.identity().step()),
                Optional.of(spec.from()), Optional.of(spec.form()), Optional.empty(), Optional.empty(),
                Optional.empty(),
                Optional.empty(), Optional.empty());
    }
}
