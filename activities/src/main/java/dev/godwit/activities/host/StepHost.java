package dev.godwit.activities.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.run.PreviewResult;
import dev.godwit.run.StepReport;
import dev.godwit.run.StepResult;
import dev.godwit.run.StepTask;
import dev.godwit.run.UndoResult;
import dev.godwit.step.Deciding;
import dev.godwit.step.Journal;
import dev.godwit.step.Preview;
import dev.godwit.step.SpecReader;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepWaiting;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Does steps: binds specs, opens resources, keeps journals and evidence, and says what went wrong in one language. It knows
 * nothing of Temporal. Every call throws {@link StepFailure} or {@link dev.godwit.step.StepStopped}, and nothing else.
 */
public final class StepHost {
    /** How large an output may be: it travels in the run's history. */
    public static final int MAX_OUTPUT_BYTES = 16 * 1024;

    private final DiscoveredCatalog catalog;
    private final SiteState state;
    private final Ledger ledger;
    private final SecretSource secrets;
    private final String workerName;
    private final UnaryOperator<Journal> journals;

    /**
     * @param catalog the step types and resource kinds it can use
     * @param state where steps remember and prove
     * @param secrets where secrets come from
     * @param workerName who does the steps, for reports
     */
    public StepHost(DiscoveredCatalog catalog, SiteState state, SecretSource secrets, String workerName) {
        this(catalog, state, secrets, workerName, UnaryOperator.identity());
    }

    /** With journals that tests can make fail. */
    StepHost(DiscoveredCatalog catalog, SiteState state, SecretSource secrets, String workerName,
            UnaryOperator<Journal> journals) {
        this.catalog = catalog;
        this.state = state;
        this.ledger = new Ledger(state);
        this.secrets = secrets;
        this.workerName = workerName;
        this.journals = journals;
    }

    /** Runs a step, or goes on with it. A step that waits for some time to pass has not ended when this returns. */
    public StepResult run(StepTask task, Attempt attempt) {
        return running(task, attempt, "run", catalog.stepType(task.uses()), (entry, context, evidence) -> {
            long began = System.nanoTime();
            JsonNode output;
            Optional<StepResult.Wait> waits = Optional.empty();
            Optional<StepReport.Gate> gate = Optional.empty();
            try {
                Record answer = runTyped(entry, task, context);
                gate = gateOf(answer);
                output = Json.tree(answer);
                requireSmall(task, output);
                evidence.json("output", output);
            } catch (StepWaiting waiting) {
                output = JsonNodeFactory.instance.objectNode();
                waits = Optional.of(new StepResult.Wait(waiting.time(), waiting.getMessage()));
                context.waits();
            }
            return new StepResult(output, context.attempt(), millisSince(began), workerName, evidence.names(), waits,
                    gate);
        });
    }

    private static Optional<StepReport.Gate> gateOf(Record answer) {
        return answer instanceof Deciding decided
                ? Optional.of(new StepReport.Gate(decided.verdict(), decided.condition(), decided.reason()))
                : Optional.empty();
    }

    /**
     * Finds what {@link #run} would do. A preview writes nothing, not even a count of its failures, so that lost workers
     * count here.
     */
    public PreviewResult preview(StepTask task, Attempt attempt) {
        try {
            return previewTyped(catalog.stepType(task.uses()), task, attempt);
        } catch (StepFailure failure) {
            throw limited(task, failure, attempt.number());
        }
    }

    /** Takes back what {@link #run} did, as far as it came. */
    public UndoResult undo(StepTask task, Attempt attempt) {
        return running(task, attempt, "undo", catalog.stepType(task.uses()), (entry, context, evidence) -> {
            long began = System.nanoTime();
            undoTyped(entry, task, context);
            ledger.undone(task.identity());
            return new UndoResult(context.everythingSetAside(), millisSince(began));
        });
    }

    /** Removes what a step keeps outside of its journal for its undo; after that it cannot be taken back. */
    public void forget(StepTask task, Attempt attempt) {
        running(task, attempt, "forget", catalog.stepType(task.uses()), (entry, context, evidence) -> {
            forgetTyped(entry, task, context);
            return null;
        });
    }

    private <T> T running(StepTask task, Attempt attempt, String verb, DiscoveredCatalog.Entry<?, ?> entry,
            Work<T> work) {
        FileJournal begun;
        try {
            if (verb.equals("run")) {
                ledger.begin(task);
                begun = FileJournal.beginRun(state.journal(task.identity()));
            } else {
                begun = FileJournal.beginUndo(state.journal(task.identity()));
            }
        } catch (Exception e) {
            throw Failures.translate(task.uses(), e);
        }
        try {
            return withResources(task, resources -> {
                DirectoryEvidence evidence = new DirectoryEvidence(state.stepEvidence(task.identity()),
                        SiteState.stepEvidenceName(task.identity()));
                RunningContext context = new RunningContext(task, resources, attempt, state, begun,
                        journals.apply(begun), evidence, verb.equals("run")
                                ? Optional.of(new AskedRates(state, task.identity()))
                                : Optional.empty());
                return work.apply(entry, context, evidence);
            });
        } catch (StepFailure failure) {
            throw counted(task, failure, begun, verb);
        }
    }

    private <S extends Record> PreviewResult previewTyped(DiscoveredCatalog.Entry<S, ?> entry, StepTask task,
            Attempt attempt) {
        return withResources(task, resources -> {
            long began = System.nanoTime();
            Preview<?> preview = entry.type()
                    .preview(bind(task, entry.spec()),
                            new ReadingContext(task, resources, attempt));
            var output = preview.output().map(Json::tree);
            output.ifPresent(tree -> requireSmall(task, tree));
            return new PreviewResult(output, preview.changes(),
                    preview.makes().stream().map(Location::toString).toList(), preview.unknown(), millisSince(began));
        });
    }

    private static <S extends Record, O extends Record> O runTyped(DiscoveredCatalog.Entry<S, O> entry, StepTask task,
            RunningContext context) throws Exception {
        return entry.type().run(bind(task, entry.spec()), context);
    }

    private static <S extends Record> void undoTyped(DiscoveredCatalog.Entry<S, ?> entry, StepTask task,
            RunningContext context) throws Exception {
        entry.type().undo(bind(task, entry.spec()), context);
    }

    private static <S extends Record> void forgetTyped(DiscoveredCatalog.Entry<S, ?> entry, StepTask task,
            RunningContext context) throws Exception {
        entry.type().forget(bind(task, entry.spec()), context);
    }

    /** Gives an attempt its scratch directory and resources, takes them away again, and translates what it throws. */
    private <T> T withResources(StepTask task, Use<T> use) {
        try {
            Path scratch = state.newScratch(task.identity());
            try (Resources resources = new Resources(catalog, secrets, task, scratch,
                    state.shared(task.identity().runId()))) {
                return use.apply(resources);
            } finally {
                DurableFiles.deleteTree(scratch);
            }
        } catch (Exception e) {
            throw Failures.translate(task.uses(), e);
        }
    }

    private static <S extends Record> S bind(StepTask task, Class<S> spec) {
        return SpecReader.bind(task.spec(), spec);
    }

    private static StepFailure counted(StepTask task, StepFailure failure, FileJournal begun, String verb) {
        int failures;
        try {
            failures = begun.countFailure(verb);
        } catch (UncheckedIOException e) {
            // A full disk keeps the count from being written; the failure itself matters more.
            return failure;
        }
        return limited(task, failure, failures);
    }

    private static StepFailure limited(StepTask task, StepFailure failure, int failures) {
        return failures >= task.attempts() ? failure.notRetryable() : failure.retriedAfter(task.delayAfter(failures));
    }

    private static void requireSmall(StepTask task, JsonNode output) {
        int size = Json.write(output).getBytes(StandardCharsets.UTF_8).length;
        if (size > MAX_OUTPUT_BYTES) {
            throw StepFailure.internal("output-too-large", task.uses() + ": its output is " + size
                    + " bytes of JSON, and " + MAX_OUTPUT_BYTES + " are allowed; details belong into the evidence");
        }
    }

    private static long millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }

    private interface Use<T> {
        T apply(Resources resources) throws Exception;
    }

    private interface Work<T> {
        T apply(DiscoveredCatalog.Entry<?, ?> entry, RunningContext context, DirectoryEvidence evidence)
                throws Exception;
    }
}
