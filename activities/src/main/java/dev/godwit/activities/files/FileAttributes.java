package dev.godwit.activities.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a file that a step writes looks like from outside.
 *
 * @param modified its modification time; absent for when it is written
 * @param mode its permissions; absent for those of the file that it replaces, or else the worker's default
 * @param more what only a restore knows of a file
 */
public record FileAttributes(Optional<FileTime> modified, Optional<Set<PosixFilePermission>> mode,
        Optional<More> more) {

    /** As files come out by themselves. */
    public static final FileAttributes DEFAULT = new FileAttributes(Optional.empty(), Optional.empty());

    /**
     * What only a restore knows of a file.
     *
     * @param owner numbers of user and group
     * @param mode its permissions, the special ones included
     * @param sparse whether blocks of zeros become holes
     */
    public record More(Optional<Owner> owner, int mode, boolean sparse) {}

    /** Numbers, because names differ between machines. */
    public record Owner(int user, int group) {}

    public FileAttributes(Optional<FileTime> modified, Optional<Set<PosixFilePermission>> mode) {
        this(modified, mode, Optional.empty());
    }

    /** Those of a file or directory that exists. */
    public static FileAttributes of(Path file) throws IOException {
        PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class,
                LinkOption.NOFOLLOW_LINKS);
        return new FileAttributes(Optional.of(attributes.lastModifiedTime()), Optional.of(attributes.permissions()));
    }

    /** The owner and permissions of a file that is about to be replaced by a newer version of itself. */
    public static FileAttributes successorOf(Path file) throws IOException {
        Map<String, Object> unix = Files.readAttributes(file, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
        Owner owner = new Owner((int) unix.get("uid"), (int) unix.get("gid"));
        return new FileAttributes(Optional.empty(), Optional.empty(),
                Optional.of(new More(Optional.of(owner), (int) unix.get("mode") & 07777, false)));
    }

    /** The same owner with other permissions. */
    public FileAttributes withMode(Set<PosixFilePermission> permissions) {
        int bits = 0;
        for (PosixFilePermission permission : permissions) {
            // The enumeration goes from the owner's right to read, 0400, to everybody's right to execute, 0001.
            bits |= 0400 >> permission.ordinal();
        }
        int newMode = bits;
        return new FileAttributes(modified, more.isPresent() ? mode : Optional.of(permissions),
                more.map(all -> new More(all.owner(), newMode, all.sparse())));
    }

    /** Whether a file has the permissions that these are to give it; true if they give none. */
    public boolean hasModeOf(Path file) throws IOException {
        if (more.isPresent()) {
            return ((int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777) == more.get()
                    .mode();
        }
        return mode.isEmpty() || mode.get().equals(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
    }

    /** Gives them to a file or directory. */
    public void apply(Path file) throws IOException {
        if (more.isPresent()) {
            applyMore(file, more.get());
        } else if (mode.isPresent()) {
            Files.setPosixFilePermissions(file, mode.get());
        }
        if (modified.isPresent()) {
            Files.setLastModifiedTime(file, modified.get());
        }
    }

    /** The owner first: giving a file away takes its special permissions. */
    private static void applyMore(Path file, More more) throws IOException {
        if (more.owner().isPresent()) {
            Owner owner = more.owner().get();
            if (!Files.getAttribute(file, "unix:gid", LinkOption.NOFOLLOW_LINKS).equals(owner.group())) {
                Files.setAttribute(file, "unix:gid", owner.group(), LinkOption.NOFOLLOW_LINKS);
            }
            if (!Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(owner.user())) {
                Files.setAttribute(file, "unix:uid", owner.user(), LinkOption.NOFOLLOW_LINKS);
            }
        }
        Files.setAttribute(file, "unix:mode", more.mode());
    }
}
