package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One run of a command that comes to an end. It outlives the worker, is started at most once, and whoever comes later finds
 * it, or how it ended.
 */
public final class CommandProcess {
    /** By this the processes of a command are known, also those that have left their parents and groups. */
    private static final String MARK = "GODWIT_COMMAND";
    private static final Duration KILLED_WITHIN = Duration.ofSeconds(10);
    private static final long GLANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Path place;

    /** @param place a file in the site's state, of this one run of the command only */
    public CommandProcess(Path place) {
        this.place = place;
    }

    /** Whether it was started, or kept from that. */
    public boolean begun() {
        return Files.exists(place);
    }

    /** Keeps a start that an attempt before may still have under way from succeeding. */
    public void keepFromStarting() throws IOException {
        Files.createDirectories(place.getParent());
        try {
            Files.writeString(place, "", StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            // It was started, then, or kept from that before.
        }
    }

    /**
     * Starts it, unless it was.
     *
     * @param output gets what it writes; only this user may read it, for it may hold secrets
     */
    public void start(List<String> command, Path directory, Map<String, String> environment, Path output)
            throws IOException {
        Files.createDirectories(output.getParent());
        try {
            Files.createFile(output,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException e) {
            // An attempt before came as far as here.
        }
        Map<String, String> marked = new HashMap<>(environment);
        marked.put(MARK, place.toString());
        Launcher.launchRecorded(command, directory, marked, output, place);
    }

    /** How it ended; absent while it runs, and for ever if it was killed together with its parent. */
    public OptionalInt exit() {
        try {
            String code = Files.readString(place.resolveSibling(place.getFileName() + ".exit")).strip();
            return code.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(code));
        } catch (NoSuchFileException e) {
            return OptionalInt.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether it, or anything that it started, runs. */
    public boolean running() {
        return leader().isPresent() || !ProcessTable.marked(MARK, place.toString()).isEmpty();
    }

    /** Waits for its end. */
    public void await(Runnable whileWaiting) {
        while (exit().isEmpty() && running()) {
            whileWaiting.run();
            LockSupport.parkNanos(GLANCE_NANOS);
        }
    }

    /** Ends it and all that it started: first asks, after the grace kills. */
    public void kill(Duration grace) {
        if (endsWithin(grace, ProcessHandle::destroy) || endsWithin(KILLED_WITHIN, ProcessHandle::destroyForcibly)) {
            return;
        }
        throw StepFailure.external("process-not-stopped", family() + " do not end, though they were killed; see what"
                + " they wait for, and whether this worker may stop them");
    }

    private interface Blow {
        boolean strike(ProcessHandle handle);
    }

    private boolean endsWithin(Duration time, Blow blow) {
        long deadline = System.nanoTime() + time.toNanos();
        Map<Long, ProcessIdentity> struck = new LinkedHashMap<>();
        for (List<ProcessIdentity> left = family(); !left.isEmpty(); left = family()) {
            for (ProcessIdentity process : left) {
                // It may have started others meanwhile; to ask one twice could end it before it has cleaned up.
                if (struck.putIfAbsent(process.pid(), process) == null) {
                    ProcessHandle.of(process.pid()).ifPresent(blow::strike);
                }
            }
            if (System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(GLANCE_NANOS);
        }
        return true;
    }

    private List<ProcessIdentity> family() {
        Map<Long, ProcessIdentity> family = new LinkedHashMap<>();
        leader().map(ProcessTable::family)
                .orElse(List.of())
                .forEach(process -> family.put(process.pid(), process));
        ProcessTable.marked(MARK, place.toString()).forEach(process -> family.put(process.pid(), process));
        return List.copyOf(family.values());
    }

    private Optional<ProcessIdentity> leader() {
        try {
            return Files.exists(place) && Files.size(place) > 0
                    ? Launcher.read(place).filter(ProcessTable::alive)
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
