package dev.godwit.activities.host;

import dev.godwit.json.Json;
import dev.godwit.step.Journal;
import dev.godwit.step.StepStopped;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A journal in a directory: a file for each named value, and JSON lines for each log. Every write happens under a lock that
 * beginning an attempt takes too, so that once a later attempt has begun nothing of an earlier one lands here any more.
 */
final class FileJournal implements Journal {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    /** File locks exclude other processes only; within this one a journal's directory maps to one of these. */
    private static final ReentrantLock[] LOCKS = new ReentrantLock[64];
    static {
        for (int i = 0; i < LOCKS.length; i++) {
            LOCKS[i] = new ReentrantLock();
        }
    }

    private final Path directory;
    private final Begun begun;
    /** Whether the token has reached the disk. */
    private volatile boolean kept;
    private final AtomicBoolean advanced = new AtomicBoolean();

    private FileJournal(Path directory, Begun begun, boolean kept) {
        this.directory = directory;
        this.begun = begun;
        this.kept = kept;
    }

    /** Begins an attempt at running: takes the next token and counts. */
    static FileJournal beginRun(Path directory) {
        return begin(directory, 1);
    }

    /** Begins an attempt at undoing: takes the next token. */
    static FileJournal beginUndo(Path directory) {
        return begin(directory, 0);
    }

    private static FileJournal begin(Path directory, int runs) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return locked(directory, () -> {
            Optional<Begun> last = readBegun(directory);
            Begun next = new Begun(last.map(Begun::token).orElse(0L) + 1, last.map(Begun::runs).orElse(0) + runs);
            // Before the first attempt there is nothing to lose: many steps only look, and never use their token.
            if (last.isPresent()) {
                DurableFiles.write(begunFile(directory), bytes(next));
            } else {
                DurableFiles.replace(begunFile(directory), bytes(next));
            }
            return new FileJournal(directory, next, last.isPresent());
        });
    }

    long token() {
        locked(directory, () -> {
            requireLatest();
            return null;
        });
        return begun.token;
    }

    int attempt() {
        return Math.max(1, begun.runs);
    }

    /**
     * This attempt has got further than those before it, whose failures do not count any more then, nor if its worker is lost
     * after that.
     */
    void advanced() {
        if (advanced.compareAndSet(false, true)) {
            locked(directory, () -> {
                requireLatest();
                for (String verb : List.of("run", "undo")) {
                    Files.deleteIfExists(value(failures(verb)));
                }
                return null;
            });
        }
    }

    /** Counts a failure that the step itself reported; lost workers do not come here. */
    int countFailure(String verb) {
        int failures = read(failures(verb), Integer.class).orElse(0) + 1;
        write(failures(verb), failures);
        return failures;
    }

    private static String failures(String verb) {
        return "failures." + verb;
    }

    /** This attempt did all there is to do for now: the next one counts as this one again, and failures from the start. */
    void attemptEndedWell() {
        locked(directory, () -> {
            requireLatest();
            Files.deleteIfExists(value(failures("run")));
            DurableFiles.write(begunFile(directory), bytes(new Begun(begun.token, begun.runs - 1)));
            return null;
        });
    }

    @Override
    public <T> Optional<T> read(String name, Class<T> type) {
        try {
            return Optional.of(Json.read(Files.readString(value(name)), type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void write(String name, Object value) {
        Path file = value(name);
        byte[] content = bytes(value);
        locked(directory, () -> {
            requireLatest();
            DurableFiles.write(file, content);
            return null;
        });
    }

    @Override
    public void append(String log, List<?> entries) {
        if (entries.isEmpty()) {
            return;
        }
        Path file = log(log);
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (Object entry : entries) {
            lines.writeBytes(bytes(entry));
            lines.write('\n');
        }
        locked(directory, () -> {
            requireLatest();
            boolean created = !Files.exists(file);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                    StandardOpenOption.WRITE)) {
                channel.position(endOfLastWholeLine(channel));
                channel.truncate(channel.position());
                DurableFiles.writeFully(channel, lines.toByteArray());
                channel.force(true);
            }
            if (created) {
                DurableFiles.syncDirectory(directory);
            }
            return null;
        });
    }

    @Override
    public <T> void scan(String log, Class<T> type, Consumer<T> reader) {
        Path file = log(log);
        long end;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            end = endOfLastWholeLine(channel);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            long read = 0;
            while (read < end) {
                String line = lines.readLine();
                read += line.getBytes(StandardCharsets.UTF_8).length + 1;
                reader.accept(Json.read(line, type));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void checkToken() {
        try {
            requireLatest();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void requireLatest() throws IOException {
        // A journal that is gone was forgotten with its run: nothing may be written on its behalf either.
        long latest = readBegun(directory).map(Begun::token).orElse(Long.MAX_VALUE);
        if (latest != begun.token) {
            throw new StepStopped("a later attempt at this step has begun");
        }
        if (!kept) {
            DurableFiles.syncFile(begunFile(directory));
            DurableFiles.syncDirectory(directory);
            kept = true;
        }
    }

    private Path value(String name) {
        return directory.resolve(checked(name) + ".json");
    }

    private Path log(String name) {
        return directory.resolve(checked(name) + ".log");
    }

    private static Path begunFile(Path directory) {
        return directory.resolve(".begun");
    }

    private static Optional<Begun> readBegun(Path directory) throws IOException {
        try {
            // It can be empty after a power failure, if nothing depended on it yet.
            return Optional.of(Files.readString(begunFile(directory)))
                    .filter(content -> !content.isBlank())
                    .map(content -> Json.read(content, Begun.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static String checked(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' cannot be a name in a journal");
        }
        return name;
    }

    /** A crash can leave the beginning of a line; it never counted. */
    private static long endOfLastWholeLine(FileChannel channel) throws IOException {
        long end = channel.size();
        ByteBuffer buffer = ByteBuffer.allocate(8192);
        boolean first = true;
        while (end > 0) {
            // Nearly always the last byte is a newline, and one byte is all that is read.
            int length = first ? 1 : (int) Math.min(end, buffer.capacity());
            first = false;
            long start = end - length;
            buffer.clear().limit(length);
            while (buffer.hasRemaining() && channel.read(buffer, start + buffer.position()) >= 0) {
                continue;
            }
            for (int i = length - 1; i >= 0; i--) {
                if (buffer.get(i) == '\n') {
                    return start + i + 1;
                }
            }
            end = start;
        }
        return 0;
    }

    private static byte[] bytes(Object value) {
        return Json.write(value).getBytes(StandardCharsets.UTF_8);
    }

    private static <T> T locked(Path directory, Action<T> action) {
        ReentrantLock lock = LOCKS[Math.floorMod(directory.hashCode(), LOCKS.length)];
        lock.lock();
        try (FileChannel channel = FileChannel.open(directory.resolve(".lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE); FileLock held = channel.lock()) {
            assert held.isValid();
            return action.run();
        } catch (NoSuchFileException e) {
            throw new StepStopped("the journal of this step is gone");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lock.unlock();
        }
    }

    private interface Action<T> {
        T run() throws IOException;
    }

    /**
     * How often attempts were begun.
     *
     * @param token at running and undoing together
     * @param runs at running
     */
    private record Begun(long token, int runs) {}
}
