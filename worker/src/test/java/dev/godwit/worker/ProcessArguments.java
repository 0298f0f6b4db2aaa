package dev.godwit.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Looks all the time whether a text stands in the command line of any process of this machine, as everyone on it may. */
final class ProcessArguments implements AutoCloseable {
    private final String text;
    private final Set<String> seen = new ConcurrentSkipListSet<>();
    private final Thread watcher = new Thread(this::look, "watcher of arguments");
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile int looks;

    private ProcessArguments(String text) {
        this.text = text;
    }

    static ProcessArguments watch(String text) {
        ProcessArguments arguments = new ProcessArguments(text);
        arguments.watcher.start();
        return arguments;
    }

    /** The command lines that had it. */
    Set<String> seen() {
        return seen;
    }

    /** How often all processes were looked at. */
    int looks() {
        return looks;
    }

    private void look() {
        do {
            try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
                for (Path process : processes) {
                    lookAt(process.resolve("cmdline"));
                }
            } catch (IOException e) {
                throw new IllegalStateException("/proc cannot be read", e);
            }
            looks++;
        } while (!isClosed());
    }

    /** Leaves the others some of the processor. */
    private boolean isClosed() {
        try {
            return closed.await(20, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void lookAt(Path commandLine) {
        try {
            String line = Files.readString(commandLine, StandardCharsets.ISO_8859_1).replace('\0', ' ');
            if (line.contains(text)) {
                seen.add(line);
            }
        } catch (IOException e) {
            return; // The process has ended meanwhile.
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
