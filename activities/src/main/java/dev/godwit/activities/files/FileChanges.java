package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.host.DurableFiles;
import dev.godwit.json.Json;
import dev.godwit.step.Journal;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The way in which steps change files: in batches that are journalled before they are done, so that a step resumes after
 * its last committed batch and everything can be taken back.
 *
 * <p>A batch goes: its intent into the journal; new content under temporary names; the hashes of that into the journal;
 * the originals of replaced files into the workspace; then the names; then the commit with the step's cursor. Each stage is
 * on disk before the next begins. A batch that a crash cut short is taken back when the changes are opened again, and the
 * step does it again from its cursor.
 *
 * <p>Taking back works newest first, needs memory for one batch only, and moves aside what is no longer as this step left
 * it.
 */
public final class FileChanges {
    private static final String COMMITTED = "files.committed";
    private static final String UNDONE = "files.undone";
    private static final int THREADS = 4;
    private static final int REMEMBERED_DIRECTORIES = 10_000;

    private final RunContext context;
    private final Journal journal;
    /** Directories whose first modification time is in the journal. Forgetting one costs an entry and harms nothing. */
    private final Set<Path> touched = new HashSet<>();
    private Optional<Committed> committed = Optional.empty();
    private int last;

    private FileChanges(RunContext context) {
        this.context = context;
        this.journal = context.journal();
    }

    /** Opens the changes of a step; what an earlier attempt began and did not commit is taken back. */
    public static FileChanges open(RunContext context) throws IOException {
        FileChanges changes = new FileChanges(context);
        changes.recover();
        return changes;
    }

    /** What the step said with its last committed batch: where to go on. Empty if nothing is done, or all is undone. */
    public Optional<JsonNode> cursor() {
        return committed.map(Committed::cursor);
    }

    /** Begins to plan changes. Nothing happens before {@link Batch#commit}. */
    public Batch batch() {
        return new Batch();
    }

    /** Takes back everything that this step did. */
    public void undo() throws IOException {
        Undone undone = undone();
        int number = undone.last == last ? undone.down : last;
        for (; number > undone.floor; number--) {
            context.progress(last - number, last - undone.floor, "batches");
            takeBack(number);
            // Never twice: where something was moved out of the way first, and something else moved in after that, a
            // second time would take the first for the second.
            journal.write(UNDONE, new Undone(undone.floor, number - 1, last));
        }
        if (last > undone.floor) {
            journal.write(UNDONE, new Undone(last, last, last));
        }
        committed = Optional.empty();
    }

    private void recover() throws IOException {
        committed = journal.read(COMMITTED, Committed.class);
        int lastCommitted = committed.map(Committed::number).orElse(0);
        last = lastCommitted;
        while (!read(last + 1).isEmpty()) {
            last++;
        }
        Undone undone = undone();
        if (undone.floor > 0 && undone.floor >= lastCommitted) {
            committed = Optional.empty();
        }
        boolean undoing = undone.last == last && undone.floor < last;
        for (int number = last; !undoing && number > Math.max(lastCommitted, undone.floor); number--) {
            takeBack(number);
        }
    }

    private Undone undone() {
        return journal.read(UNDONE, Undone.class).orElse(new Undone(0, 0, 0));
    }

    /** Content that is written when it is needed; it may be asked for twice and must be the same then. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** What to do about a file that is there already and has other content. */
    public enum Existing {
        /** Fail: it belongs to someone else. */
        REFUSE,
        /** Replace it; undo puts it back. */
        REPLACE
    }

    /** Changes that are done together. */
    public final class Batch {
        private final List<FileChange> planned = new ArrayList<>();
        private final Map<Path, FileChange.Touch> touches = new LinkedHashMap<>();
        private final Set<Path> newDirectories = new LinkedHashSet<>();
        private final Map<Integer, NewContent> contents = new HashMap<>();

        private Batch() {}

        /** How many changes are planned. */
        public int size() {
            return planned.size();
        }

        /** Whether a directory is planned to be made. */
        public boolean makes(Path directory) {
            return newDirectories.contains(directory);
        }

        /** Makes a directory and those above it, where they are missing. */
        public Batch makeDirectories(Path directory) throws IOException {
            if (newDirectories.contains(directory) || Files.isDirectory(directory)) {
                return this;
            }
            if (exists(directory)) {
                throw StepFailure.user("not-a-directory", "cannot make the directory " + directory
                        + ": something else has this name; move it away, or change the plan");
            }
            makeDirectories(directory.getParent());
            touch(directory.getParent());
            planned.add(new FileChange.MakeDirectory(directory.toString()));
            newDirectories.add(directory);
            return this;
        }

        /** Writes a new file. A file that is there with this very content is left alone, any other refused. */
        public Batch put(Path target, byte[] content) throws IOException {
            return put(target, content, FileAttributes.DEFAULT, Existing.REFUSE);
        }

        /** Writes a file. A file that is there with this very content is left alone. */
        public Batch put(Path target, byte[] content, FileAttributes attributes, Existing existing)
                throws IOException {
            return put(target, out -> out.write(content), attributes, existing);
        }

        /** Writes a file. A file that is there with this very content is left alone. */
        public Batch put(Path target, Content content, FileAttributes attributes, Existing existing)
                throws IOException {
            boolean replaces = exists(target);
            if (replaces) {
                boolean file = Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS);
                if (file && Hashes.sha256(target).equals(sha256(content))) {
                    return this;
                }
                if (!file || existing == Existing.REFUSE) {
                    throw refused(target);
                }
            }
            makeDirectories(target.getParent());
            touch(target.getParent());
            int number = planned.size();
            planned.add(new FileChange.Write(number, target.toString(), replaces));
            contents.put(number, new NewContent(content, attributes));
            return this;
        }

        /** Copies a file with its mode and modification time. */
        public Batch copy(Path from, Path to, Existing existing) throws IOException {
            return put(to, out -> Files.copy(from, out), FileAttributes.of(from), existing);
        }

        /** Gives a file or directory another name on the same file system; nothing may have that name. */
        public Batch move(Path from, Path to) throws IOException {
            refuseExisting(to);
            makeDirectories(to.getParent());
            touch(from.getParent());
            touch(to.getParent());
            planned.add(new FileChange.Move(from.toString(), to.toString()));
            return this;
        }

        /** Gives a file a second name on the same file system. A link that is there already is left alone. */
        public Batch hardLink(Path existing, Path link) throws IOException {
            if (exists(link) && Files.isSameFile(existing, link)) {
                return this;
            }
            refuseExisting(link);
            makeDirectories(link.getParent());
            touch(link.getParent());
            planned.add(new FileChange.HardLink(existing.toString(), link.toString()));
            return this;
        }

        /** Makes a name that leads to a path. A link that leads there already is left alone. */
        public Batch symbolicLink(Path link, String target) throws IOException {
            if (leadsTo(link, target)) {
                return this;
            }
            refuseExisting(link);
            makeDirectories(link.getParent());
            touch(link.getParent());
            planned.add(new FileChange.SymbolicLink(link.toString(), target));
            return this;
        }

        /**
         * Does what was planned. When it returns, all is on disk and the next attempt goes on from the cursor; when it
         * fails, nothing of the batch is left.
         *
         * @param cursor what {@link FileChanges#cursor} is to answer from now on
         */
        public void commit(Object cursor) throws IOException {
            context.checkpoint();
            if (!planned.isEmpty()) {
                int number = last + 1;
                try {
                    perform(number);
                } catch (StepStopped stopped) {
                    throw stopped;
                } catch (IOException | RuntimeException failure) {
                    takeBackAfter(failure, number);
                    throw failure;
                }
            }
            Committed commit = new Committed(last, Json.tree(cursor));
            journal.write(COMMITTED, commit);
            committed = Optional.of(commit);
        }

        private void perform(int number) throws IOException {
            List<FileChange> intent = new ArrayList<>(touches.values());
            intent.addAll(planned);
            journal.append(log(number), intent);
            last = number;
            remember(touches.keySet());
            makeDirectories();
            journal.append(log(number), writeContents(number));
            keepReplaced(number);
            journal.checkToken();
            giveNames(number);
            syncDirectories();
        }

        private void makeDirectories() throws IOException {
            for (Path directory : newDirectories) {
                context.checkpoint();
                Files.createDirectories(directory);
            }
        }

        private List<FileChange.Written> writeContents(int batch) throws IOException {
            List<FileChange.Write> writes = planned.stream()
                    .filter(FileChange.Write.class::isInstance)
                    .map(FileChange.Write.class::cast)
                    .toList();
            context.checkpoint();
            return inParallel(writes, write -> {
                Path temporary = temporary(batch, write);
                NewContent content = contents.get(write.number());
                MessageDigest digest = Hashes.newSha256();
                try (OutputStream out = new DigestOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16), digest)) {
                    content.content.writeTo(out);
                } catch (IOException failure) {
                    throw DurableFiles.naming(Path.of(write.path()), failure);
                }
                if (write.replaces() && content.attributes.mode().isEmpty()) {
                    Files.setPosixFilePermissions(temporary, Files.getPosixFilePermissions(Path.of(write.path())));
                }
                content.attributes.apply(temporary);
                DurableFiles.syncFile(temporary);
                return new FileChange.Written(write.number(), Hashes.hex(digest));
            });
        }

        private void keepReplaced(int batch) throws IOException {
            boolean kept = false;
            for (FileChange change : planned) {
                if (change instanceof FileChange.Write write && write.replaces()) {
                    context.checkpoint();
                    linkOrCopy(Path.of(write.path()), kept(batch, write));
                    kept = true;
                }
            }
            if (kept) {
                DurableFiles.syncDirectory(context.workspace());
            }
        }

        private void giveNames(int batch) throws IOException {
            for (FileChange change : planned) {
                context.checkpoint();
                switch (change) {
                    case FileChange.Write write -> {
                        Path target = Path.of(write.path());
                        if (!write.replaces()) {
                            refuseExisting(target);
                        }
                        Files.move(temporary(batch, write), target, StandardCopyOption.ATOMIC_MOVE);
                    }
                    case FileChange.Move move -> {
                        refuseExisting(Path.of(move.to()));
                        rename(Path.of(move.from()), Path.of(move.to()));
                    }
                    case FileChange.HardLink link -> link(Path.of(link.existing()), Path.of(link.link()));
                    case FileChange.SymbolicLink link ->
                        Files.createSymbolicLink(Path.of(link.link()), Path.of(link.target()));
                    // Directories are there before anything is written into them; the others are never planned.
                    case FileChange.MakeDirectory made -> {
                    }
                    case FileChange.Touch touch -> {
                    }
                    case FileChange.Written written -> {
                    }
                }
            }
        }

        private void syncDirectories() throws IOException {
            Set<Path> directories = new LinkedHashSet<>(newDirectories);
            planned.forEach(change -> directories.addAll(directoriesOf(change)));
            FileChanges.syncDirectories(directories);
        }

        private void touch(Path directory) throws IOException {
            if (!newDirectories.contains(directory) && !touches.containsKey(directory)
                    && !touched.contains(directory)) {
                touches.put(directory, new FileChange.Touch(directory.toString(),
                        Files.getLastModifiedTime(directory).toInstant()));
            }
        }
    }

    private void remember(Set<Path> directories) {
        if (touched.size() >= REMEMBERED_DIRECTORIES) {
            touched.clear();
        }
        touched.addAll(directories);
    }

    private void takeBackAfter(Exception failure, int batch) {
        try {
            takeBack(batch);
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private void takeBack(int batch) throws IOException {
        journal.checkToken();
        List<FileChange> changes = read(batch);
        Map<Integer, String> hashes = new HashMap<>();
        Set<Path> directories = new LinkedHashSet<>();
        for (int i = changes.size() - 1; i >= 0; i--) {
            context.checkpoint();
            FileChange change = changes.get(i);
            directories.addAll(directoriesOf(change));
            switch (change) {
                case FileChange.Written written -> hashes.put(written.number(), written.sha256());
                case FileChange.Write write ->
                    takeBackWrite(batch, write, Optional.ofNullable(hashes.get(write.number())));
                case FileChange.Move move -> takeBackMove(Path.of(move.from()), Path.of(move.to()));
                case FileChange.HardLink link -> takeBackHardLink(Path.of(link.existing()), Path.of(link.link()));
                case FileChange.SymbolicLink link -> takeBackSymbolicLink(Path.of(link.link()), link.target());
                case FileChange.MakeDirectory made -> takeBackDirectory(Path.of(made.path()));
                case FileChange.Touch touch -> {
                    if (Files.isDirectory(Path.of(touch.directory()))) {
                        Files.setLastModifiedTime(Path.of(touch.directory()), FileTime.from(touch.modified()));
                    }
                }
            }
        }
        syncDirectories(directories);
    }

    private void takeBackWrite(int batch, FileChange.Write write, Optional<String> sha256) throws IOException {
        Path target = Path.of(write.path());
        Path temporary = temporary(batch, write);
        Path kept = kept(batch, write);
        Files.deleteIfExists(temporary);
        boolean gotItsName = sha256.isPresent() && (!write.replaces() || Files.exists(kept));
        if (!gotItsName || write.replaces() && isSame(kept, target)) {
            return;
        }
        if (exists(target) && !isFileWith(target, sha256.get())) {
            setAside(target);
        }
        if (write.replaces()) {
            Files.createDirectories(target.getParent());
            linkOrCopy(kept, temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.deleteIfExists(target);
        }
    }

    private void takeBackMove(Path from, Path to) throws IOException {
        if (!exists(to)) {
            return;
        }
        if (exists(from)) {
            setAside(from);
        }
        Files.createDirectories(from.getParent());
        rename(to, from);
    }

    private void takeBackHardLink(Path existing, Path link) throws IOException {
        if (Files.exists(existing) && Files.exists(link) && Files.isSameFile(existing, link)) {
            Files.delete(link);
        } else if (exists(link)) {
            setAside(link);
        }
    }

    private void takeBackSymbolicLink(Path link, String target) throws IOException {
        if (leadsTo(link, target)) {
            Files.delete(link);
        } else if (exists(link)) {
            setAside(link);
        }
    }

    private void takeBackDirectory(Path directory) throws IOException {
        if (!exists(directory)) {
            return;
        }
        try {
            Files.delete(directory);
        } catch (DirectoryNotEmptyException e) {
            setAside(directory);
        }
    }

    /** Moves what others wrote out of the way; the report names it. */
    private void setAside(Path path) throws IOException {
        Path base = context.setAside().resolve(path.getRoot().relativize(path));
        Path where = base;
        for (int i = 2; exists(where); i++) {
            where = base.resolveSibling(base.getFileName() + "." + i);
        }
        context.reportSetAside(path.toString(), where);
        Files.createDirectories(where.getParent());
        FileTrees.move(path, where);
        DurableFiles.syncDirectory(where.getParent());
    }

    private List<FileChange> read(int batch) {
        List<FileChange> changes = new ArrayList<>();
        journal.scan(log(batch), FileChange.class, changes::add);
        return changes;
    }

    private static String log(int batch) {
        return "files.batch-" + batch;
    }

    private Path temporary(int batch, FileChange.Write write) {
        return Path.of(write.path())
                .resolveSibling(
                        ".godwit-" + context.identity().shortName() + "-" + batch + "-" + write.number() + ".tmp");
    }

    private Path kept(int batch, FileChange.Write write) {
        return context.workspace().resolve("kept-" + batch + "-" + write.number());
    }

    /** The directories in which names come or go. */
    private static List<Path> directoriesOf(FileChange change) {
        return switch (change) {
            case FileChange.Write write -> List.of(Path.of(write.path()).getParent());
            case FileChange.MakeDirectory made -> List.of(Path.of(made.path()).getParent());
            case FileChange.Move move -> List.of(Path.of(move.from()).getParent(), Path.of(move.to()).getParent());
            case FileChange.HardLink link -> List.of(Path.of(link.link()).getParent());
            case FileChange.SymbolicLink link -> List.of(Path.of(link.link()).getParent());
            case FileChange.Touch touch -> List.of(Path.of(touch.directory()));
            case FileChange.Written written -> List.of();
        };
    }

    private static void syncDirectories(Set<Path> directories) throws IOException {
        inParallel(directories.stream().filter(Files::isDirectory).toList(), directory -> {
            DurableFiles.syncDirectory(directory);
            return directory;
        });
    }

    /** Another name for a file where the file system can, which keeps everything about it; or else a copy. */
    private static void linkOrCopy(Path from, Path to) throws IOException {
        Files.deleteIfExists(to);
        try {
            Files.createLink(to, from);
        } catch (UnsupportedOperationException | FileSystemException e) {
            Path part = to.resolveSibling(to.getFileName() + ".part");
            Files.copy(from, part, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
            DurableFiles.syncFile(part);
            Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw otherFileSystem("move", from, to).causedBy(e);
        }
    }

    private static void link(Path existing, Path link) throws IOException {
        try {
            Files.createLink(link, existing);
        } catch (FileSystemException e) {
            if (!Files.getFileStore(existing).equals(Files.getFileStore(link.getParent()))) {
                throw otherFileSystem("link", existing, link).causedBy(e);
            }
            throw e;
        }
    }

    private static StepFailure otherFileSystem(String verb, Path from, Path to) {
        return StepFailure.user("other-file-system", "cannot " + verb + " " + from + " to " + to
                + ": they are on different file systems; copy the files instead");
    }

    private static void refuseExisting(Path path) {
        if (exists(path)) {
            throw refused(path);
        }
    }

    private static StepFailure refused(Path path) {
        return StepFailure.user("file-exists", path
                + " exists already and is not what this step would make; move it away, or change the plan");
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static boolean isFileWith(Path file, String sha256) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Hashes.sha256(file).equals(sha256);
    }

    private static boolean isSame(Path kept, Path file) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && (Files.isSameFile(kept, file)
                || Files.getLastModifiedTime(kept).equals(Files.getLastModifiedTime(file))
                        && Files.mismatch(kept, file) < 0);
    }

    private static boolean leadsTo(Path link, String target) throws IOException {
        return Files.isSymbolicLink(link) && Files.readSymbolicLink(link).toString().equals(target);
    }

    private static String sha256(Content content) throws IOException {
        MessageDigest digest = Hashes.newSha256();
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            content.writeTo(out);
        }
        return Hashes.hex(digest);
    }

    /** Waiting for the disk is most of the work, and disks take several requests at a time. */
    private static <A, B> List<B> inParallel(List<A> inputs, Work<A, B> work) throws IOException {
        List<B> results = new ArrayList<>();
        if (inputs.size() < 2) {
            for (A input : inputs) {
                results.add(work.apply(input));
            }
            return results;
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<B>> futures = new ArrayList<>();
            for (A input : inputs) {
                futures.add(threads.submit(() -> work.apply(input)));
            }
            for (Future<B> future : futures) {
                results.add(result(future));
            }
            return results;
        }
    }

    private static <B> B result(Future<B> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                default -> throw new UncheckedIOException(new IOException(e.getCause()));
            }
        }
    }

    private interface Work<A, B> {
        B apply(A input) throws IOException;
    }

    private record NewContent(Content content, FileAttributes attributes) {}

    /**
     * The last batch that is done.
     *
     * @param number counts the batches, from 1
     * @param cursor where the step goes on
     */
    private record Committed(int number, JsonNode cursor) {}

    /**
     * How far an undo is.
     *
     * @param floor everything up to this batch is undone
     * @param down everything above this batch is undone
     * @param last the last batch when the undo began
     */
    private record Undone(int floor, int down, int last) {}
}
