package dev.godwit.activities.backup;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The owner of a file as numbers of user and group, {@code 1000:1000}: names differ between machines. */
final class Owner {
    private Owner() {}

    static void give(Path file, String owner) throws IOException {
        if (FileFacts.of(file).owner().equals(owner)) {
            return;
        }
        int colon = owner.indexOf(':');
        Files.setAttribute(file, "unix:gid", Integer.valueOf(owner.substring(colon + 1)), LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(file, "unix:uid", Integer.valueOf(owner.substring(0, colon)), LinkOption.NOFOLLOW_LINKS);
    }

    /** For a copy whose true owner is in the inventory: only root can give files away. */
    static void tryToGive(Path file, String owner) throws IOException {
        try {
            give(file, owner);
        } catch (FileSystemException e) {
            if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
        }
    }
}
