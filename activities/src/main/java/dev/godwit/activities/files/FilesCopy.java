package dev.godwit.activities.files;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Copies a file, or the files of a directory, with their modes and modification times; symbolic links are copied as links.
 * Directories that it makes get the mode and modification time of those they are copied from; others keep their mode.
 * A file that is at its new place already with the same content is left alone. A second copy with {@code existing: replace}
 * brings over what has changed since the first.
 *
 * <pre>{@code
 * - name: videos
 *   uses: files.copy
 *   with: {from: 'v1_home:data/videos', to: 'v2_home:data/videos', include: ['*.mp4']}
 * }</pre>
 *
 * <p>Undo removes the copies and puts back what they replaced.
 *
 * <p>Errors: {@code file-exists} (other content is at the new place), {@code file-missing}, {@code overlap} (the copy would
 * lie within what is copied).
 */
@Uses(value = "files.copy", kind = StepKind.FILES)
@AutoService(StepType.class)
public final class FilesCopy implements StepType<FilesCopy.Spec, FilesCopy.Output> {
    private static final int BATCH = 256;

    /**
     * @param from a file or directory
     * @param to where it goes: the copy's own name, not that of the directory around it
     * @param include globs over the paths within {@code from}; all files by default
     * @param exclude globs of what to leave out
     * @param existing what to do about a file with other content at the new place: {@code refuse} it or {@code replace} it
     */
    public record Spec(@Of("directory") Location from, @Of("directory") Location to,
            @Default("[]") List<String> include,
            @Default("[]") List<String> exclude, @Default("refuse") FileChanges.Existing existing) {}

    /**
     * @param files how many files and links there are in the copy
     * @param bytes their size
     */
    public record Output(long files, long bytes) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.from());
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        Trees trees = new Trees(source(spec, context), context.reading(DirectoryKind.class, spec.to()).path());
        long[] counts = new long[3];
        new FileSelection(spec.include(), spec.exclude()).walk(trees.from, (path, file, attributes) -> {
            if (!attributes.isDirectory()) {
                counts[0]++;
                counts[1] += attributes.size();
                counts[2] += Files.exists(trees.copyOf(path)) ? 1 : 0;
            }
            context.progress(counts[0], 0, "files");
            context.checkpoint();
        });
        return Preview.of(new Output(counts[0], counts[1]))
                .change("copy %d files (%d bytes) from %s to %s; %d of them exist there".formatted(counts[0], counts[1],
                        spec.from(), spec.to(), counts[2]))
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Trees trees = new Trees(source(spec, context), context.writing(DirectoryKind.class, spec.to()).path());
        Copying copying = new Copying(FileChanges.open(context), context, spec, trees);
        if (!copying.position.done()) {
            copying.copy();
        }
        return new Output(copying.position.files(), copying.position.bytes());
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileChanges.open(context).undo();
    }

    private static Path source(Spec spec, PreviewContext context) throws Exception {
        Path from = context.reading(DirectoryKind.class, spec.from()).path();
        Path to = context.reading(DirectoryKind.class, spec.to()).path();
        if (!Files.exists(from)) {
            throw StepFailure.user("file-missing", "files.copy: " + spec.from() + " (" + from
                    + ") does not exist; create it, or change the plan");
        }
        if (to.startsWith(from)) {
            throw StepFailure.user("overlap", "files.copy: " + spec.to() + " lies within " + spec.from()
                    + ", so that the copy would copy itself; copy to a place outside");
        }
        return from;
    }

    private static final class Copying {
        private final FileChanges changes;
        private final RunContext context;
        private final Spec spec;
        private final Trees trees;
        private Position position;
        /** Directories that are made and may get more, the innermost first, as paths within what is copied. */
        private final Deque<String> made;
        private String lastDirectory = "";
        private FileBatch batch;
        private int batched;

        Copying(FileChanges changes, RunContext context, Spec spec, Trees trees) {
            this.changes = changes;
            this.context = context;
            this.spec = spec;
            this.trees = trees;
            this.position = changes.cursor()
                    .map(cursor -> Json.bind(cursor, Position.class))
                    .orElse(new Position("", List.of(), 0, 0, false));
            this.made = new ArrayDeque<>(position.made);
            this.batch = changes.batch();
        }

        void copy() throws IOException {
            if (trees.ofDirectories()) {
                makeDirectory("");
            }
            new FileSelection(spec.include(), spec.exclude()).walkAfter(trees.from, position.after,
                    (path, file, attributes) -> {
                        context.progress(position.files, 0, "files");
                        context.checkpoint();
                        finishDirectoriesBefore(path);
                        if (attributes.isDirectory()) {
                            makeDirectories(path);
                            at(path, 0, 0);
                        } else {
                            makeDirectories(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
                            copy(file, trees.copyOf(path), attributes);
                            at(path, 1, attributes.size());
                        }
                        if (++batched == BATCH) {
                            commit();
                        }
                    });
            while (!made.isEmpty()) {
                finishDirectory(made.pop());
            }
            position = new Position(position.after, List.of(), position.files, position.bytes, true);
            commit();
        }

        private void at(String path, int files, long bytes) {
            position = new Position(path, List.copyOf(made), position.files + files, position.bytes + bytes, false);
        }

        private void makeDirectories(String directory) throws IOException {
            if (directory.equals(lastDirectory)) {
                return;
            }
            lastDirectory = directory;
            for (int end = directory.indexOf('/'); end >= 0; end = directory.indexOf('/', end + 1)) {
                makeDirectory(directory.substring(0, end));
            }
            makeDirectory(directory);
        }

        private void makeDirectory(String directory) throws IOException {
            Path copy = trees.copyOf(directory);
            if (!Files.isDirectory(copy) && !batch.makes(copy)) {
                batch.makeDirectories(copy);
                made.push(directory);
            }
        }

        /** The order of paths is that of a walk: once a path lies outside of a directory, nothing more comes into it. */
        private void finishDirectoriesBefore(String path) throws IOException {
            while (!made.isEmpty() && !made.peek().isEmpty() && !path.startsWith(made.peek() + "/")) {
                finishDirectory(made.pop());
            }
        }

        private void finishDirectory(String directory) throws IOException {
            Path source = trees.from.resolve(directory);
            if (Files.isDirectory(source)) {
                batch.finishDirectory(trees.copyOf(directory), FileAttributes.of(source.toRealPath()));
            }
        }

        private void copy(Path file, Path copy, BasicFileAttributes attributes) throws IOException {
            if (attributes.isSymbolicLink()) {
                batch.symbolicLink(copy, Files.readSymbolicLink(file).toString());
            } else {
                batch.copy(file, copy, spec.existing());
            }
        }

        private void commit() throws IOException {
            batch.commit(position);
            context.advanced();
            batch = changes.batch();
            batched = 0;
        }
    }

    /** What is copied where; both are directories or both are files. */
    private record Trees(Path from, Path to) {
        boolean ofDirectories() {
            return Files.isDirectory(from);
        }

        Path copyOf(String path) {
            return ofDirectories() ? to.resolve(path) : to;
        }
    }

    /**
     * How far the copy is.
     *
     * @param after the last path that is copied
     * @param made directories that were made and are not finished
     */
    private record Position(String after, List<String> made, long files, long bytes, boolean done) {}
}
