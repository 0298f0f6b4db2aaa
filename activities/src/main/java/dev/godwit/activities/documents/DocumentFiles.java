package dev.godwit.activities.documents;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * The documents of a directory in one fixed order: names sorted within each directory, lines as they stand in a file of
 * JSON Lines. Only the names of the directories on
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
        return after(Place.START);
    }

    /** The documents that stand behind a place in the order, whether a document is still there or not. */
    Iterator<DocumentFile> after(Place place) {
        return new Documents(place);
    }

    /** Whether a document could be in a directory, given as its path within the one that is listed. */
    boolean reaches(String directory) {
        return directory.isEmpty() || globs.leadsTo(directory);
    }

    /** How many documents there are; 0 where only reading would tell. */
    long count() {
        long count = 0;
        for (Walk files = new Walk("", false); files.hasNext(); count++) {
            if (DocumentFile.hasLines(files.next().name())) {
                return 0;
            }
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

    /** The files one by one, and those that have lines line by line. */
    private final class Documents implements Iterator<DocumentFile>, AutoCloseable {
        private final Walk files;
        private Optional<DocumentLines> lines = Optional.empty();

        Documents(Place after) {
            files = new Walk(after.file(), true);
            if (after.line() > 0) {
                Path path = root.resolve(after.file());
                lines = Optional
                        .of(new DocumentLines(new DocumentFile(after.file(), path, Document.Look.at(path)),
                                after.line()));
            }
        }

        @Override
        public boolean hasNext() {
            while (true) {
                if (lines.isPresent() && lines.get().hasNext()) {
                    return true;
                }
                close();
                if (!files.hasNext()) {
                    return false;
                }
                if (!DocumentFile.hasLines(files.peek().name()) || Files.isDirectory(files.peek().path())) {
                    return true;
                }
                lines = Optional.of(new DocumentLines(files.next(), 0));
            }
        }

        @Override
        public DocumentFile next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return lines.isPresent() ? lines.get().next() : files.next();
        }

        @Override
        public void close() {
            if (lines.isPresent()) {
                try {
                    lines.get().close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                lines = Optional.empty();
            }
        }
    }

    private record Level(Path directory, String prefix, Iterator<String> names) {}

    private final class Walk implements Iterator<DocumentFile> {
        private final Deque<Level> levels = new ArrayDeque<>();
        private final String after;
        private final boolean looking;
        private boolean behind;
        private Optional<DocumentFile> next;

        /** @param looking whether to look at each file, and not only at its name where that is enough to count it */
        Walk(String after, boolean looking) {
            this.looking = looking;
            this.after = after;
            this.behind = after.isEmpty();
            levels.push(new Level(root, "", names(root).iterator()));
            next = advance();
        }

        @Override
        public boolean hasNext() {
            return next.isPresent();
        }

        /** What {@link #next} is going to give. */
        DocumentFile peek() {
            return next.orElseThrow(NoSuchElementException::new);
        }

        @Override
        public DocumentFile next() {
            DocumentFile file = peek();
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
            if (named && !leads && !looking) {
                return Optional.of(new DocumentFile(name, path, Document.Look.NOWHERE));
            }
            BasicFileAttributes attributes;
            try {
                attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            } catch (IOException e) {
                return named ? Optional.of(new DocumentFile(name, path, Document.Look.NOWHERE)) : Optional.empty();
            }
            if (attributes.isDirectory()) {
                if (leads) {
                    levels.push(new Level(path, name + "/", names(path).iterator()));
                }
                return globs.names(name)
                        ? Optional.of(new DocumentFile(name, path, Document.Look.NOWHERE))
                        : Optional.empty();
            }
            if (!named) {
                return Optional.empty();
            }
            Document.Look look = attributes.isSymbolicLink() ? Document.Look.at(path) : Document.Look.of(attributes);
            return Optional.of(new DocumentFile(name, path, look));
        }
    }
}
