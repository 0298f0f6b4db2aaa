package dev.godwit.activities.files;

import dev.godwit.activities.files.VerifyFiles.Aspect;
import dev.godwit.activities.files.VerifyFiles.Difference;
import dev.godwit.activities.files.VerifyFiles.Extra;
import dev.godwit.step.PreviewContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Goes through the expected files in the order of their paths, looks each up on the actual side, and then goes through that
 * one for what it has more; several files are read at a time, and no list of them is held.
 */
final class FileComparison {
    private static final int THREADS = 4;
    private static final int AHEAD = 64;
    private static final int EXAMPLES = 10;
    private static final int PIECE = 1 << 18;
    private static final long SAVED_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final VerifyFiles.Spec spec;
    private final PreviewContext context;
    private final Path expected;
    private final Path actual;
    private final FileSelection selection;
    private final List<Difference> unsaved = new ArrayList<>();
    private Cursor cursor = Cursor.START;
    private long savedAt = System.nanoTime();

    /**
     * How far it is.
     *
     * @param extras whether the expected side is through, so that the path is one of the actual side
     * @param after the last path that was compared; empty at the beginning of a side
     * @param examples the first differences
     */
    record Cursor(boolean extras, String after, long compared, long bytes, long missing, long different, long extra,
            List<Difference> examples) {
        static final Cursor START = new Cursor(false, "", 0, 0, 0, 0, 0, List.of());
    }

    /** What came of a file. */
    private record Compared(String path, long bytes, Optional<Difference> difference) {}

    /** Keeps a cursor, and the differences that were found since the last one. */
    @FunctionalInterface
    interface Saving {
        void save(Cursor cursor, List<Difference> found);
    }

    FileComparison(VerifyFiles.Spec spec, PreviewContext context, Path expected, Path actual) {
        this.spec = spec;
        this.context = context;
        this.expected = expected;
        this.actual = actual;
        this.selection = new FileSelection(spec.include(), spec.exclude());
    }

    /** Goes on behind a cursor, and answers the one at the end. */
    Cursor run(Cursor begin, Saving saving) throws IOException {
        cursor = begin;
        if (!cursor.extras()) {
            side(expected, saving, this::compare);
            cursor = new Cursor(true, "", cursor.compared(), cursor.bytes(), cursor.missing(), cursor.different(),
                    cursor.extra(), cursor.examples());
            save(saving);
        }
        if (spec.extra() != Extra.IGNORE) {
            side(actual, saving, this::lookUp);
        }
        save(saving);
        return cursor;
    }

    private interface Judge {
        Compared of(String path, BasicFileAttributes attributes) throws IOException;
    }

    private void side(Path tree, Saving saving, Judge judge) throws IOException {
        try (ParallelWork<Compared> work = new ParallelWork<>(THREADS, AHEAD, result -> take(result, saving))) {
            selection.walkAfter(tree, cursor.after(), (path, file, attributes) -> {
                context.checkpoint();
                work.begin(() -> judge.of(path, attributes));
            });
            work.finish();
        }
    }

    private void take(Compared result, Saving saving) {
        Optional<String> what = result.difference().map(Difference::what);
        List<Difference> examples = cursor.examples();
        if (result.difference().isPresent()) {
            unsaved.add(result.difference().get());
            if (examples.size() < EXAMPLES) {
                examples = new ArrayList<>(examples);
                examples.add(result.difference().get());
            }
        }
        cursor = new Cursor(cursor.extras(), result.path(), cursor.compared() + (cursor.extras() ? 0 : 1),
                cursor.bytes() + result.bytes(), cursor.missing() + count(what, "missing"),
                cursor.different() + count(what, "different"), cursor.extra() + count(what, "extra"), examples);
        context.progress(cursor.compared(), 0, "files");
        if (System.nanoTime() - savedAt > SAVED_EVERY_NANOS || unsaved.size() >= 1000) {
            save(saving);
        }
    }

    private static int count(Optional<String> what, String wanted) {
        return what.filter(wanted::equals).isPresent() ? 1 : 0;
    }

    private void save(Saving saving) {
        saving.save(cursor, List.copyOf(unsaved));
        unsaved.clear();
        savedAt = System.nanoTime();
    }

    private Compared lookUp(String path, BasicFileAttributes attributes) throws IOException {
        Optional<Difference> difference = attributes(expected.resolve(path)).isPresent()
                ? Optional.empty()
                : Optional.of(new Difference("extra", path, List.of()));
        return new Compared(path, 0, difference);
    }

    private Compared compare(String path, BasicFileAttributes attributes) throws IOException {
        Path here = expected.resolve(path);
        Path there = actual.resolve(path);
        Optional<BasicFileAttributes> found = attributes(there);
        if (found.isEmpty()) {
            return new Compared(path, 0, Optional.of(new Difference("missing", path, List.of())));
        }
        List<String> how = new ArrayList<>();
        long bytes = 0;
        if (!kind(attributes).equals(kind(found.get()))) {
            how.add(kind(found.get()) + " instead of " + kind(attributes));
        } else if (!attributes.isDirectory()) {
            bytes = attributes.isRegularFile() ? attributes.size() : 0;
            if (spec.compare().contains(Aspect.CONTENT)) {
                content(here, there, attributes, found.get()).ifPresent(how::add);
            }
            facts(here, there, attributes, how);
        }
        return new Compared(path, bytes, how.isEmpty()
                ? Optional.empty()
                : Optional.of(new Difference("different", path, how)));
    }

    private static Optional<BasicFileAttributes> attributes(Path file) throws IOException {
        try {
            return Optional.of(Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (java.nio.file.FileSystemException e) {
            // A file stands where the other side has a directory.
            if (e instanceof NotDirectoryException || String.valueOf(e.getReason()).contains("Not a directory")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static String kind(BasicFileAttributes attributes) {
        return attributes.isSymbolicLink()
                ? "a link"
                : attributes.isDirectory() ? "a directory" : attributes.isRegularFile() ? "a file" : "no file";
    }

    private Optional<String> content(Path here, Path there, BasicFileAttributes attributes, BasicFileAttributes found)
            throws IOException {
        if (attributes.isSymbolicLink()) {
            Path target = Files.readSymbolicLink(here);
            Path other = Files.readSymbolicLink(there);
            return target.equals(other)
                    ? Optional.empty()
                    : Optional.of("content: leads to " + other + " instead of " + target);
        }
        if (attributes.size() != found.size()) {
            return Optional.of("content: " + found.size() + " bytes instead of " + attributes.size());
        }
        try (FileChannel one = FileChannel.open(here); FileChannel other = FileChannel.open(there)) {
            ByteBuffer first = ByteBuffer.allocate(PIECE);
            ByteBuffer second = ByteBuffer.allocate(PIECE);
            for (long at = 0;; at += first.limit()) {
                context.checkpoint();
                fill(one, first);
                fill(other, second);
                int mismatch = first.mismatch(second);
                if (mismatch >= 0) {
                    return Optional.of("content: differs from byte " + (at + mismatch) + " on");
                }
                if (!first.hasRemaining()) {
                    return Optional.empty();
                }
            }
        }
    }

    private static void fill(FileChannel channel, ByteBuffer buffer) throws IOException {
        buffer.clear();
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            continue;
        }
        buffer.flip();
    }

    private void facts(Path here, Path there, BasicFileAttributes attributes, List<String> how) throws IOException {
        List<Aspect> compare = spec.compare();
        if (compare.contains(Aspect.MODE) && !attributes.isSymbolicLink()) {
            differ("mode", mode(here), mode(there), how);
        }
        if (compare.contains(Aspect.MODIFIED) && !attributes.isSymbolicLink()) {
            differ("modified", modified(here), modified(there), how);
        }
        if (compare.contains(Aspect.OWNER)) {
            differ("owner", owner(here), owner(there), how);
        }
    }

    private static void differ(String aspect, String one, String other, List<String> how) {
        if (!one.equals(other)) {
            how.add(aspect + ": " + other + " instead of " + one);
        }
    }

    private static String mode(Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
        return PosixFilePermissions.toString(permissions);
    }

    private static String modified(Path file) throws IOException {
        return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toString();
    }

    private static String owner(Path file) throws IOException {
        Map<String, Object> unix = Files.readAttributes(file, "unix:uid,gid", LinkOption.NOFOLLOW_LINKS);
        return unix.get("uid") + ":" + unix.get("gid");
    }
}
