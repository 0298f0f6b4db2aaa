package dev.godwit.activities.documents;

import java.nio.file.Path;

/**
 * A file that is a document by its name.
 *
 * @param name its path within the directory that was listed, with slashes
 * @param path where it is
 * @param size in bytes, as it was listed; 0 where the size cannot be told
 */
record DocumentFile(String name, Path path, long size) {}
