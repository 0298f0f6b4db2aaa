package dev.godwit.activities.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;

/**
 * What a file that a step writes looks like from outside.
 *
 * @param modified its modification time; absent for when it is written
 * @param mode its permissions; absent for those of the file that it replaces, or else the worker's default
 */
public record FileAttributes(Optional<FileTime> modified, Optional<Set<PosixFilePermission>> mode) {
    /** As files come out by themselves. */
    public static final FileAttributes DEFAULT = new FileAttributes(Optional.empty(), Optional.empty());

    /** Those of a file or directory that exists. */
    public static FileAttributes of(Path file) throws IOException {
        PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class,
                LinkOption.NOFOLLOW_LINKS);
        return new FileAttributes(Optional.of(attributes.lastModifiedTime()), Optional.of(attributes.permissions()));
    }

    /** Gives them to a file or directory. */
    public void apply(Path file) throws IOException {
        if (mode.isPresent()) {
            Files.setPosixFilePermissions(file, mode.get());
        }
        if (modified.isPresent()) {
            Files.setLastModifiedTime(file, modified.get());
        }
    }
}
