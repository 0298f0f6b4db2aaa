package dev.godwit.activities.documents;

import dev.godwit.activities.files.FileSelection;
import java.util.List;

/** Which names in a directory are documents, and which directories could hold some. */
final class Globs {
    private final FileSelection selection;
    private final FileSelection naming;
    private final boolean anyNaming;
    private final int depth;

    Globs(List<String> include, List<String> exclude) {
        List<String> named = include.stream().filter(glob -> !lastIsAnything(glob)).toList();
        this.selection = new FileSelection(include, exclude);
        this.naming = new FileSelection(named, exclude);
        this.anyNaming = !named.isEmpty();
        this.depth = include.stream().mapToInt(Globs::depthOf).max().orElse(Integer.MAX_VALUE);
    }

    boolean matches(String path) {
        return selection.contains(path);
    }

    /** Whether a pattern that says more than "anything" matches: such a name is a document's even if a directory has it. */
    boolean names(String path) {
        return anyNaming && naming.contains(path);
    }

    /** Whether a document could be below the path, as far as its depth tells. */
    boolean leadsTo(String path) {
        return depth > separators(path) + 1;
    }

    private static boolean lastIsAnything(String glob) {
        String last = glob.substring(glob.lastIndexOf('/') + 1);
        return last.equals("*") || last.equals("**");
    }

    private static int depthOf(String glob) {
        return glob.contains("**") ? Integer.MAX_VALUE : separators(glob) + 1;
    }

    private static int separators(String path) {
        return (int) path.chars().filter(character -> character == '/').count();
    }
}
