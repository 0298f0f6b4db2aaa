package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import dev.godwit.step.StepStopped;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Copies a database byte by byte, with the files beside it that belong to its state, while others may be writing it.
 *
 * <p>Why a copy is whole although nothing is locked: in WAL mode commits are only appended to the {@code -wal} file, until
 * it is begun anew with other salts in its header. Copying the database before the {@code -wal} file and finding the same
 * salts afterwards means that whatever a checkpoint moved into the database meanwhile is in the copied {@code -wal} file
 * too, and a half-written commit at its end is passed over by its checksums. In the other journal modes a database changes
 * in place: the copy counts if neither it nor its rollback journal changed while it was taken.
 *
 * <p>The copying is done by a process of its own. A file that this process opened and closed would take the locks of every
 * SQLite connection that this process has to it along: that is how POSIX locks work.
 */
public final class SqliteCopy {
    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
    private static final List<String> STATE = List.of("-wal", "-journal");
    private static final List<String> BESIDE = List.of("-wal", "-journal", "-shm");
    private static final String NOT_THERE = "No such file or directory";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** File systems note the time of a change no finer than this; a younger change might have been followed by another. */
    private static final Duration CLOCK_TICK = Duration.ofMillis(20);

    private SqliteCopy() {}

    /** Whether a file is an SQLite database; an empty file is one without tables. */
    public static boolean isDatabase(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        byte[] header = header(file, MAGIC.length);
        return header.length == 0 || Arrays.equals(header, MAGIC);
    }

    /**
     * Copies what a private connection needs, and returns the copy, which is writable whatever the database is.
     *
     * @param pulse called every second, and may end the copying with an exception
     */
    public static Path take(Path database, Path directory, Runnable pulse) throws IOException {
        Path copy = copy(database, directory, STATE, false, pulse);
        for (Path file : files(copy)) {
            if (!file.toFile().setWritable(true, true)) {
                throw new IOException("cannot make " + file + " writable");
            }
        }
        return copy;
    }

    /**
     * Copies the database and every file beside it, modes and times too, so that they can be put back as they are.
     *
     * @param pulse called every second, and may end the copying with an exception
     */
    public static Path keep(Path database, Path directory, Runnable pulse) throws IOException {
        return copy(database, directory, BESIDE, true, pulse);
    }

    /** A database and the files beside it that exist. */
    public static List<Path> files(Path database) {
        return Stream
                .concat(Stream.of(database),
                        BESIDE.stream().map(suffix -> beside(database, suffix)))
                .filter(Files::exists)
                .toList();
    }

    private static Path copy(Path database, Path directory, List<String> suffixes, boolean exact, Runnable pulse)
            throws IOException {
        Path copy = directory.resolve(database.getFileName());
        Instant giveUp = Instant.now().plus(PATIENCE);
        while (true) {
            pulse.run();
            State before = State.of(database);
            if (before.settled()) {
                for (Path old : files(copy)) {
                    Files.delete(old);
                }
                transfer(database, copy, exact, pulse);
                for (String suffix : suffixes) {
                    if (Files.exists(beside(database, suffix))) {
                        transfer(beside(database, suffix), beside(copy, suffix), exact, pulse);
                    }
                }
                if (before.sameAs(State.of(database))) {
                    return copy;
                }
            }
            if (Instant.now().isAfter(giveUp)) {
                throw StepFailure.external("database-busy", database + " was written without a pause for "
                        + PATIENCE.toSeconds() + " s, so that it cannot be copied; retry when it is quieter");
            }
            pause();
        }
    }

    private static void transfer(Path source, Path target, boolean exact, Runnable pulse) throws IOException {
        List<String> command = exact
                ? List.of("cp", "-p", "--", source.toString(), target.toString())
                : List.of("cp", "--", source.toString(), target.toString());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        try (InputStream output = process.getInputStream()) {
            while (!process.waitFor(1, TimeUnit.SECONDS)) {
                pulse.run();
            }
            String said = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
            // One that comes and goes is there again when someone looks why; what the database was like before tells.
            if (process.exitValue() != 0 && !said.endsWith(NOT_THERE)) {
                throw new IOException(said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        } finally {
            process.destroy();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(CLOCK_TICK.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        }
    }

    private static Path beside(Path database, String suffix) {
        return database.resolveSibling(database.getFileName() + suffix);
    }

    private static byte[] header(Path file, int length) throws IOException {
        Process process = new ProcessBuilder("head", "-c", Integer.toString(length), "--", file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (InputStream output = process.getInputStream()) {
            byte[] header = output.readNBytes(length);
            // One that comes and goes is there again when someone looks why.
            if (process.waitFor() != 0 && Files.exists(file) && !Files.isReadable(file)) {
                throw new AccessDeniedException(file.toString());
            }
            return header;
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new StepStopped("interrupted");
        }
    }

    /** What tells whether a database changed. */
    private record State(FileState database, FileState journal, String walSalts) {

        private static final int WAL_HEADER = 32;
        private static final int SALTS = 16;
        private static final int CHECKSUM = 24;

        static State of(Path database) throws IOException {
            Path wal = beside(database, "-wal");
            byte[] header = Files.exists(wal) ? header(wal, WAL_HEADER) : new byte[0];
            String salts = header.length < WAL_HEADER
                    ? ""
                    : HexFormat.of().formatHex(header, SALTS, CHECKSUM);
            return new State(FileState.of(database), FileState.of(beside(database, "-journal")), salts);
        }

        private boolean appending() {
            return !walSalts.isEmpty();
        }

        boolean settled() {
            return appending() || database.settled() && journal.settled();
        }

        boolean sameAs(State later) {
            return appending() ? walSalts.equals(later.walSalts) : equals(later);
        }
    }

    private record FileState(long size, FileTime modified) {
        static FileState of(Path file) throws IOException {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                return new FileState(attributes.size(), attributes.lastModifiedTime());
            } catch (NoSuchFileException e) {
                return new FileState(-1, FileTime.fromMillis(0));
            }
        }

        boolean settled() {
            Instant now = Instant.now();
            return modified.toInstant().isBefore(now.minus(CLOCK_TICK)) || modified.toInstant().isAfter(now);
        }
    }
}
