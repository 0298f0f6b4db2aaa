package dev.godwit.activities.backup;

import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileAttributes.More;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
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

    /** A link has an owner and a time of its own, and no mode. */
    static void applyToLink(Entry entry, Path link, boolean owners) throws IOException {
        if (owners && entry.owner().isPresent()) {
            Owner.give(link, entry.owner().get());
        }
        Files.getFileAttributeView(link, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(FileTime.from(entry.modified()), null, null);
    }
}
