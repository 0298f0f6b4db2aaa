package dev.godwit.activities.files;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Copies what earlier steps of this run have left as evidence into a directory, so that a report can be sent together with
 * what proves it: each step gets a directory of its own name, in which {@code output.json} is its output. With
 * {@code files.write} a report is written beside it that links there.
 *
 * <pre>{@code
 * - name: evidence
 *   uses: files.evidence
 *   with: {steps: [same_rows, webhook_time], to: 'reports:evidence', keep: true}
 * }</pre>
 *
 * <p>It copies what the worker's site has; steps of other sites leave theirs there. What an earlier run has left in the
 * directory is replaced.
 *
 * <p>Undo removes the files, or puts back those that it replaced, unless they are to be kept. Errors: {@code no-evidence} if
 * a step has left none at this site.
 */
@Uses(value = "files.evidence", kind = StepKind.FILES)
@AutoService(StepType.class)
public final class FilesEvidence implements StepType<FilesEvidence.Spec, FilesEvidence.Output> {

    /**
     * @param steps whose evidence
     * @param to the directory
     * @param keep whether undo leaves the copies where they are: a report that says why a run failed outlives its rollback
     */
    public record Spec(List<String> steps, @Of("directory") Location to, @Default("false") boolean keep) {
        public Spec {
            if (steps.isEmpty()) {
                throw new IllegalArgumentException("steps must name at least one step");
            }
        }
    }

    /**
     * @param files how many files there are
     * @param bytes their size
     * @param ended when each of the steps ended, by its name
     */
    public record Output(long files, long bytes, Map<String, Instant> ended) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        return Preview.<Output>withoutOutput()
                .change("would copy the evidence of " + String.join(", ", spec.steps()) + " to " + spec.to())
                .making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        FileChanges changes = FileChanges.open(context);
        FileBatch batch = changes.batch();
        long files = 0;
        long bytes = 0;
        Map<String, Instant> ended = new LinkedHashMap<>();
        for (String step : spec.steps()) {
            Path from = context.evidence()
                    .of(step)
                    .orElseThrow(() -> StepFailure.user("no-evidence", "files.evidence: the step " + step
                            + " has left no evidence at this site; name a step that is done before this one"));
            ended.put(step, Files.getLastModifiedTime(from.resolve("output.json"))
                    .toInstant()
                    .truncatedTo(ChronoUnit.SECONDS));
            batch.makeDirectories(to.resolve(step));
            for (Path file : filesIn(from)) {
                context.checkpoint();
                files++;
                bytes += Files.size(file);
                if (changes.cursor().isEmpty()) {
                    batch.copy(file, to.resolve(step).resolve(file.getFileName()), FileChanges.Existing.REPLACE);
                }
            }
        }
        if (changes.cursor().isEmpty()) {
            batch.commit(files);
        }
        return new Output(files, bytes, ended);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        if (!spec.keep()) {
            FileChanges.open(context).undo();
        }
    }

    private static List<Path> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        }
    }
}
