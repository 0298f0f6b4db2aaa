package dev.godwit.activities.files;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files of a tree, chosen by globs over the path within it: {@code *} stands for anything but a slash, {@code **} for
 * anything, so that {@code data/**} is all below data, and {@code **}{@code /*.json} every JSON file.
 */
public final class FileSelection {
    private final List<PathMatcher> include;
    private final List<PathMatcher> exclude;

    /**
     * @param include what to choose; empty for everything
     * @param exclude what to leave out of that
     */
    public FileSelection(List<String> include, List<String> exclude) {
        this.include = matchers(include);
        this.exclude = matchers(exclude);
    }

    /** Gets each file, symbolic link and empty directory that was chosen. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * @param path within the tree, with slashes
         * @param file where it is
         * @param attributes the link's own if it is one
         */
        void visit(String path, Path file, BasicFileAttributes attributes) throws IOException;

        /** Gets each chosen thing that is no file: a socket, a pipe or a device. */
        default void special(String path, Path file) throws IOException {
            // Nobody can copy those.
        }
    }

    /** Visits the chosen files in the order of their paths; a tree that is a single file has the path of its name. */
    public void walk(Path tree, Visitor visitor) throws IOException {
        walkAfter(tree, "", visitor);
    }

    /** Visits the chosen files whose paths come after one, so that what was begun can be gone on with. */
    public void walkAfter(Path tree, String after, Visitor visitor) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(tree, BasicFileAttributes.class);
        if (attributes.isDirectory()) {
            walkDirectory(tree, "", after, visitor);
        } else if (after.isEmpty()) {
            visitor.visit(tree.getFileName().toString(), tree, attributes);
        }
    }

    /** Whether a path within the tree is chosen. */
    public boolean contains(String path) {
        // A glob's ** is a regular expression's .*, which ends at a line break; a file must not be missed for its name.
        Path relative = Path.of(path.replaceAll("\\R", " "));
        return (include.isEmpty() || matches(include, relative)) && !matches(exclude, relative);
    }

    /** One directory's names are the most that is held in memory: order is what resuming rests on. */
    private void walkDirectory(Path directory, String prefix, String after, Visitor visitor) throws IOException {
        BasicFileAttributes attributes;
        List<String> names;
        try (Stream<Path> entries = Files.list(directory)) {
            attributes = Files.readAttributes(directory, BasicFileAttributes.class);
            names = entries.map(entry -> sortableName(directory, entry)).sorted().toList();
        } catch (NoSuchFileException vanished) {
            if (prefix.isEmpty()) {
                throw vanished;
            }
            return;
        }
        if (names.isEmpty() && !prefix.isEmpty()) {
            String path = prefix.substring(0, prefix.length() - 1);
            if (path.compareTo(after) > 0 && contains(path)) {
                visitor.visit(path, directory, attributes);
            }
        }
        for (String name : names) {
            String path = prefix + name;
            if (name.endsWith("/")) {
                if (path.compareTo(after) > 0 || after.startsWith(path)) {
                    walkDirectory(directory.resolve(name.substring(0, name.length() - 1)), path, after, visitor);
                }
            } else if (path.compareTo(after) > 0 && contains(path)) {
                Path file = directory.resolve(name);
                visitFile(path, file, visitor);
            }
        }
    }

    private static void visitFile(String path, Path file, Visitor visitor) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException vanished) {
            return;
        }
        if (attributes.isRegularFile() || attributes.isSymbolicLink()) {
            visitor.visit(path, file, attributes);
        } else {
            visitor.special(path, file);
        }
    }

    /** With the slash, the order of names in each directory makes for the order of whole paths. */
    private static String sortableName(Path directory, Path entry) {
        if (!directory.resolve(entry.getFileName().toString()).equals(entry)) {
            throw StepFailure.user("file-name-unreadable",
                    "the name of " + entry + " is not text in this worker's encoding"
                            + " (" + System.getProperty("sun.jnu.encoding") + "); rename it");
        }
        return entry.getFileName() + (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS) ? "/" : "");
    }

    private static boolean matches(List<PathMatcher> matchers, Path path) {
        return matchers.stream().anyMatch(matcher -> matcher.matches(path));
    }

    private static List<PathMatcher> matchers(List<String> globs) {
        List<PathMatcher> matchers = new ArrayList<>();
        for (String glob : globs) {
            matchers.add(FileSystems.getDefault().getPathMatcher("glob:" + glob));
            if (glob.startsWith("**/")) {
                // People mean the top directory too.
                matchers.add(FileSystems.getDefault().getPathMatcher("glob:" + glob.substring(3)));
            }
        }
        return matchers;
    }
}
