package dev.godwit.activities.config;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.AbstractDelta;
import com.github.difflib.patch.ChangeDelta;
import com.github.difflib.patch.Chunk;
import com.github.difflib.patch.DeleteDelta;
import com.github.difflib.patch.InsertDelta;
import com.github.difflib.patch.Patch;
import dev.godwit.step.Preview;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What differs between two versions of a configuration file, for people and {@code patch}; without secrets. */
public final class UnifiedDiff {
    private static final int CONTEXT = 3;
    private static final int PREVIEWED_LINES = 40;

    private UnifiedDiff() {}

    /**
     * A version of a file.
     *
     * @param lines as they are
     * @param shown the same number of lines, as people may see them
     */
    record Version(List<String> lines, List<String> shown) {
        static Version of(String text) {
            List<String> lines = text.lines().toList();
            return new Version(lines, SecretMask.lines(lines));
        }
    }

    /** The diff's lines; none if the versions are the same. */
    public static List<String> lines(String oldName, String oldText, String newName, String newText) {
        return lines(oldName, Version.of(oldText), newName, Version.of(newText));
    }

    /** The diff's lines; none if the versions are the same. */
    static List<String> lines(String oldName, Version before, String newName, Version after) {
        Patch<String> shown = new Patch<>();
        for (AbstractDelta<String> delta : DiffUtils.diff(before.lines(), after.lines()).getDeltas()) {
            Chunk<String> source = shown(delta.getSource(), before.shown());
            Chunk<String> target = shown(delta.getTarget(), after.shown());
            shown.addDelta(switch (delta.getType()) {
                case INSERT -> new InsertDelta<>(source, target);
                case DELETE -> new DeleteDelta<>(source, target);
                case CHANGE, EQUAL -> new ChangeDelta<>(source, target);
            });
        }
        return UnifiedDiffUtils.generateUnifiedDiff(oldName, newName, before.shown(), shown, CONTEXT);
    }

    /** A preview with the first lines of a diff. */
    public static <O> Preview<O> shown(Preview<O> preview, List<String> diff) {
        Preview<O> shown = preview;
        for (String line : diff.subList(0, Math.min(PREVIEWED_LINES, diff.size()))) {
            shown = shown.change(line);
        }
        return diff.size() <= PREVIEWED_LINES
                ? shown
                : shown.change("... and " + (diff.size() - PREVIEWED_LINES) + " more lines of this diff");
    }

    /** Keeps a diff as evidence. */
    public static void keep(List<String> diff, RunContext context) throws IOException {
        try (OutputStream evidence = context.evidence().open("changes.diff")) {
            for (String line : diff) {
                evidence.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private static Chunk<String> shown(Chunk<String> chunk, List<String> lines) {
        int from = chunk.getPosition();
        return new Chunk<>(from, lines.subList(from, from + chunk.size()));
    }
}
