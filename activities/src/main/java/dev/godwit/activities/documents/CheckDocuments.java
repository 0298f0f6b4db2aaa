package dev.godwit.activities.documents;

import com.google.auto.service.AutoService;
import dev.godwit.activities.documents.Document.Corrupt;
import dev.godwit.activities.documents.Document.Sound;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Jq;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.ReadOnlyStepType;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads every JSON document of a directory, counts documents and the items in them, and names those that are corrupt:
 * truncated, not UTF-8, with a key twice, of another shape, unreadable, or no file at all.
 *
 * <pre>{@code
 * - name: assess_sessions
 *   uses: check.documents
 *   with:
 *     from: v1_home:data/license_plates
 *     items: .detections
 *     corrupt: report
 * }</pre>
 *
 * <p>A file is one document, or, where its name ends in {@code .jsonl}, {@code .ndjson}, {@code .jsonl.gz} or
 * {@code .ndjson.gz}, has one on each line. An empty directory holds 0 documents; a missing one is an error. All corrupt files are in the evidence
 * ({@code corrupt.jsonl}), a line each with file, line, column and reason.
 *
 * <p>Errors: {@code directory-missing}, {@code document-corrupt} (with {@code corrupt: stop}), {@code mapping-failed}.
 */
@Uses(value = CheckDocuments.USES, kind = StepKind.CHECK)
@AutoService(StepType.class)
public final class CheckDocuments implements ReadOnlyStepType<CheckDocuments.Spec, CheckDocuments.Output> {
    static final String USES = "check.documents";

    /**
     * @param from the directory that holds the documents
     * @param include which files are documents; {@code *} stays within a directory, {@code **} does not
     * @param exclude which of them are not
     * @param shape what a document must be: object, array or any
     * @param items jq that gives what to count in a document: a list counts as many as it has, null nothing, and anything
     *     else one
     * @param corrupt what happens with a file that is no document: stop fails the step after all were read, report counts
     *     and names it
     */
    public record Spec(@Of("directory") Location from, @Default("[\"*.json\"]") List<String> include,
            @Default("[]") List<String> exclude, @Default("object") Shape shape, Optional<Jq> items,
            @Default("stop") WhenCorrupt corrupt) {}

    /**
     * @param documents how many files are documents
     * @param corrupt how many should be and are none
     * @param corruptFiles the first 20 of these
     * @param items how many items all documents have together; 0 where the spec does not say what to count
     * @param sample the first document; absent if there is none
     * @param bytes the size of all documents together
     */
    public record Output(long documents, long corrupt, List<CorruptFile> corruptFiles, long items,
            Optional<Sample> sample, long bytes) {}

    /**
     * A document, as an example of all.
     *
     * @param file its path within the directory
     * @param items how many items it has
     */
    public record Sample(String file, long items) {}

    private record Counted(Document document, long items) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> unknown = context.madeBy(spec.from());
        if (unknown.isPresent()) {
            return Preview.knownAfter(unknown.get());
        }
        return Preview.of(accepted(spec, count(spec, context, corrupt -> {})));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Output output;
        try (OutputStream lines = context.evidence().open("corrupt.jsonl")) {
            output = count(spec, context, corrupt -> CorruptFiles.write(lines, corrupt));
        }
        return accepted(spec, output);
    }

    private static Output count(Spec spec, PreviewContext context, Consumer<CorruptFile> corruptFiles)
            throws Exception {
        Path from = context.reading(DirectoryKind.class, spec.from()).directory();
        DocumentFiles files = new DocumentFiles(USES, from, spec.include(), spec.exclude());
        Optional<Mapping> items = spec.items().map(jq -> new Mapping(USES, jq, context));
        long total = files.count();
        long documents = 0;
        long counted = 0;
        long bytes = 0;
        Optional<Sample> sample = Optional.empty();
        CorruptFiles corrupt = new CorruptFiles();
        try (InOrder<Counted> results = new InOrder<>(files.all(), file -> count(file, spec.shape(), items))) {
            while (results.hasNext()) {
                context.checkpoint();
                Counted next = results.next();
                switch (next.document()) {
                    case Corrupt document -> {
                        corrupt.add(document.why());
                        corruptFiles.accept(document.why());
                    }
                    case Sound document -> {
                        documents++;
                        counted += next.items();
                        bytes += document.size();
                        if (sample.isEmpty()) {
                            sample = Optional.of(new Sample(document.file().place().toString(), next.items()));
                        }
                    }
                }
                context.progress(documents + corrupt.count(), total, "documents");
            }
        }
        return new Output(documents, corrupt.count(), corrupt.first(), counted, sample, bytes);
    }

    private static Counted count(DocumentFile file, Shape shape, Optional<Mapping> items) {
        Document document = Document.read(file, shape);
        if (items.isEmpty() || !(document instanceof Sound sound)) {
            return new Counted(document, 0);
        }
        long count = items.get()
                .all(file.place(), sound.tree())
                .stream()
                .mapToLong(item -> item.isArray() ? item.size() : item.isNull() ? 0 : 1)
                .sum();
        return new Counted(document, count);
    }

    private static Output accepted(Spec spec, Output output) {
        if (output.corrupt() > 0 && spec.corrupt() == WhenCorrupt.STOP) {
            throw CorruptFiles.failure(USES, spec.from(), output.corrupt(), output.corruptFiles(),
                    "mend or exclude them, or say 'corrupt: report' to go on without them");
        }
        return output;
    }
}
