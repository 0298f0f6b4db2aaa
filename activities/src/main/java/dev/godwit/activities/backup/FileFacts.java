package dev.godwit.activities.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What a file system says of a file.
 *
 * @param mode type and permissions, as stat says them
 * @param size in bytes
 * @param modified when its content was last written
 * @param changed when anything about it last changed; nobody can set it
 * @param owner numbers of user and group, such as {@code 1000:1000}
 * @param names how many names it has
 * @param key the file itself, whatever its names
 */
record FileFacts(int mode, long size, Instant modified, Instant changed, String owner, int names, Key key) {

    private static final String ATTRIBUTES = "unix:mode,size,lastModifiedTime,ctime,uid,gid,nlink,dev,ino";
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;

    /** @param inode within the device */
    record Key(long device, long inode) {}

    /** Of a file, directory or link; a link's own. */
    static FileFacts of(Path file) throws IOException {
        Map<String, Object> all = Files.readAttributes(file, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        return new FileFacts((int) all.get("mode"), (long) all.get("size"), instant(all.get("lastModifiedTime")),
                instant(all.get("ctime")), all.get("uid") + ":" + all.get("gid"), (int) all.get("nlink"),
                new Key((long) all.get("dev"), (long) all.get("ino")));
    }

    /** When a file last changed in any way, if it is one. */
    static Optional<Instant> changedIfRegular(Path file) throws IOException {
        Map<String, Object> some = Files.readAttributes(file, "unix:mode,ctime", LinkOption.NOFOLLOW_LINKS);
        return ((int) some.get("mode") & TYPE) == REGULAR ? Optional.of(instant(some.get("ctime"))) : Optional.empty();
    }

    boolean isRegular() {
        return (mode & TYPE) == REGULAR;
    }

    boolean isLink() {
        return (mode & TYPE) == LINK;
    }

    /** Whether nothing was written between the two looks, as far as the file system knows. */
    boolean sameContentAs(FileFacts other) {
        return size == other.size && key.equals(other.key) && modified.equals(other.modified)
                && changed.equals(other.changed);
    }

    /** The permissions as ls shows them, such as {@code rwxr-s--T}. */
    String permissions() {
        return Permissions.text(mode);
    }

    private static Instant instant(Object time) {
        return ((FileTime) time).toInstant();
    }
}
