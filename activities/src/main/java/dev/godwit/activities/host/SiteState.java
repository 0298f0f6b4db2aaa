package dev.godwit.activities.host;

import dev.godwit.json.Json;
import dev.godwit.run.Throttling;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The directory that all workers of a site share: what steps must remember, what proves their work, what they moved out of
 * the way. It lies outside of whatever plans migrate.
 *
 * <pre>
 * journal/RUN/STEP.ROUND/            what a step remembers; workspace/ within it holds what its undo needs
 * evidence/RUN/ledger/STEP.ROUND.json what a rollback needs if the run's workflow is gone; undone/ has those taken back
 * evidence/RUN/plan.json              the run's checked plan, for the same purpose
 * evidence/RUN/finalized.json         when the run became irreversible
 * evidence/RUN/steps/STEP.ROUND/     what proves a step's work
 * set-aside/RUN/STEP.ROUND/          what others had written and an undo moved out of the way
 * throttling/RUN.json                the rates that on-call asks for
 * shared/RUN/                        what processes that a run started write about themselves
 * scratch/                           private to one attempt, removed when it ends
 * </pre>
 */
public final class SiteState {
    /** File locks exclude other processes only. */
    private static final Object THROTTLING = new Object();

    private final Path root;

    public SiteState(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    public Path root() {
        return root;
    }

    /**
     * Makes the directory if need be and writes into it, once: a worker that cannot would take steps and do none.
     *
     * @throws StepFailure if it cannot be written
     */
    public void requireWritable() {
        try {
            Files.createDirectories(root);
            Files.delete(Files.createTempFile(root, ".writable", ""));
        } catch (IOException e) {
            throw StepFailure.user("state-unwritable", "cannot write into the state directory " + root + " (" + e
                    + "); run the worker as a user that may, or name another directory with --state").causedBy(e);
        }
    }

    /** What a run leaves behind. */
    public Path evidence(String runId) {
        return root.resolve("evidence").resolve(name(runId));
    }

    /** The ledger copy of one step. */
    public Path ledgerEntry(StepIdentity step) {
        return ledger(step.runId()).resolve(stepAndRound(step) + ".json");
    }

    Path ledger(String runId) {
        return evidence(runId).resolve("ledger");
    }

    /** Where the processes of a run write about themselves. */
    public Path shared(String runId) {
        return root.resolve("shared").resolve(name(runId));
    }

    /** Forgets what the steps of a run remember; after that the run can neither be resumed nor undone. */
    public void forgetJournal(String runId) throws IOException {
        DurableFiles.deleteTree(root.resolve("journal").resolve(name(runId)));
        Files.deleteIfExists(throttling(runId));
    }

    Path journal(StepIdentity step) {
        return root.resolve("journal").resolve(name(step.runId())).resolve(stepAndRound(step));
    }

    /** Keeps the rates that on-call asks for where the steps of a run see them; an older word than the last is ignored. */
    public void keepThrottling(String runId, Throttling asked) throws IOException {
        Path file = throttling(runId);
        Files.createDirectories(file.getParent());
        synchronized (THROTTLING) {
            try (FileChannel channel = FileChannel.open(file.resolveSibling(".lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE); FileLock held = channel.lock()) {
                assert held.isValid();
                if (AskedRates.read(file).order() < asked.order()) {
                    DurableFiles.write(file, Json.write(asked).getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }

    Path throttling(String runId) {
        return root.resolve("throttling").resolve(name(runId) + ".json");
    }

    Path workspace(StepIdentity step) {
        return journal(step).resolve("workspace");
    }

    Path stepEvidence(StepIdentity step) {
        return evidence(step.runId()).resolve(stepEvidenceName(step));
    }

    static String stepEvidenceName(StepIdentity step) {
        return "steps/" + stepAndRound(step);
    }

    Path setAside(StepIdentity step) {
        return root.resolve("set-aside").resolve(name(step.runId())).resolve(stepAndRound(step));
    }

    Path newScratch(StepIdentity step) throws IOException {
        Path scratch = Files.createDirectories(root.resolve("scratch"));
        return Files.createTempDirectory(scratch, name(step.shortName()) + ".");
    }

    private static String stepAndRound(StepIdentity step) {
        return name(step.step()) + "." + step.round();
    }

    /** Run ids and step names become file names: nothing that means something to a file system gets through. */
    private static String name(String text) {
        String safe = text.replaceAll("[^A-Za-z0-9._-]", "_");
        if (safe.isEmpty() || safe.startsWith(".")) {
            throw new IllegalArgumentException("'" + text + "' cannot be the name of a file");
        }
        return safe;
    }
}
