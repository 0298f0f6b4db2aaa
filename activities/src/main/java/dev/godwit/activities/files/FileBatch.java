package dev.godwit.activities.files;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Changes that are planned one by one and then done together. What is there already as it should be is not planned, which
 * is what makes a step that runs twice equal to one that runs once.
 */
public final class FileBatch {
    private final FileChanges changes;
    private final List<FileChange> planned = new ArrayList<>();
    private final Map<Path, FileChange.Touch> touches = new LinkedHashMap<>();
    private final Set<Path> newDirectories = new LinkedHashSet<>();
    private final Set<Path> prepared = new HashSet<>();
    private final Map<Integer, NewFile> newFiles = new HashMap<>();
    private final Map<String, FileAttributes> finished = new HashMap<>();

    FileBatch(FileChanges changes) {
        this.changes = changes;
    }

    /** Content that is written when it is needed; it may be asked for twice and must be the same then. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** What a file is to become. */
    record NewFile(Content content, FileAttributes attributes) {}

    /** How many changes are planned. */
    public int size() {
        return planned.size();
    }

    /** Whether a directory is planned to be made. */
    public boolean makes(Path directory) {
        return newDirectories.contains(directory);
    }

    /** Makes a directory and those above it, where they are missing. */
    public FileBatch makeDirectories(Path directory) throws IOException {
        if (newDirectories.contains(directory) || Files.isDirectory(directory)) {
            return this;
        }
        if (FileNames.exists(directory)) {
            throw StepFailure.user("not-a-directory", "cannot make the directory " + directory
                    + ": something else has this name; move it away, or change the plan");
        }
        prepare(directory);
        planned.add(new FileChange.MakeDirectory(directory.toString()));
        newDirectories.add(directory);
        return this;
    }

    /**
     * Gives a directory that this step has made its mode and modification time. Nothing may be put into it any more: that
     * would change its time, and its mode may forbid it.
     */
    public FileBatch finishDirectory(Path directory, FileAttributes attributes) {
        planned.add(new FileChange.FinishDirectory(directory.toString()));
        finished.put(directory.toString(), attributes);
        return this;
    }

    /** Writes a new file. A file that is there with this very content is left alone, any other refused. */
    public FileBatch put(Path target, byte[] content) throws IOException {
        return put(target, content, FileAttributes.DEFAULT, FileChanges.Existing.REFUSE);
    }

    /** Writes a file. A file that is there with this very content is left alone. */
    public FileBatch put(Path target, byte[] content, FileAttributes attributes, FileChanges.Existing existing)
            throws IOException {
        return put(target, out -> out.write(content), attributes, existing);
    }

    /** Writes a file. A file that is there with this very content is left alone. */
    public FileBatch put(Path target, Content content, FileAttributes attributes, FileChanges.Existing existing)
            throws IOException {
        if (isThere(target, content)) {
            return this;
        }
        boolean replaces = FileNames.exists(target);
        if (replaces && (existing == FileChanges.Existing.REFUSE || !isFile(target))) {
            throw FileNames.taken(target);
        }
        plan(target, content, attributes, replaces);
        return this;
    }

    /**
     * Writes a file whose mode matters as much as its content: one that is there with this content and another mode is
     * written anew, whatever is to become of one with other content.
     */
    public FileBatch putWithMode(Path target, Content content, FileAttributes attributes,
            FileChanges.Existing existing) throws IOException {
        if (isThere(target, content) && !attributes.hasModeOf(target)) {
            plan(target, content, attributes, true);
            return this;
        }
        return put(target, content, attributes, existing);
    }

    private static boolean isThere(Path target, Content content) throws IOException {
        return isFile(target) && Hashes.sha256(target).equals(sha256(content));
    }

    private static boolean isFile(Path target) {
        return Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS);
    }

    /** Writes a file where nothing was a moment ago. What has come there since is refused when the batch is done. */
    public FileBatch putNew(Path target, byte[] content) throws IOException {
        plan(target, out -> out.write(content), FileAttributes.DEFAULT, false);
        return this;
    }

    /** Removes a file; taking it back brings the very same file back. */
    public FileBatch remove(Path file) throws IOException {
        touch(file.getParent());
        planned.add(new FileChange.Remove(planned.size(), file.toString()));
        return this;
    }

    private void plan(Path target, Content content, FileAttributes attributes, boolean replaces) throws IOException {
        prepare(target);
        int number = planned.size();
        planned.add(new FileChange.Write(number, target.toString(), replaces));
        newFiles.put(number, new NewFile(content, attributes));
    }

    /** Copies a file with its mode and modification time. */
    public FileBatch copy(Path from, Path to, FileChanges.Existing existing) throws IOException {
        return put(to, out -> Files.copy(from, out), FileAttributes.of(from), existing);
    }

    /** Gives a file or directory another name on the same file system; nothing may have that name. */
    public FileBatch move(Path from, Path to) throws IOException {
        FileNames.requireFree(to);
        touch(from.getParent());
        prepare(to);
        planned.add(new FileChange.Move(from.toString(), to.toString()));
        return this;
    }

    /** Gives a file a second name on the same file system. A link that is there already is left alone. */
    public FileBatch hardLink(Path existing, Path link) throws IOException {
        if (FileNames.exists(link) && Files.isSameFile(existing, link)) {
            return this;
        }
        FileNames.requireFree(link);
        prepare(link);
        planned.add(new FileChange.HardLink(existing.toString(), link.toString()));
        return this;
    }

    /** Makes a name that leads to a path. A link that leads there already is left alone. */
    public FileBatch symbolicLink(Path link, String target) throws IOException {
        if (FileNames.leadsTo(link, target)) {
            return this;
        }
        FileNames.requireFree(link);
        prepare(link);
        planned.add(new FileChange.SymbolicLink(link.toString(), target));
        return this;
    }

    /**
     * Makes a name that leads to a path. With {@code REPLACE} a link that leads elsewhere is switched, in one stroke, so
     * that whoever looks finds the one or the other; what is no link is refused all the same.
     */
    public FileBatch symbolicLink(Path link, String target, FileChanges.Existing existing) throws IOException {
        if (existing == FileChanges.Existing.REFUSE || !Files.isSymbolicLink(link)
                || FileNames.leadsTo(link, target)) {
            return symbolicLink(link, target);
        }
        touch(link.getParent());
        planned.add(new FileChange.SwitchLink(planned.size(), link.toString(), target,
                Files.readSymbolicLink(link).toString(),
                Files.getLastModifiedTime(link, LinkOption.NOFOLLOW_LINKS).toInstant()));
        return this;
    }

    /**
     * Does what was planned. When it returns, all is on disk and the next attempt goes on from the cursor; when it fails,
     * nothing of the batch is left.
     *
     * @param cursor what {@link FileChanges#cursor} is to answer from now on
     */
    public void commit(Object cursor) throws IOException {
        changes.commit(this, cursor);
    }

    /** What the journal gets before anything is done. */
    List<FileChange> intent() {
        List<FileChange> intent = new ArrayList<>(touches.values());
        intent.addAll(planned);
        return intent;
    }

    List<FileChange> planned() {
        return Collections.unmodifiableList(planned);
    }

    /** Directories whose first modification time is in the intent. */
    Set<Path> touched() {
        return touches.keySet();
    }

    Set<Path> newDirectories() {
        return newDirectories;
    }

    NewFile newFile(FileChange.Write write) {
        return newFiles.get(write.number());
    }

    FileAttributes attributes(FileChange.FinishDirectory directory) {
        return finished.get(directory.path());
    }

    /** Sees to the directory in which a name will come. */
    private void prepare(Path name) throws IOException {
        if (!prepared.contains(name.getParent())) {
            makeDirectories(name.getParent());
            touch(name.getParent());
            prepared.add(name.getParent());
        }
    }

    private void touch(Path directory) throws IOException {
        if (!newDirectories.contains(directory) && !touches.containsKey(directory)
                && !changes.hasTouched(directory)) {
            touches.put(directory, new FileChange.Touch(directory.toString(),
                    Files.getLastModifiedTime(directory).toInstant()));
        }
    }

    private static String sha256(Content content) throws IOException {
        MessageDigest digest = Hashes.newSha256();
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            content.writeTo(out);
        }
        return Hashes.hex(digest);
    }
}
