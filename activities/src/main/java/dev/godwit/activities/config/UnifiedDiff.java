package dev.godwit.activities.config;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.AbstractDelta;
import com.github.difflib.patch.ChangeDelta;
import com.github.difflib.patch.Chunk;
import com.github.difflib.patch.DeleteDelta;
import com.github.difflib.patch.InsertDelta;
import com.github.difflib.patch.Patch;
import java.util.List;

/** What differs between two versions of a configuration file, for people and {@code patch}; without secrets. */
final class UnifiedDiff {
    private static final int CONTEXT = 3;

    private UnifiedDiff() {}

    /** The diff's lines; none if the versions are the same. */
    static List<String> lines(String oldName, String oldText, String newName, String newText) {
        List<String> before = oldText.lines().toList();
        List<String> after = newText.lines().toList();
        List<String> shownBefore = SecretMask.lines(before);
        List<String> shownAfter = SecretMask.lines(after);
        Patch<String> shown = new Patch<>();
        for (AbstractDelta<String> delta : DiffUtils.diff(before, after).getDeltas()) {
            Chunk<String> source = shown(delta.getSource(), shownBefore);
            Chunk<String> target = shown(delta.getTarget(), shownAfter);
            shown.addDelta(switch (delta.getType()) {
                case INSERT -> new InsertDelta<>(source, target);
                case DELETE -> new DeleteDelta<>(source, target);
                case CHANGE, EQUAL -> new ChangeDelta<>(source, target);
            });
        }
        return UnifiedDiffUtils.generateUnifiedDiff(oldName, newName, shownBefore, shown, CONTEXT);
    }

    private static Chunk<String> shown(Chunk<String> chunk, List<String> lines) {
        int from = chunk.getPosition();
        return new Chunk<>(from, lines.subList(from, from + chunk.size()));
    }
}
