package dev.godwit.activities.resource;

import dev.godwit.plan.Location;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A long-running program that a plan declares: what a preview may know of it. */
public interface ObservableProcess {
    /** How the plan names it. */
    Location location();

    /** What starts it, without its environment. */
    List<String> command();

    /** How long it may take to end when asked to. */
    Duration grace();

    /** The service that it is, as far as the plan says. */
    Optional<Location> service();

    /**
     * The running process: one that this run started, or else the one that listens where the plan says that this one does.
     */
    Optional<ProcessIdentity> find() throws IOException;

    /** What a process and its children use. */
    Usage usage(ProcessIdentity process);

    /**
     * @param cpu the processor time used since the process started
     * @param residentBytes the memory in use
     */
    record Usage(Duration cpu, long residentBytes) {}

    /** Whoever listens on its port and is not this process, in words; absent if the port is free or its own. */
    Optional<String> intruder() throws IOException;
}
