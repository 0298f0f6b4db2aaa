package dev.godwit.activities.backup;

import dev.godwit.activities.host.DurableFiles;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Brings a whole tree to disk. A sync for each file makes the file system commit its own journal for each, which takes
 * longer than the copying; syncfs commits once, is as safe, and reports what could not be written. Java has no call for it,
 * the program {@code sync -f} does.
 */
final class FileSystemSync implements AutoCloseable {
    private static final int AHEAD = 4;

    private final Path tree;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Semaphore ahead = new Semaphore(AHEAD);
    private volatile IOException failure;

    FileSystemSync(Path tree) {
        this.tree = tree;
    }

    /** Brings a large file to disk while others are copied; as long as too many wait for that, they are left for later. */
    void early(Path file) {
        if (ahead.tryAcquire()) {
            thread.execute(() -> {
                try {
                    DurableFiles.syncFile(file);
                } catch (IOException e) {
                    failure = e;
                } finally {
                    ahead.release();
                }
            });
        }
    }

    /** @param few whether it is but a few files: these need not wait for what others have written */
    NewBackup.Settling begin(boolean few) {
        Future<?> all = thread.submit(() -> {
            if (few) {
                syncEach();
            } else {
                syncFileSystem();
            }
            return null;
        });
        return () -> {
            result(all);
            if (failure != null) {
                throw failure;
            }
        };
    }

    private void syncFileSystem() throws IOException, InterruptedException {
        Process sync;
        try {
            sync = new ProcessBuilder("sync", "-f", "--", tree.toString()).redirectErrorStream(true).start();
        } catch (IOException e) {
            syncEach();
            return;
        }
        try (InputStream output = sync.getInputStream()) {
            String said = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
            if (sync.waitFor() != 0) {
                if (said.contains("option")) {
                    syncEach(); // Not every system's sync knows -f.
                } else {
                    throw new IOException(said);
                }
            }
        } finally {
            sync.destroy();
        }
    }

    private void syncEach() throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) {
                    DurableFiles.syncFile(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                DurableFiles.syncDirectory(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void result(Future<?> future) throws IOException {
        try {
            future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IOException(e.getCause());
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        thread.close();
    }
}
