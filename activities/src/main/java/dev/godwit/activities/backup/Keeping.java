package dev.godwit.activities.backup;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** How the files that a walk finds get into a backup. */
interface Keeping {
    /**
     * A file that was found.
     *
     * @param earlier what an earlier backup has under this path
     */
    record Found(String path, Path file, FileFacts facts, Optional<Entry> earlier) {}

    /**
     * A file that was kept.
     *
     * @param replaced whether another file may have taken the place of the one that was found before it was read
     */
    record Kept(Entry entry, boolean replaced) {}

    /**
     * The rest of the work on a file; done one after the other, in the order in which they were found. A file that turns
     * out to be gone is a {@link NoSuchFileException} that names it, and nothing of it is in the backup.
     */
    @FunctionalInterface
    interface Rest {
        Kept finish() throws IOException;
    }

    /** What can be done for several files at a time; fails like the rest of it for a file that is gone. */
    Rest begin(Found found) throws IOException;

    void directory(Entry directory) throws IOException;

    /** A link, or a further name of a file whose first one was kept. */
    void name(Entry entry, boolean firstIsHere) throws IOException;
}
