package dev.godwit.activities.backup;

import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileAttributes.More;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/** What a restored file looks like from outside. */
final class Restored {
    private Restored() {}

    static FileAttributes attributes(Entry entry, boolean owners) {
        Optional<FileAttributes.Owner> owner = entry.owner().filter(text -> owners).map(text -> {
            int colon = text.indexOf(':');
            return new FileAttributes.Owner(Integer.parseInt(text.substring(0, colon)),
                    Integer.parseInt(text.substring(colon + 1)));
        });
        return new FileAttributes(Optional.of(FileTime.from(entry.modified())), Optional.empty(),
                Optional.of(new More(owner, Permissions.mode(entry.mode()), entry.sparse())));
    }
}
