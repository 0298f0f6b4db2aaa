package dev.godwit.activities.backup;

import dev.godwit.activities.backup.Keeping.Found;
import dev.godwit.activities.backup.Keeping.Kept;
import dev.godwit.activities.backup.Noticed.What;
import dev.godwit.activities.files.FileSelection;
import dev.godwit.activities.files.ParallelWork;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Walks through what is to be backed up, has every file kept, and writes the inventory in the order of the walk. */
final class SourceWalk {
    private static final int AHEAD = 64;

    private final BackupFiles.Spec spec;
    private final RunContext context;
    private final Path from;
    private final Keeping keeping;
    private final EarlierBackup earlier;
    private final Inventory.Writer inventory;
    private final Noticed noticed;
    private final Map<FileFacts.Key, First> firstNames = new HashMap<>();
    private final Set<String> needs = new TreeSet<>();
    private Path lastDirectory;

    SourceWalk(BackupFiles.Spec spec, RunContext context, Path from, Keeping keeping, EarlierBackup earlier,
            Inventory.Writer inventory, Noticed noticed) {
        this.spec = spec;
        this.context = context;
        this.from = from;
        this.keeping = keeping;
        this.earlier = earlier;
        this.inventory = inventory;
        this.noticed = noticed;
        this.lastDirectory = from;
    }

    /** The first name of a file that has several, under which it was kept. */
    private static final class First {
        private String path;
        private int left;
        private boolean kept;
        private boolean here;

        First(int left) {
            this.left = left;
        }

        void kept(Entry entry) {
            path = entry.path();
            kept = true;
            here = entry.storedIn().isEmpty();
        }
    }

    /** Something that has its turn when what was found before it is done. */
    private interface Turn {
        void take() throws IOException;
    }

    /** @return the earlier backups that hold some of the content */
    Set<String> run(int threads) throws IOException {
        ParallelWork.Results<Turn> turns = turn -> {
            turn.take();
            context.progress(inventory.totals().files(), 0, "files");
        };
        try (ParallelWork<Turn> work = new ParallelWork<>(threads, AHEAD, turns)) {
            new FileSelection(spec.include(), spec.exclude()).walk(from, new FileSelection.Visitor() {
                @Override
                public void visit(String path, Path file, java.nio.file.attribute.BasicFileAttributes attributes)
                        throws IOException {
                    context.checkpoint();
                    found(path, file, work);
                }

                @Override
                public void special(String path, Path file) {
                    noticed.add(What.LEFT_OUT, path);
                }
            });
            work.finish();
        }
        return needs;
    }

    private void found(String path, Path file, ParallelWork<Turn> work) throws IOException {
        FileFacts facts;
        try {
            facts = FileFacts.of(file);
        } catch (NoSuchFileException e) {
            noticed.add(What.VANISHED, path);
            return;
        }
        listDirectories(path, work);
        if (facts.isLink()) {
            work.begin(() -> () -> nameLink(path, file, facts));
        } else if (!facts.isRegular()) {
            work.begin(() -> () -> addDirectory(Entry.ofDirectory(path, facts)));
        } else if (facts.names() > 1 && firstNames.containsKey(facts.key())) {
            First first = firstNames.get(facts.key());
            if (--first.left == 0) {
                firstNames.remove(facts.key());
            }
            work.begin(() -> () -> nameAgain(path, file, facts, first));
        } else {
            First first = new First(facts.names() - 1);
            if (facts.names() > 1) {
                firstNames.put(facts.key(), first);
            }
            Found found = new Found(path, file, facts, earlier.find(path));
            work.begin(() -> begun(found, first));
        }
    }

    private Turn begun(Found found, First first) throws IOException {
        try {
            Keeping.Rest rest = keeping.begin(found);
            return () -> finish(found, rest, first);
        } catch (NoSuchFileException missing) {
            vanished(found, missing);
            return () -> {};
        }
    }

    private void finish(Found found, Keeping.Rest rest, First first) throws IOException {
        Kept kept;
        try {
            kept = rest.finish();
        } catch (NoSuchFileException missing) {
            vanished(found, missing);
            return;
        }
        if (!kept.replaced()) {
            first.kept(kept.entry());
        }
        kept.entry().storedIn().ifPresent(needs::add);
        inventory.add(kept.entry());
    }

    /** It may have a successor of its name already; what else is missing is a failure. */
    private void vanished(Found found, NoSuchFileException missing) throws NoSuchFileException {
        if (!found.file().toString().equals(missing.getFile())) {
            throw missing;
        }
        noticed.add(What.VANISHED, found.path());
    }

    private void nameLink(String path, Path file, FileFacts facts) throws IOException {
        Entry link;
        try {
            link = Entry.ofLink(path, facts, Files.readSymbolicLink(file).toString());
        } catch (NoSuchFileException vanished) {
            noticed.add(What.VANISHED, path);
            return;
        }
        keeping.name(link, true);
        inventory.add(link);
    }

    private void nameAgain(String path, Path file, FileFacts facts, First first) throws IOException {
        if (!first.kept) {
            begun(new Found(path, file, facts, earlier.find(path)), first).take();
            return;
        }
        Entry name = Entry.ofFurtherName(path, facts, first.path);
        keeping.name(name, first.here);
        inventory.add(name);
    }

    private void addDirectory(Entry directory) throws IOException {
        keeping.directory(directory);
        inventory.add(directory);
    }

    /** Lists the directories that a file is the first to be in, so that a restore gives them their modes and times. */
    private void listDirectories(String path, ParallelWork<Turn> work) throws IOException {
        Path directory = from.resolve(path).getParent();
        if (directory.equals(lastDirectory)) {
            return;
        }
        Path known = lastDirectory;
        lastDirectory = directory;
        for (int i = 1; directory.startsWith(from) && i <= from.relativize(directory).getNameCount(); i++) {
            Path ancestor = from.resolve(from.relativize(directory).subpath(0, i));
            if (!directory.equals(from) && !known.startsWith(ancestor)) {
                listDirectory(from.relativize(ancestor).toString(), ancestor, work);
            }
        }
    }

    private void listDirectory(String path, Path directory, ParallelWork<Turn> work) throws IOException {
        Entry entry;
        try {
            entry = Entry.ofDirectory(path, FileFacts.of(directory));
        } catch (NoSuchFileException vanished) {
            noticed.add(What.VANISHED, path);
            return;
        }
        work.begin(() -> () -> addDirectory(entry));
    }
}
