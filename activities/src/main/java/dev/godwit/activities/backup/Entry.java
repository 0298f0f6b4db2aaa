package dev.godwit.activities.backup;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A line of a backup's inventory.
 *
 * @param path within what was backed up, with slashes; of a directory it ends with one
 * @param size in bytes; 0 for all but files
 * @param sha256 of a file's content; absent for everything else
 * @param mode such as {@code rw-r--r--}
 * @param modified the modification time
 * @param owner numbers of user and group; absent in backups of older versions
 * @param link what a symbolic link says
 * @param sameAs of a further name of a file: its first one
 * @param sparse whether it had holes
 * @param storedIn the earlier backup that holds the content, if this one does not
 * @param source what may spare reading the file the next time
 */
record Entry(String path, long size, Optional<String> sha256, String mode, Instant modified, Optional<String> owner,
        Optional<String> link, Optional<String> sameAs, boolean sparse, Optional<String> storedIn,
        Optional<Source> source) {

    /**
     * How the file system knew the file when it was read, and its copy when that was written.
     *
     * @param inode of the file
     * @param changed when anything about it last changed
     * @param copied the same of the copy; absent where the store does not tell
     */
    record Source(long inode, Instant changed, Optional<Instant> copied) {}

    static Entry ofDirectory(String path, FileFacts facts) {
        return of(path + "/", facts);
    }

    static Entry ofLink(String path, FileFacts facts, String link) {
        Entry entry = of(path, facts);
        return new Entry(path, 0, Optional.empty(), entry.mode, entry.modified, entry.owner, Optional.of(link),
                Optional.empty(), false, Optional.empty(), Optional.empty());
    }

    static Entry ofFurtherName(String path, FileFacts facts, String first) {
        Entry entry = of(path, facts);
        return new Entry(path, 0, Optional.empty(), entry.mode, entry.modified, entry.owner, Optional.empty(),
                Optional.of(first), false, Optional.empty(), Optional.empty());
    }

    static Entry ofFile(String path, FileFacts facts, long size, String sha256, boolean sparse,
            Optional<Source> source) {
        Entry entry = of(path, facts);
        return new Entry(path, size, Optional.of(sha256), entry.mode, entry.modified, entry.owner, Optional.empty(),
                Optional.empty(), sparse, Optional.empty(), source);
    }

    private static Entry of(String path, FileFacts facts) {
        return new Entry(path, 0, Optional.empty(), facts.permissions(), facts.modified(), Optional.of(facts.owner()),
                Optional.empty(), Optional.empty(), false, Optional.empty(), Optional.empty());
    }

    /** The same, its content being kept by an earlier backup. */
    Entry storedIn(String backup) {
        return new Entry(path, size, sha256, mode, modified, owner, link, sameAs, sparse, Optional.of(backup), source);
    }

    boolean isDirectory() {
        return path.endsWith("/");
    }

    /** How many files it is in what is told of a backup: directories are not counted. */
    int files() {
        return isDirectory() ? 0 : 1;
    }

    /** Whether it has content of its own. */
    boolean isFile() {
        return sha256.isPresent();
    }

    /** Where it belongs in a tree. */
    Path in(Path tree) {
        return tree.resolve(path);
    }
}
