package dev.godwit.activities.resource;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A long-running program that a plan declares: what a run may do with it. It outlives the worker. */
public interface ControllableProcess extends ObservableProcess {
    /**
     * Starts the program, unless a process that was started under this name still runs.
     *
     * @param name derived from the step, so that every attempt and the undo find what an earlier one started
     */
    ProcessIdentity start(String name) throws IOException;

    /** The process that was started under a name, if it still runs. */
    Optional<ProcessIdentity> started(String name);

    /** The process that any step of this run started, if it still runs. */
    Optional<ProcessIdentity> started() throws IOException;

    /**
     * Waits until the process does its work: its health check answers with 2xx, or without one it listens on its port, or
     * without that it has lived for a second.
     *
     * @param whileWaiting called several times a second
     * @throws dev.godwit.step.StepFailure if it ended, with its last words, or if it took too long
     */
    void awaitHealthy(ProcessIdentity process, Runnable whileWaiting) throws Exception;

    /** A process and its children, which end with it when it is stopped; none if it has ended. */
    List<ProcessIdentity> family(ProcessIdentity process);

    /**
     * Ends processes with their children: asks with SIGTERM, and after the grace period uses SIGKILL. A process that has
     * ended already is left alone, also if its pid has a new owner. The first may end long before its children do, so that
     * whoever may be interrupted must have kept the {@link #family}.
     *
     * @param whileWaiting called several times a second
     */
    void stop(List<ProcessIdentity> processes, Duration grace, Runnable whileWaiting) throws IOException;

    /** Ends a process that runs, with its children. */
    default void stop(ProcessIdentity process, Duration grace, Runnable whileWaiting) throws IOException {
        stop(List.of(process), grace, whileWaiting);
    }
}
