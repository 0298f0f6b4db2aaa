package dev.godwit.activities.documents;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * Works on files with two threads and gives the results in the files' order. Only a window of files is ahead of whoever
 * takes the results, by number and by size, so that memory stays flat.
 */
final class InOrder<R> implements Iterator<R>, AutoCloseable {
    private static final int THREADS = 2;
    private static final int FILES_AHEAD = 1000;
    private static final long BYTES_AHEAD = 16L * 1024 * 1024;

    private final Iterator<DocumentFile> files;
    private final Function<DocumentFile, R> work;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS,
            Thread.ofPlatform().daemon().name("documents-", 1).factory());
    private final Deque<Ahead<R>> window = new ArrayDeque<>();
    private long bytesAhead;

    private record Ahead<R>(long size, Future<R> result) {}

    InOrder(Iterator<DocumentFile> files, Function<DocumentFile, R> work) {
        this.files = files;
        this.work = work;
    }

    @Override
    public boolean hasNext() {
        return !window.isEmpty() || files.hasNext();
    }

    @Override
    public R next() {
        while (files.hasNext() && window.size() < FILES_AHEAD && (window.isEmpty() || bytesAhead < BYTES_AHEAD)) {
            DocumentFile file = files.next();
            bytesAhead += file.size();
            window.add(new Ahead<>(file.size(), threads.submit(() -> work.apply(file))));
        }
        if (window.isEmpty()) {
            throw new NoSuchElementException();
        }
        Ahead<R> first = window.remove();
        bytesAhead -= first.size();
        try {
            return first.result().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while reading documents", e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
        if (files instanceof AutoCloseable open) {
            try {
                open.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
