package dev.godwit.activities.backup;

import dev.godwit.activities.host.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The contents of a batch of files, in any order: those of an archive, which has but one, are unpacked first. */
final class BatchContents {
    private final Contents contents;
    private final Path directory;

    BatchContents(Contents contents, Path directory) {
        this.contents = contents;
        this.directory = directory;
    }

    void prepare(Entry entry) throws IOException {
        if (!contents.anyOrder()) {
            Path file = entry.in(directory);
            Files.createDirectories(file.getParent());
            try (InputStream in = contents.open(entry)) {
                Files.copy(in, file);
            }
        }
    }

    InputStream open(Entry entry) throws IOException {
        return contents.anyOrder() ? contents.open(entry) : Files.newInputStream(entry.in(directory));
    }

    void clear() throws IOException {
        DurableFiles.deleteTree(directory);
    }
}
