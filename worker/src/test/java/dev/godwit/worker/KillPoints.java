package dev.godwit.worker;

import dev.godwit.step.Journal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a worker is to be killed, and what it passed, in a directory that a test and the workers share. Each point kills
 * once; without one that is wanted a worker only counts.
 *
 * <pre>
 * wanted               the points, a line each
 * instead              a program that is run at them, if there is one, where otherwise the worker is killed
 * done/POINT           of those that have killed
 * passed/STEP.VERB     how many writes the last attempt that came to its end passed, and the milliseconds it took
 * </pre>
 */
final class KillPoints {
    private final Path wanted;
    private final Path instead;
    private final Path done;
    private final Path passed;

    KillPoints(Path directory) {
        wanted = directory.resolve("wanted");
        instead = directory.resolve("instead");
        try {
            done = Files.createDirectories(directory.resolve("done"));
            passed = Files.createDirectories(directory.resolve("passed"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For the test: wants these, once each, and no others any more. */
    void want(Collection<KillPoint> points) throws IOException {
        for (KillPoint point : points) {
            Files.deleteIfExists(done.resolve(point.toString()));
        }
        Files.write(wanted, points.stream().map(KillPoint::toString).toList());
    }

    /** For the test: what happens at the points that are wanted from now on, in place of a kill. */
    void instead(String shell) throws IOException {
        Files.writeString(instead, shell);
    }

    /** For the test: which of those wanted have not killed. */
    List<KillPoint> notDone() throws IOException {
        return read().stream().filter(point -> !Files.exists(done.resolve(point.toString()))).toList();
    }

    /** For the test: what was passed, by {@code STEP.VERB}. */
    Map<String, Passed> passed() throws IOException {
        Map<String, Passed> all = new TreeMap<>();
        try (Stream<Path> files = Files.list(passed)) {
            for (Path file : files.toList()) {
                String[] numbers = Files.readString(file).split(" ");
                all.put(file.getFileName().toString(),
                        new Passed(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])));
            }
        }
        return all;
    }

    /**
     * What an attempt passed.
     *
     * @param writes points at its journal
     * @param millis how long it took
     */
    record Passed(int writes, int millis) {}

    /** For the worker: an attempt begins. */
    Attempt begin(String step, String verb) {
        return new Attempt(step, verb);
    }

    private List<KillPoint> read() {
        try {
            return Files.exists(wanted)
                    ? Files.readAllLines(wanted).stream().map(KillPoint::parse).toList()
                    : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An attempt at a step or its undo. */
    final class Attempt {
        private final String name;
        private final Map<KillPoint.Kind, List<KillPoint>> points;
        private final AtomicInteger writes = new AtomicInteger();
        private final long began = System.nanoTime();

        private Attempt(String step, String verb) {
            name = step + "." + verb;
            points = read().stream()
                    .filter(point -> point.step().equals(step) && point.verb().equals(verb))
                    .collect(Collectors.groupingBy(point -> point.moment().kind()));
            of(KillPoint.Kind.BEFORE).findFirst().ifPresent(KillPoints.this::killOnce);
            of(KillPoint.Kind.TIME).findFirst().ifPresent(this::killLater);
        }

        /** All is done. Who was to be killed at a write or a time that never came is killed now. */
        void ended() {
            try {
                Files.writeString(passed.resolve(name), writes + " " + millisSoFar());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Stream.of(KillPoint.Kind.WRITE, KillPoint.Kind.TIME, KillPoint.Kind.AFTER)
                    .flatMap(this::of)
                    .forEach(KillPoints.this::killOnce);
        }

        private Stream<KillPoint> of(KillPoint.Kind kind) {
            return points.getOrDefault(kind, List.of()).stream();
        }

        private long millisSoFar() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        }

        private void killLater(KillPoint point) {
            Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(point.moment().number());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
                killOnce(point);
            });
        }

        private void write() {
            int number = writes.incrementAndGet();
            of(KillPoint.Kind.WRITE).filter(point -> point.moment().number() == number)
                    .forEach(KillPoints.this::killOnce);
        }

        /** The same journal, with a point before and after each write. */
        Journal watched(Journal journal) {
            return new Journal() {
                @Override
                public <T> Optional<T> read(String value, Class<T> type) {
                    return journal.read(value, type);
                }

                @Override
                public void write(String value, Object content) {
                    Attempt.this.write();
                    journal.write(value, content);
                    Attempt.this.write();
                }

                @Override
                public void append(String log, List<?> entries) {
                    Attempt.this.write();
                    journal.append(log, entries);
                    Attempt.this.write();
                }

                @Override
                public <T> void scan(String log, Class<T> type, Consumer<T> reader) {
                    journal.scan(log, type, reader);
                }

                @Override
                public void checkToken() {
                    journal.checkToken();
                    Attempt.this.write();
                }
            };
        }
    }

    /** Kills this process, or does what is to be done instead, unless that was done at this point before. */
    private void killOnce(KillPoint point) {
        try {
            Files.createFile(done.resolve(point.toString()));
        } catch (FileAlreadyExistsException e) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.err.println("killed at " + point);
        try {
            if (Files.exists(instead)) {
                new ProcessBuilder("sh", instead.toString()).inheritIO().start().waitFor();
                return;
            }
            new ProcessBuilder("sh", "-c", "kill -KILL " + ProcessHandle.current().pid()).start();
            Thread.sleep(Long.MAX_VALUE);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("not dead at " + point, e);
        }
    }
}
