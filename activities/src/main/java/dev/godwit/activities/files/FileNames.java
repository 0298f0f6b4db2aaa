package dev.godwit.activities.files;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Names of files: whether one is free, and how a file gets one, refusing what cannot be done in one stroke. */
final class FileNames {
    private FileNames() {}

    /** Whether anything has the name, be it a link that leads nowhere. */
    static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    static boolean leadsTo(Path link, String target) throws IOException {
        return Files.isSymbolicLink(link) && Files.readSymbolicLink(link).toString().equals(target);
    }

    static void requireFree(Path path) {
        if (exists(path)) {
            throw taken(path);
        }
    }

    static StepFailure taken(Path path) {
        return StepFailure.user("file-exists", path
                + " exists already and is not what this step would make; move it away, or change the plan");
    }

    static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw otherFileSystem("move", from, to).causedBy(e);
        }
    }

    static void link(Path existing, Path link) throws IOException {
        try {
            Files.createLink(link, existing);
        } catch (FileSystemException e) {
            if (!Files.getFileStore(existing).equals(Files.getFileStore(link.getParent()))) {
                throw otherFileSystem("link", existing, link).causedBy(e);
            }
            throw e;
        }
    }

    /** Another name for a file where the file system can, which keeps everything about it; or else a copy. */
    static void linkOrCopy(Path from, Path to) throws IOException {
        Files.deleteIfExists(to);
        try {
            Files.createLink(to, from);
        } catch (UnsupportedOperationException | FileSystemException e) {
            Path part = to.resolveSibling(to.getFileName() + ".part");
            Files.copy(from, part, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
            DurableFiles.syncFile(part);
            Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static StepFailure otherFileSystem(String verb, Path from, Path to) {
        return StepFailure.user("other-file-system", "cannot " + verb + " " + from + " to " + to
                + ": they are on different file systems; copy the files instead");
    }
}
