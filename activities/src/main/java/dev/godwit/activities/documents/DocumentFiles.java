package dev.godwit.activities.documents;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The documents of a directory in one fixed order: names sorted within each directory. Only the names of the directories on
 * the way are held. Whatever has a document's name is listed, also what cannot be read as one (a directory, a broken link),
 * so that nothing is passed over in silence.
 */
final class DocumentFiles {
    private final String uses;
    private final Path root;
    private final Globs globs;

    /**
     * @param uses the step type that asks, for its errors
     * @param root a directory that exists
     */
    DocumentFiles(String uses, Path root, List<String> include, List<String> exclude) {
        this.uses = uses;
        this.root = root;
        this.globs = new Globs(include, exclude);
    }

    /** All documents. */
    Iterator<DocumentFile> all() {
        return after("");
    }

    /** The documents that stand behind a name in the order, whether a document still has that name or not. */
    Iterator<DocumentFile> after(String name) {
        return new Walk(name);
    }

    /** Whether a document could be in a directory, given as its path within the one that is listed. */
    boolean reaches(String directory) {
        return directory.isEmpty() || globs.leadsTo(directory);
    }

    /** How many documents there are. */
    long count() {
        long count = 0;
        for (Iterator<DocumentFile> files = all(); files.hasNext(); files.next()) {
            count++;
        }
        return count;
    }

    /** The order of the documents: path by path, directory by directory. */
    static int compare(String left, String right) {
        String[] lefts = left.split("/");
        String[] rights = right.split("/");
        for (int i = 0; i < Math.min(lefts.length, rights.length); i++) {
            int order = lefts[i].compareTo(rights[i]);
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(lefts.length, rights.length);
    }

    private List<String> names(Path directory) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                names.add(entry.getFileName().toString());
            }
        } catch (AccessDeniedException e) {
            throw unlisted(directory, "permission denied", e);
        } catch (DirectoryIteratorException e) {
            throw unlisted(directory, e.getCause().getMessage(), e);
        } catch (IOException e) {
            throw unlisted(directory, e.getMessage(), e);
        }
        Collections.sort(names);
        return names;
    }

    private StepFailure unlisted(Path directory, String why, Exception cause) {
        return StepFailure.user("directory-unreadable", uses + ": cannot list " + directory + " (" + why
                + "); run the worker as a user that may read it, or exclude it").causedBy(cause);
    }

    private record Level(Path directory, String prefix, Iterator<String> names) {}

    private final class Walk implements Iterator<DocumentFile> {
        private final Deque<Level> levels = new ArrayDeque<>();
        private final String after;
        private boolean behind;
        private Optional<DocumentFile> next;

        Walk(String after) {
            this.after = after;
            this.behind = after.isEmpty();
            levels.push(new Level(root, "", names(root).iterator()));
            next = advance();
        }

        @Override
        public boolean hasNext() {
            return next.isPresent();
        }

        @Override
        public DocumentFile next() {
            DocumentFile file = next.orElseThrow(NoSuchElementException::new);
            next = advance();
            return file;
        }

        private Optional<DocumentFile> advance() {
            while (!levels.isEmpty()) {
                Level level = levels.peek();
                if (!level.names().hasNext()) {
                    levels.pop();
                    continue;
                }
                String name = level.prefix() + level.names().next();
                boolean leadsToCursor = after.equals(name) || after.startsWith(name + "/");
                if (!behind && !leadsToCursor && compare(name, after) <= 0) {
                    continue;
                }
                behind |= !leadsToCursor;
                Optional<DocumentFile> found = visit(name,
                        level.directory().resolve(name.substring(level.prefix().length())));
                if (found.isPresent() && !leadsToCursor) {
                    return found;
                }
            }
            return Optional.empty();
        }

        private Optional<DocumentFile> visit(String name, Path path) {
            boolean named = globs.matches(name);
            boolean leads = globs.leadsTo(name);
            if (!named && !leads) {
                return Optional.empty();
            }
            BasicFileAttributes attributes;
            try {
                attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            } catch (IOException e) {
                return named ? Optional.of(new DocumentFile(name, path, 0)) : Optional.empty();
            }
            if (attributes.isDirectory()) {
                if (leads) {
                    levels.push(new Level(path, name + "/", names(path).iterator()));
                }
                return globs.names(name) ? Optional.of(new DocumentFile(name, path, 0)) : Optional.empty();
            }
            if (!named) {
                return Optional.empty();
            }
            long size = attributes.isSymbolicLink() ? path.toFile().length() : attributes.size();
            return Optional.of(new DocumentFile(name, path, size));
        }
    }
}
