package dev.godwit.activities.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auto.service.AutoService;
import dev.godwit.activities.database.RowSource;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Jq;
import dev.godwit.json.Json;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a JSON file for each row of a query, such as a manifest into the directory of what the row describes.
 *
 * <pre>{@code
 * - name: manifests
 *   uses: files.manifest
 *   with:
 *     in: storage
 *     rows: {from: database, query: 'SELECT id, project_id, version, created_at FROM generations'}
 *     file: '"projects/\(.project_id)/generations/v\(.version)__\(.id)/manifest.json"'
 *     json: '{generation_id: .id, version, created_at, files: $files}'
 * }</pre>
 *
 * <p>{@code json} sees the row, {@code $files}, what lies in the file's directory and below as a list of
 * {@code {path, size, sha256}} without the file itself, and {@code $run}, with {@code started} and {@code id}. The rows are
 * read once, before the first file is written; with {@code missing: report} those whose directory does not exist are passed
 * over and counted. A file that is there with the same content is left alone.
 *
 * <p>A preview makes the content of the first 20 rows only.
 *
 * <p>Undo removes the files, or puts back what they replaced.
 *
 * <p>Errors: {@code directory-missing}, {@code file-exists} (a file has other content), {@code place-twice} (two rows have
 * one file), {@code invalid-directory} ({@code file} gives no path below the directory), {@code mapping-failed}, and what the
 * database says of the query.
 */
@Uses(value = FilesManifest.USES, kind = StepKind.FILES)
@AutoService(StepType.class)
public final class FilesManifest implements StepType<FilesManifest.Spec, FilesManifest.Output> {
    static final String USES = "files.manifest";
    private static final int BATCH = 256;
    private static final int SHOWN = 20;

    /**
     * @param in the directory that holds the files
     * @param rows what they are about
     * @param file a jq expression over a row that gives the file's path within {@code in}
     * @param json a jq expression over a row that gives its content
     * @param missing what to do about a row whose file's directory does not exist: {@code stop} before anything is written,
     *     or {@code report} it
     * @param existing what to do about a file with other content: {@code refuse} or {@code replace} it
     */
    public record Spec(@Of("directory") Location in, RowSource rows, Jq file, Jq json,
            @Default("stop") WithoutOther missing, @Default("refuse") FileChanges.Existing existing) {
        public Spec {
            WithoutOther.requireStopOrReport(missing);
        }
    }

    /**
     * @param files how many files the rows have
     * @param missing how many rows have no directory for one
     */
    public record Output(long files, long missing) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.in()).or(() -> context.madeBy(spec.rows().from()));
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.in());
        }
        Manifests manifests = new Manifests(spec, context);
        try (WorkList list = WorkList.temporary(context.scratch())) {
            Output output = manifests.find(list);
            Preview<Output> preview = Preview.of(output)
                    .making(spec.in())
                    .change("write %d files in %s; %d rows have no directory for one".formatted(output.files(),
                            spec.in(), output.missing()));
            for (WorkList.Entry entry : list.after("", SHOWN)) {
                context.checkpoint();
                preview = preview.change("%s: %d bytes".formatted(manifests.shown(entry),
                        manifests.content(entry).length));
            }
            return preview;
        }
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Manifests manifests = new Manifests(spec, context);
        return RowWork.run(context, BATCH, Output.class, manifests::find, (batch, entry) -> batch
                .put(Path.of(entry.name()), manifests.content(entry), FileAttributes.DEFAULT, spec.existing()));
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        RowWork.undo(context);
    }

    /** The files and their content. */
    private static final class Manifests {
        private final Spec spec;
        private final PreviewContext context;
        private final RowPaths paths;
        private final boolean listsFiles;

        Manifests(Spec spec, PreviewContext context) throws Exception {
            this.spec = spec;
            this.context = context;
            this.paths = new RowPaths(USES, context.reading(DirectoryKind.class, spec.in()).directory(), context);
            this.listsFiles = spec.json().text().contains("$files");
        }

        Output find(WorkList list) throws Exception {
            Missing missing = new Missing(USES, "rows have no directory for their file in " + spec.in());
            spec.rows().each(USES, context, row -> {
                Path file = paths.one(spec.file(), row);
                if (!Files.isDirectory(file.getParent())) {
                    missing.add(paths.shown(file.getParent()));
                } else if (!list.add(file.toString(), row)) {
                    throw StepFailure.user("place-twice", USES + ": two rows have the file " + paths.shown(file)
                            + ", one is " + row + "; make 'file' give each a file of its own");
                }
            });
            missing.stopIf(spec.missing());
            return new Output(list.size(), missing.count());
        }

        String shown(WorkList.Entry entry) {
            return paths.shown(Path.of(entry.name()));
        }

        byte[] content(WorkList.Entry entry) throws IOException {
            Path file = Path.of(entry.name());
            JsonNode files = listsFiles ? files(file) : Json.mapper().createArrayNode();
            return Json.pretty(paths.value(spec.json(), (ObjectNode) entry.value(), Map.of("files", files)))
                    .getBytes(StandardCharsets.UTF_8);
        }

        private ArrayNode files(Path manifest) throws IOException {
            ArrayNode files = Json.mapper().createArrayNode();
            new FileSelection(List.of(), List.of()).walk(manifest.getParent(), (path, file, attributes) -> {
                context.checkpoint();
                if (attributes.isRegularFile() && !file.equals(manifest)) {
                    files.addObject()
                            .put("path", path)
                            .put("size", attributes.size())
                            .put("sha256",
                                    Hashes.sha256(file));
                }
            });
            return files;
        }
    }
}
