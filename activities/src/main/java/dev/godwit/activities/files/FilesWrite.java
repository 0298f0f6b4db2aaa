package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Writes a JSON value or a text into a file, such as a report made of what earlier steps found.
 *
 * <pre>{@code
 * - name: validation_report
 *   uses: files.write
 *   with:
 *     to: reports:migration_validation_report.json
 *     json: {passed: '${{ .steps.endpoints.passed }}', total: '${{ .steps.endpoints.total }}'}
 * }</pre>
 *
 * <p>Undo removes the file, or puts back the one that it replaced, unless the file is to be kept. Errors: {@code file-exists}.
 */
@Uses(value = "files.write", kind = StepKind.FILES)
@AutoService(StepType.class)
public final class FilesWrite implements StepType<FilesWrite.Spec, FilesWrite.Output> {

    /**
     * @param to the file
     * @param json its content as a value, written with indentation; give this or {@code text}
     * @param text its content as it is, in UTF-8
     * @param existing what to do about a file with other content: {@code refuse} it or {@code replace} it
     * @param keep whether undo leaves the file where it is: a report that says why a run failed outlives its rollback
     */
    public record Spec(@Of("directory") Location to, Optional<JsonNode> json, Optional<String> text,
            @Default("refuse") FileChanges.Existing existing, @Default("false") boolean keep) {
        public Spec {
            if (json.isPresent() == text.isPresent()) {
                throw new IllegalArgumentException("give json or text, one of the two");
            }
        }
    }

    /**
     * @param bytes the file's size
     */
    public record Output(long bytes) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) {
        int bytes = content(spec).length;
        return Preview.of(new Output(bytes)).change("write " + bytes + " bytes into " + spec.to()).making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Path to = context.writing(DirectoryKind.class, spec.to()).path();
        byte[] content = content(spec);
        FileChanges changes = FileChanges.open(context);
        if (changes.cursor().isEmpty()) {
            changes.batch().put(to, content, FileAttributes.DEFAULT, spec.existing()).commit(content.length);
        }
        return new Output(content.length);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        if (!spec.keep()) {
            FileChanges.open(context).undo();
        }
    }

    private static byte[] content(Spec spec) {
        return spec.json().map(Json::pretty).or(spec::text).orElseThrow().getBytes(StandardCharsets.UTF_8);
    }
}
