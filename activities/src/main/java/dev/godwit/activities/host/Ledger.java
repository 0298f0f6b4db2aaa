package dev.godwit.activities.host;

import dev.godwit.json.Json;
import dev.godwit.run.StepTask;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepIdentity;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A site's own record of the steps that were begun there, among the evidence of their run: what a rollback works from when
 * the run's workflow is gone.
 */
public final class Ledger {
    private static final String SUFFIX = ".json";
    private static final Comparator<StepTask> AS_BEGUN = Comparator.comparing(StepTask::began)
            .thenComparing(task -> task.identity().step())
            .thenComparing(task -> task.identity().round());

    private final SiteState state;

    public Ledger(SiteState state) {
        this.state = state;
    }

    /** Records a step before it begins. */
    void begin(StepTask task) throws IOException {
        write(state.ledgerEntry(task.identity()), task);
    }

    /** Notes that a step was taken back; its entry stays, as evidence. */
    void undone(StepIdentity step) throws IOException {
        if (Files.exists(state.ledgerEntry(step)) && !isUndone(step)) {
            write(undoneFile(step), Map.of("undone", Instant.now()));
        }
    }

    /** Whether a step was taken back. */
    public boolean isUndone(StepIdentity step) {
        return Files.exists(undoneFile(step));
    }

    /** Whether a step came to its end. */
    public boolean hasAnswered(StepIdentity step) {
        return Files.exists(state.stepEvidence(step).resolve("output.json"));
    }

    /**
     * All steps of a run that were begun here, in the order in which they were.
     *
     * @throws StepFailure {@code ledger-corrupt} if one cannot be read
     */
    public List<StepTask> begun(String runId) throws IOException {
        Path directory = state.ledger(runId);
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<Path> files;
        try (Stream<Path> entries = Files.list(directory)) {
            files = entries.filter(file -> file.toString().endsWith(SUFFIX))
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .toList();
        }
        List<StepTask> tasks = new ArrayList<>();
        for (Path file : files) {
            tasks.add(read(file));
        }
        tasks.sort(AS_BEGUN);
        return tasks;
    }

    /** Notes, before anything is forgotten, that the run cannot be taken back any more. */
    public void finalizing(String runId) throws IOException {
        if (finalized(runId).isEmpty()) {
            write(finalizedFile(runId), new Finalized(Instant.now()));
        }
    }

    /** When the run became irreversible here; absent if it has not. */
    public Optional<Instant> finalized(String runId) throws IOException {
        Path file = finalizedFile(runId);
        return Files.exists(file)
                ? Optional.of(Json.read(Files.readString(file), Finalized.class).finalized())
                : Optional.empty();
    }

    private record Finalized(Instant finalized) {}

    private Path undoneFile(StepIdentity step) {
        Path entry = state.ledgerEntry(step);
        return entry.resolveSibling("undone").resolve(entry.getFileName());
    }

    private Path finalizedFile(String runId) {
        return state.evidence(runId).resolve("finalized.json");
    }

    private static StepTask read(Path file) throws IOException {
        try {
            StepTask task = Json.read(Files.readString(file), StepTask.class);
            if (task != null && task.identity() != null && task.uses() != null && task.began() != null) {
                return task;
            }
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw corrupt(file).causedBy(e);
        }
        throw corrupt(file);
    }

    private static StepFailure corrupt(Path file) {
        return StepFailure.integrity("ledger-corrupt",
                "the ledger entry " + file + " cannot be read; mend it, or, if you"
                        + " know that its step changed nothing or take it back by hand, move it away");
    }

    private static void write(Path file, Object value) throws IOException {
        byte[] content = Json.pretty(value).getBytes(StandardCharsets.UTF_8);
        if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), content)) {
            return;
        }
        Files.createDirectories(file.getParent());
        DurableFiles.write(file, content);
    }
}
