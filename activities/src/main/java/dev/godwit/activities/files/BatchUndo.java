package dev.godwit.activities.files;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Takes back a batch, whatever part of it was done: its last change first, and what is no longer as the batch left it is
 * moved aside, because others wrote it.
 */
final class BatchUndo {
    private final RunContext context;
    private final UnaryOperator<Path> known;
    private final BatchFiles files;
    private final List<FileChange> changes;
    private final Map<Integer, String> hashes = new HashMap<>();

    /** @param known from where something is to where people know it */
    BatchUndo(RunContext context, UnaryOperator<Path> known, BatchLog log, int number) {
        this.context = context;
        this.known = known;
        this.files = new BatchFiles(context, number);
        this.changes = log.read(number);
    }

    void run() throws IOException {
        context.journal().checkToken();
        Set<Path> directories = new LinkedHashSet<>();
        for (FileChange change : changes.reversed()) {
            context.checkpoint();
            directories.addAll(change.directories());
            takeBack(change);
        }
        BatchExecution.sync(directories);
    }

    private void takeBack(FileChange change) throws IOException {
        switch (change) {
            // Comes after its write in the journal and so before it here.
            case FileChange.Written written -> hashes.put(written.number(), written.sha256());
            case FileChange.Write write -> takeBackWrite(write, Optional.ofNullable(hashes.get(write.number())));
            case FileChange.Remove removed -> takeBackRemoval(Path.of(removed.path()), removed.number());
            case FileChange.Move move -> takeBackMove(Path.of(move.from()), Path.of(move.to()));
            case FileChange.HardLink link -> takeBackHardLink(Path.of(link.existing()), Path.of(link.link()));
            case FileChange.SymbolicLink link -> takeBackSymbolicLink(Path.of(link.link()), link.target());
            case FileChange.SwitchLink link -> takeBackSwitch(link);
            case FileChange.FinishDirectory finished -> reopen(Path.of(finished.path()));
            case FileChange.MakeDirectory made -> takeBackDirectory(Path.of(made.path()));
            case FileChange.Touch touch -> {
                if (Files.isDirectory(Path.of(touch.directory()))) {
                    Files.setLastModifiedTime(Path.of(touch.directory()), FileTime.from(touch.modified()));
                }
            }
        }
    }

    private void takeBackWrite(FileChange.Write write, Optional<String> sha256) throws IOException {
        Path target = Path.of(write.path());
        Path temporary = files.temporary(write);
        Path kept = files.kept(write.number());
        Files.deleteIfExists(temporary);
        boolean gotItsName = sha256.isPresent() && (!write.replaces() || Files.exists(kept));
        if (!gotItsName || write.replaces() && isSame(kept, target)) {
            return;
        }
        if (FileNames.exists(target) && !isFileWith(target, sha256.get())) {
            setAside(target);
        }
        if (write.replaces()) {
            Files.createDirectories(target.getParent());
            FileNames.linkOrCopy(kept, temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.deleteIfExists(target);
        }
    }

    private void takeBackRemoval(Path file, int number) throws IOException {
        Path temporary = files.temporary(file, number);
        Path kept = files.kept(number);
        Files.deleteIfExists(temporary);
        if (!Files.exists(kept) || isSame(kept, file)) {
            return;
        }
        if (FileNames.exists(file)) {
            setAside(file);
        }
        Files.createDirectories(file.getParent());
        FileNames.linkOrCopy(kept, temporary);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private void takeBackMove(Path from, Path to) throws IOException {
        if (!FileNames.exists(to)) {
            return;
        }
        if (FileNames.exists(from)) {
            setAside(from);
        }
        Files.createDirectories(from.getParent());
        FileNames.move(to, from);
    }

    private void takeBackHardLink(Path existing, Path link) throws IOException {
        if (Files.exists(existing) && Files.exists(link) && Files.isSameFile(existing, link)) {
            Files.delete(link);
        } else if (FileNames.exists(link)) {
            setAside(link);
        }
    }

    private void takeBackSymbolicLink(Path link, String target) throws IOException {
        if (FileNames.leadsTo(link, target)) {
            Files.delete(link);
        } else if (FileNames.exists(link)) {
            setAside(link);
        }
    }

    private void takeBackSwitch(FileChange.SwitchLink switched) throws IOException {
        Path link = Path.of(switched.link());
        Path fresh = files.temporary(link, switched.number());
        Files.deleteIfExists(fresh);
        if (FileNames.leadsTo(link, switched.old())) {
            return;
        }
        if (FileNames.exists(link) && !FileNames.leadsTo(link, switched.target())) {
            setAside(link);
        }
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(fresh, Path.of(switched.old()));
        Files.getFileAttributeView(fresh, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(FileTime.from(switched.modified()), null, null);
        Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE);
    }

    /** It goes with all that this step has put into it, which its mode may forbid. */
    private static void reopen(Path directory) throws IOException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            Set<PosixFilePermission> mode = EnumSet.of(PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);
            mode.addAll(Files.getPosixFilePermissions(directory));
            Files.setPosixFilePermissions(directory, mode);
        }
    }

    private void takeBackDirectory(Path directory) throws IOException {
        if (!FileNames.exists(directory)) {
            return;
        }
        try {
            Files.delete(directory);
        } catch (DirectoryNotEmptyException e) {
            setAside(directory);
        }
    }

    /** Moves what others wrote out of the way; the report names it. */
    private void setAside(Path path) throws IOException {
        Path what = known.apply(path);
        Path base = context.setAside().resolve(what.getRoot().relativize(what));
        Path where = base;
        for (int i = 2; FileNames.exists(where); i++) {
            where = base.resolveSibling(base.getFileName() + "." + i);
        }
        context.reportSetAside(what.toString(), where);
        Files.createDirectories(where.getParent());
        FileTrees.move(path, where);
        DurableFiles.syncDirectory(where.getParent());
    }

    private static boolean isFileWith(Path file, String sha256) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Hashes.sha256(file).equals(sha256);
    }

    private static boolean isSame(Path kept, Path file) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && (Files.isSameFile(kept, file)
                || Files.getLastModifiedTime(kept).equals(Files.getLastModifiedTime(file))
                        && Files.getPosixFilePermissions(kept).equals(Files.getPosixFilePermissions(file))
                        && Files.mismatch(kept, file) < 0);
    }
}
