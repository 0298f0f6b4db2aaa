package dev.godwit.activities.documents;

import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where documents that cannot be read are set aside, each under its file's name, a line as {@code FILE:LINE}, with its
 * reason beside it.
 *
 * @param directory need not exist
 * @param existing what to do where another file has the name
 */
record Quarantine(Path directory, FileChanges.Existing existing) {
    void put(FileBatch batch, DocumentFile source, CorruptFile why) throws IOException {
        Path copy = directory.resolve(source.place().toString());
        boolean wholeFile = source.line().isEmpty() || source.line().get().fault().isPresent();
        if (!wholeFile) {
            batch.put(copy, source.line().get().text(), FileAttributes.DEFAULT, existing);
        } else if (Files.isRegularFile(source.path()) && Files.isReadable(source.path())) {
            batch.copy(source.path(), directory.resolve(source.name()), existing);
        }
        batch.put(copy.resolveSibling(copy.getFileName() + ".reason.json"),
                Json.pretty(why).getBytes(StandardCharsets.UTF_8), FileAttributes.DEFAULT, existing);
    }

    /** That both are given, or neither. */
    static void check(Unreadable corrupt, boolean quarantine) {
        if ((corrupt == Unreadable.QUARANTINE) != quarantine) {
            throw new IllegalArgumentException(
                    "'corrupt: quarantine' and a 'quarantine' directory go together; give both or neither");
        }
    }
}
