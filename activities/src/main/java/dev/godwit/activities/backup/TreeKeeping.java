package dev.godwit.activities.backup;

import dev.godwit.activities.backup.BackupFiles.Incremental;
import dev.godwit.activities.backup.ContentReader.Content;
import dev.godwit.activities.backup.Entry.Source;
import dev.godwit.activities.backup.NewBackup.Copy;
import dev.godwit.activities.backup.Noticed.What;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Keeps each file as a file. One that an earlier backup has with the same content is not copied again if that copy can be
 * relied on; if not, it is copied again, so that damage to one backup does not go on into the next ones.
 */
final class TreeKeeping implements Keeping {
    /** What changed so shortly before it was read may have changed again without the file system's clock having moved. */
    private static final Duration CLOCK_TICK = Duration.ofSeconds(1);

    private final BackupStore store;
    private final NewBackup backup;
    private final Incremental incremental;
    private final Noticed noticed;

    TreeKeeping(BackupStore store, NewBackup backup, Incremental incremental, Noticed noticed) {
        this.store = store;
        this.backup = backup;
        this.incremental = incremental;
        this.noticed = noticed;
    }

    @Override
    public Rest begin(Found found) throws IOException {
        Kept kept = kept(found);
        return () -> kept;
    }

    @Override
    public void directory(Entry directory) throws IOException {
        backup.directory(directory);
    }

    @Override
    public void name(Entry entry, boolean firstIsHere) throws IOException {
        if (firstIsHere) {
            backup.name(entry);
        }
    }

    private Kept kept(Found found) throws IOException {
        Optional<Entry> unchanged = found.earlier().isPresent()
                ? unchanged(found, found.earlier().get())
                : Optional.empty();
        if (unchanged.isPresent()) {
            return new Kept(unchanged.get(), false);
        }
        if (backup.has(found.path(), found.facts())) {
            Optional<Entry> copied = copiedBefore(found);
            if (copied.isPresent()) {
                return new Kept(copied.get(), false);
            }
            backup.remove(found.path());
        }
        return copied(found);
    }

    private Optional<Entry> unchanged(Found found, Entry earlier) throws IOException {
        FileFacts facts = found.facts();
        if (facts.size() != earlier.size()) {
            return Optional.empty();
        }
        String holder = earlier.storedIn().orElseThrow();
        String name = BackupStore.TREE + earlier.path();
        Optional<Instant> stored = store.changed(holder, name);
        boolean trusted = incremental == Incremental.BY_TIMES;
        if (!trusted || !isAsItWas(facts, earlier)) {
            if (!ContentReader.ofThread().sha256(found.file()).equals(earlier.sha256().orElseThrow())
                    || !FileFacts.of(found.file()).sameContentAs(facts)) {
                return Optional.empty();
            }
        }
        if (!trusted || !isAsItWas(stored, earlier, holder, name)) {
            if (!holdsContent(earlier, holder, name)) {
                noticed.add(What.DAMAGED_EARLIER, holder + "/" + name);
                return Optional.empty();
            }
        }
        return Optional.of(Entry.ofFile(found.path(), facts, earlier.size(), earlier.sha256().orElseThrow(),
                earlier.sparse(), source(facts, stored)).storedIn(holder));
    }

    private static boolean isAsItWas(FileFacts facts, Entry earlier) {
        return earlier.source().isPresent() && earlier.source().get().inode() == facts.key().inode()
                && earlier.source().get().changed().equals(facts.changed())
                && earlier.modified().equals(facts.modified());
    }

    private boolean isAsItWas(Optional<Instant> stored, Entry earlier, String holder, String name) throws IOException {
        if (stored.isEmpty()) {
            // A bucket's objects cannot be written to, only be replaced as a whole.
            return store instanceof BucketStore && store.size(holder, name) == earlier.size();
        }
        return earlier.source().flatMap(Source::copied).equals(stored);
    }

    private boolean holdsContent(Entry entry, String holder, String name) throws IOException {
        try {
            if (store instanceof DirectoryStore directory) {
                return ContentReader.ofThread()
                        .sha256(directory.path(holder, name))
                        .equals(entry.sha256().orElseThrow());
            }
            try (InputStream in = store.open(holder, name)) {
                return ContentReader.ofThread().sha256(in, entry.size()).equals(entry.sha256().orElseThrow());
            }
        } catch (NoSuchFileException missing) {
            return false;
        }
    }

    /** What an earlier attempt has copied is compared, not trusted: it may never have reached the disk. */
    private Optional<Entry> copiedBefore(Found found) throws IOException {
        String name = BackupStore.TREE + found.path();
        Content content = ContentReader.ofThread().copy(found.file(), found.facts(), Copy.NOWHERE);
        Entry entry = Entry.ofFile(found.path(), content.facts(), content.size(), content.sha256(), content.sparse(),
                source(content.facts(), store.changed(backup.name(), name)));
        // An object of a bucket is whole or not there.
        return !content.changed() && content.facts().equals(found.facts())
                && (store instanceof BucketStore || holdsContent(entry, backup.name(), name))
                        ? Optional.of(entry)
                        : Optional.empty();
    }

    private Kept copied(Found found) throws IOException {
        try (Copy copy = backup.copy(found.path(), found.facts())) {
            Content content = ContentReader.ofThread().copy(found.file(), found.facts(), copy);
            Optional<Instant> copied = copy.finish(found.file(), content.facts(), content.sha256());
            if (content.changed()) {
                noticed.add(What.CHANGED_WHILE_READ, found.path());
            }
            Entry entry = Entry.ofFile(found.path(), content.facts(), content.size(), content.sha256(),
                    content.sparse(), content.changed() ? Optional.empty() : source(content.facts(), copied));
            return new Kept(entry, content.replaced());
        } catch (NoSuchFileException vanished) {
            backup.remove(found.path());
            throw vanished;
        }
    }

    private static Optional<Source> source(FileFacts facts, Optional<Instant> copied) {
        return facts.changed().isBefore(Instant.now().minus(CLOCK_TICK))
                ? Optional.of(new Source(facts.key().inode(), facts.changed(), copied))
                : Optional.empty();
    }
}
