package dev.godwit.activities.config;

import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.files.FileChanges.Existing;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.resource.ReadableDirectory;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One file that a step changes: with a diff in its preview and its evidence, written whole and durably under its old mode
 * and owner, and put back by {@link #undo}, which moves a version that others wrote since aside.
 *
 * @param <O> the step's output
 */
final class FileEdit<O> {
    private static final int LARGEST = 4 << 20;

    private final Location from;
    private final Location to;
    private final Class<O> output;
    private final Editor<O> editor;

    /**
     * @param from the file to start from
     * @param to the file to write
     * @param output the step's output
     * @param editor makes the new content of the old one
     */
    FileEdit(Location from, Location to, Class<O> output, Editor<O> editor) {
        this.from = from;
        this.to = to;
        this.output = output;
        this.editor = editor;
    }

    /** Makes a file's new content of its old one; the same of the same. */
    @FunctionalInterface
    interface Editor<O> {
        /** @throws IllegalArgumentException if the content cannot be edited; the message says why */
        Edited<O> edit(byte[] before) throws UnreadableConfigException;
    }

    /** A file's new content, and what is new about it. */
    record Edited<O>(byte[] content, O output) {}

    /** @param summary what would change, in one line */
    Preview<O> preview(PreviewContext context, Function<O, String> summary) throws Exception {
        Optional<String> maker = context.madeBy(from);
        if (maker.isPresent()) {
            return Preview.<O>knownAfter(maker.get()).making(to);
        }
        byte[] before = read(file(context));
        Edited<O> edited = edit(before);
        Preview<O> preview = Preview.of(edited.output()).change(summary.apply(edited.output())).making(to);
        return UnifiedDiff.shown(preview, diff(before, edited.content()));
    }

    O run(RunContext context) throws Exception {
        FileChanges changes = FileChanges.open(context);
        if (changes.cursor().isPresent()) {
            return Json.bind(changes.cursor().get(), output);
        }
        Path source = file(context);
        Path target = context.writing(DirectoryKind.class, to).path();
        boolean inPlace = source.equals(target);
        byte[] before = read(source);
        Edited<O> edited = edit(before);
        UnifiedDiff.keep(diff(before, edited.content()), context);
        FileAttributes attributes = inPlace
                ? FileAttributes.successorOf(source)
                : new FileAttributes(Optional.empty(), FileAttributes.of(source).mode());
        changes.batch().put(target, out -> {
            requireUnchanged(source, before);
            out.write(edited.content());
        }, attributes, inPlace ? Existing.REPLACE : Existing.REFUSE).commit(edited.output());
        return edited.output();
    }

    static void undo(RunContext context) throws Exception {
        FileChanges.open(context).undo();
    }

    private Path file(PreviewContext context) throws Exception {
        ReadableDirectory place = context.reading(DirectoryKind.class, from);
        Path file = place.file();
        if (Files.isSymbolicLink(place.path())) {
            throw StepFailure.user("file-is-link", from + " (" + file + ") is a symbolic link to "
                    + Files.readSymbolicLink(file) + "; name the file that it leads to");
        }
        if (Files.size(file) > LARGEST) {
            throw StepFailure.user("file-too-large",
                    from + " (" + file + ") has " + Files.size(file) + " bytes; a configuration file has at most "
                            + LARGEST);
        }
        return file;
    }

    private Edited<O> edit(byte[] before) {
        try {
            return editor.edit(before);
        } catch (UnreadableConfigException e) {
            throw StepFailure.user("config-unreadable",
                    from + ", line " + e.line() + ": " + e.getMessage() + "; nothing was changed");
        } catch (StepFailure e) {
            throw StepFailure.user(e.code(), from + ": " + e.getMessage()).causedBy(e);
        } catch (IllegalArgumentException e) {
            throw StepFailure.user("config-unfit", from + ": " + e.getMessage()).causedBy(e);
        }
    }

    private List<String> diff(byte[] before, byte[] after) {
        return UnifiedDiff.lines(from.toString(), TextFile.of(before).text(), to.toString(),
                TextFile.of(after).text());
    }

    private static byte[] read(Path file) throws IOException {
        return Files.readAllBytes(file);
    }

    private void requireUnchanged(Path file, byte[] before) throws IOException {
        if (!Arrays.equals(read(file), before)) {
            throw StepFailure.external("file-changed-meanwhile",
                    from + " (" + file + ") was changed by others while this step worked on it");
        }
    }
}
