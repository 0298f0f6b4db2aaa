package dev.godwit.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Looks all the time whether secrets stand in the command line of any process of this machine, which everyone on it may read,
 * in new files of its temporary directory, or in those of given directories, also if they are gone again soon.
 */
final class SecretWatch implements AutoCloseable {
    private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));
    /**
     * Other tests have large things there, which are none of this one's; and Docker's runtime tells itself there, for root
     * alone, in which environment a container's health check is to run.
     */
    private static final List<String> OF_OTHERS = List.of("junit", "runc-process");
    private static final int DEEP = 4;
    private static final int LARGEST = 1 << 20;

    private final List<String> secrets;
    private final List<Path> directories;
    private final Set<Path> before;
    private final Map<Path, BasicFileAttributes> lookedAt = new HashMap<>();
    private final Set<String> seen = new ConcurrentSkipListSet<>();
    private final Thread watcher = new Thread(this::look, "watcher of secrets");
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile int looks;

    /**
     * Begins to look.
     *
     * @param directories where no secret must be, not even for a moment; they need not exist yet
     */
    SecretWatch(Collection<String> secrets, Path... directories) throws IOException {
        this.secrets = List.copyOf(secrets);
        this.directories = List.of(directories);
        this.before = new HashSet<>(temporary());
        watcher.start();
    }

    /** The command lines and the files that had one. */
    Set<String> seen() {
        return seen;
    }

    /** How often all of it was looked at. */
    int looks() {
        return looks;
    }

    private void look() {
        do {
            try {
                lookAtProcesses();
                for (Path path : temporary()) {
                    if (!before.contains(path)) {
                        lookInto(path, DEEP);
                    }
                }
                for (Path directory : directories) {
                    lookInto(directory, Integer.MAX_VALUE);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            looks++;
        } while (!isClosed());
    }

    /** Leaves the others some of the processor. */
    private boolean isClosed() {
        try {
            return closed.await(50, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void lookAtProcesses() throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                lookAt(process.resolve("cmdline"));
            }
        }
    }

    private static List<Path> temporary() throws IOException {
        try (Stream<Path> paths = Files.list(TEMPORARY)) {
            return paths.filter(path -> OF_OTHERS.stream().noneMatch(path.getFileName().toString()::startsWith))
                    .toList();
        }
    }

    private void lookInto(Path path, int deep) throws IOException {
        Files.walkFileTree(path, Set.<FileVisitOption>of(), deep, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes now) {
                BasicFileAttributes then = lookedAt.put(file, now);
                if (now.isRegularFile() && now.size() <= LARGEST
                        && (then == null || !then.lastModifiedTime().equals(now.lastModifiedTime())
                                || then.size() != now.size())) {
                    lookAt(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException gone) {
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void lookAt(Path file) {
        try {
            String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            if (secrets.stream().anyMatch(text::contains)) {
                seen.add(file + ": " + text.replace('\0', ' '));
            }
        } catch (IOException e) {
            return; // The process has ended meanwhile, or the file is gone, or another's.
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
