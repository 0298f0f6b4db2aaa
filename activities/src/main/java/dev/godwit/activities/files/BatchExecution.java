package dev.godwit.activities.files;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.activities.host.LongCall;
import dev.godwit.step.RunContext;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Does a batch whose intent is in the journal. Each stage is on disk before the next begins, so that at any moment the
 * journal and the disk together say what is to be taken back.
 */
final class BatchExecution {
    /** Many, because most of the time is spent waiting for the disk, which syncs files together that come together. */
    private static final int THREADS = 32;
    private static final Set<StandardOpenOption> NEW_CONTENT = EnumSet.of(StandardOpenOption.CREATE,
            StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    private static final Set<PosixFilePermission> OWNER_ONLY = EnumSet.of(PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE);

    private final RunContext context;
    private final BatchLog log;
    private final int number;
    private final BatchFiles files;
    private final FileBatch batch;

    BatchExecution(RunContext context, BatchLog log, int number, FileBatch batch) {
        this.context = context;
        this.log = log;
        this.number = number;
        this.files = new BatchFiles(context, number);
        this.batch = batch;
    }

    void run() throws IOException {
        makeDirectories();
        log.append(number, writeContents());
        keepReplaced();
        context.journal().checkToken();
        giveNames();
        syncDirectories();
    }

    private void makeDirectories() throws IOException {
        for (Path directory : batch.newDirectories()) {
            context.checkpoint();
            Files.createDirectories(directory);
        }
    }

    private List<FileChange.Written> writeContents() throws IOException {
        return LongCall.run(context::checkpoint, () -> ParallelWork.each(THREADS, writes(), this::writeContent));
    }

    private FileChange.Written writeContent(FileChange.Write write) throws IOException {
        Path temporary = files.temporary(write);
        Path target = Path.of(write.path());
        FileBatch.NewFile file = batch.newFile(write);
        MessageDigest digest = Hashes.newSha256();
        boolean sparse = file.attributes().more().map(FileAttributes.More::sparse).orElse(false);
        try (FileChannel channel = FileChannel.open(temporary, NEW_CONTENT, created(file.attributes()))) {
            if (sparse) {
                try (OutputStream out = new DigestOutputStream(new SparseOutput(temporary), digest)) {
                    file.content().writeTo(out);
                }
            } else {
                OutputStream out = new BufferedOutputStream(
                        new DigestOutputStream(Channels.newOutputStream(channel), digest));
                file.content().writeTo(out);
                out.flush();
            }
            if (write.replaces() && file.attributes().mode().isEmpty() && file.attributes().more().isEmpty()) {
                Files.setPosixFilePermissions(temporary, Files.getPosixFilePermissions(target));
            }
            file.attributes().apply(temporary);
            channel.force(true);
        } catch (IOException failure) {
            throw DurableFiles.naming(target, failure);
        }
        return new FileChange.Written(write.number(), Hashes.hex(digest));
    }

    /** Nobody else reads what gets its mode only when it is written: it may hold secrets. */
    private static FileAttribute<?>[] created(FileAttributes attributes) {
        boolean getsMode = attributes.mode().isPresent() || attributes.more().isPresent();
        return getsMode
                ? new FileAttribute<?>[]{PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
    }

    private void keepReplaced() throws IOException {
        boolean kept = false;
        for (FileChange change : batch.planned()) {
            if (change instanceof FileChange.Write write && write.replaces()) {
                context.checkpoint();
                FileNames.linkOrCopy(Path.of(write.path()), files.kept(write.number()));
                kept = true;
            } else if (change instanceof FileChange.Remove removed) {
                context.checkpoint();
                FileNames.linkOrCopy(Path.of(removed.path()), files.kept(removed.number()));
                kept = true;
            }
        }
        if (kept) {
            DurableFiles.syncDirectory(context.workspace());
        }
    }

    private void giveNames() throws IOException {
        for (FileChange change : batch.planned()) {
            context.checkpoint();
            switch (change) {
                case FileChange.Write write -> {
                    Path target = Path.of(write.path());
                    if (!write.replaces()) {
                        FileNames.requireFree(target);
                    }
                    Files.move(files.temporary(write), target, StandardCopyOption.ATOMIC_MOVE);
                }
                case FileChange.Remove removed -> Files.deleteIfExists(Path.of(removed.path()));
                case FileChange.Move move -> {
                    FileNames.requireFree(Path.of(move.to()));
                    FileNames.move(Path.of(move.from()), Path.of(move.to()));
                }
                case FileChange.HardLink link -> FileNames.link(Path.of(link.existing()), Path.of(link.link()));
                case FileChange.FinishDirectory finished ->
                    batch.attributes(finished).apply(Path.of(finished.path()));
                case FileChange.SymbolicLink link ->
                    Files.createSymbolicLink(Path.of(link.link()), Path.of(link.target()));
                case FileChange.SwitchLink link -> {
                    Path fresh = files.temporary(Path.of(link.link()), link.number());
                    Files.createSymbolicLink(fresh, Path.of(link.target()));
                    Files.move(fresh, Path.of(link.link()), StandardCopyOption.ATOMIC_MOVE);
                }
                // Directories are there before anything is written into them; the others are never planned.
                case FileChange.MakeDirectory made -> {
                }
                case FileChange.Touch touch -> {
                }
                case FileChange.Written written -> {
                }
            }
        }
    }

    private void syncDirectories() throws IOException {
        Set<Path> directories = new LinkedHashSet<>(batch.newDirectories());
        batch.planned().forEach(change -> directories.addAll(change.directories()));
        sync(directories);
    }

    private List<FileChange.Write> writes() {
        return batch.planned()
                .stream()
                .filter(FileChange.Write.class::isInstance)
                .map(FileChange.Write.class::cast)
                .toList();
    }

    /** Makes the names in directories survive a crash; those that are gone have none. */
    static void sync(Set<Path> directories) throws IOException {
        ParallelWork.each(THREADS, directories.stream().filter(Files::isDirectory).toList(), directory -> {
            DurableFiles.syncDirectory(directory);
            return directory;
        });
    }
}
