package dev.godwit.activities.check;

import com.google.auto.service.AutoService;
import dev.godwit.activities.files.FileSelection;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checks that directories and files are there, and counts files by pattern.
 *
 * <pre>{@code
 * - name: v1_files
 *   uses: check.files
 *   with:
 *     in: v1_home
 *     directories: [data/license_plates, data/videos]
 *     files: [.env]
 *     counts: {sessions: 'data/license_plates/*.json', videos: 'data/videos/*.mp4'}
 *   expect: .output.counts.sessions > 0
 * }</pre>
 *
 * <p>Errors: {@code directory-missing} ({@code in} itself), {@code files-missing}, which names all that is missing.
 */
@Uses(value = "check.files", kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckFiles implements ReadOnlyStepType<CheckFiles.Spec, CheckFiles.Output> {

    /** What to do about something that is not there. */
    public enum Missing {
        /** The step fails and names it. */
        FAIL,
        /** The output names it. */
        REPORT
    }

    /**
     * @param in the directory to look into
     * @param directories paths within it that must be directories
     * @param files paths within it that must be files
     * @param counts globs by a name for their count
     * @param missing {@code fail} if something is not there, or only {@code report} it
     */
    public record Spec(@Of("directory") Location in, @Default("[]") List<String> directories,
            @Default("[]") List<String> files, @Default("{}") Map<String, String> counts,
            @Default("fail") Missing missing) {}

    /**
     * @param missing what is not there
     * @param counts how many files each pattern matches
     */
    public record Output(List<String> missing, Map<String, Long> counts) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.in());
        return maker.isPresent() ? Preview.knownAfter(maker.get()) : Preview.of(check(spec, context));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        return check(spec, context);
    }

    private static Output check(Spec spec, PreviewContext context) throws Exception {
        Path in = context.reading(DirectoryKind.class, spec.in()).directory();
        List<String> missing = new ArrayList<>();
        spec.directories().stream().filter(path -> !Files.isDirectory(in.resolve(path))).forEach(missing::add);
        spec.files().stream().filter(path -> !Files.isRegularFile(in.resolve(path))).forEach(missing::add);
        if (!missing.isEmpty() && spec.missing() == Missing.FAIL) {
            throw StepFailure.user("files-missing", "check.files: " + spec.in() + " (" + in + ") lacks "
                    + String.join(", ", missing) + "; create what is missing, or change the plan");
        }
        Map<String, FileSelection> selections = new LinkedHashMap<>();
        Map<String, Long> counts = new LinkedHashMap<>();
        spec.counts().forEach((name, glob) -> {
            selections.put(name, new FileSelection(List.of(glob), List.of()));
            counts.put(name, 0L);
        });
        long[] seen = new long[1];
        new FileSelection(List.copyOf(spec.counts().values()), List.of()).walk(in, (path, file, attributes) -> {
            context.progress(++seen[0], 0, "files");
            context.checkpoint();
            selections.forEach((name, selection) -> {
                if (attributes.isRegularFile() && selection.contains(path)) {
                    counts.merge(name, 1L, Long::sum);
                }
            });
        });
        return new Output(missing, counts);
    }
}
