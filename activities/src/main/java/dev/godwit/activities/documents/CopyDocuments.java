package dev.godwit.activities.documents;

import com.google.auto.service.AutoService;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.json.Jq;
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
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Copies JSON documents from one directory to another and maps each on the way. The source is never changed.
 *
 * <pre>{@code
 * - name: sessions
 *   uses: copy.documents
 *   with:
 *     from: v1_home:data/license_plates
 *     to: v2_home:data/license_plates_v2
 *     document: |
 *       {session_info: {session_id: .session_id, version: "2.0", migration_timestamp: $run.started},
 *        detections: [.detections[]? | . + {enhanced: false, ocr_confidence: .confidence}]}
 *     corrupt: quarantine
 *     quarantine: backups:corrupt
 * }</pre>
 *
 * <p>A file is one document, or, where its name ends in {@code .jsonl}, {@code .ndjson}, {@code .jsonl.gz} or
 * {@code .ndjson.gz}, has one on each line.
 *
 * <p>The mapping sees the document as {@code .}, its path as {@code $file}, its line as {@code $line} (null in a file that
 * is one document), and {@code $run.started} and {@code $run.id}; the same documents give the same bytes. Numbers that it moves are kept exactly, whatever their size and precision; numbers
 * that it calculates have the precision of a double. Documents are written in batches, each of them whole on disk under
 * temporary names before it gets its names; a crash repeats at most one batch. Documents that come later are caught by a
 * second step with {@code existing: update}.
 *
 * <p>Undo removes what was written and puts back what was replaced; what others changed since is set aside.
 *
 * <p>Errors: {@code document-corrupt}, {@code mapping-failed}, {@code name-invalid}, {@code name-twice} (two documents with
 * one target; both are named), {@code file-exists}, {@code overlap}, {@code disk-full}.
 */
@Uses(value = CopyDocuments.USES, kind = StepKind.FILES)
@AutoService(StepType.class)
public final class CopyDocuments implements StepType<CopyDocuments.Spec, CopyDocuments.Output> {
    static final String USES = "copy.documents";

    /**
     * @param from the directory that holds the documents
     * @param include which files hold documents; {@code *} stays within a directory, {@code **} does not
     * @param exclude which of them are not
     * @param to the directory that they are copied to; it is made if it does not exist
     * @param document jq that gives the new document; it sees {@code $file} and {@code $run}
     * @param name jq that gives the path of the new document within {@code to}, from the old document, {@code $file} and
     *     {@code $line}; left out, the path stays the same, and that of a line is {@code FILE/LINE.json}
     * @param shape what a document must be: object, array or any
     * @param indent how many spaces a level is indented; 0 writes a document in one line
     * @param batch how many documents are written together
     * @param existing what happens where {@code to} holds another file of that name: refuse, or update to replace it (the
     *     old one is kept for undo); a file with the same content is left alone either way
     * @param corrupt what happens with a file or line that is no document: stop, report to pass it over, or quarantine
     * @param quarantine the directory for these; it is made if it does not exist
     */
    public record Spec(@Of("directory") Location from, @Default("[\"*.json\"]") List<String> include,
            @Default("[]") List<String> exclude, @Of("directory") Location to, @Default(".") Jq document,
            Optional<Jq> name, @Default("object") Shape shape, @Default("2") int indent, @Default("500") int batch,
            @Default("refuse") Existing existing, @Default("stop") Unreadable corrupt,
            @Of("directory") Optional<Location> quarantine) {
        public Spec {
            if (indent < 0 || indent > 16) {
                throw new IllegalArgumentException("indent must be from 0 to 16");
            }
            if (batch < 1) {
                throw new IllegalArgumentException("batch must be at least 1");
            }
            Quarantine.check(corrupt, quarantine.isPresent());
        }
    }

    /**
     * @param documents how many documents were read
     * @param written how many were written under a new name
     * @param unchanged how many were there before with the same content
     * @param replaced how many were there before with other content
     * @param corrupt how many files or lines were no documents
     * @param quarantined how many of these were set aside
     * @param bytes the size of all new documents together, unchanged ones included
     */
    public record Output(long documents, long written, long unchanged, long replaced, long corrupt,
            long quarantined, long bytes) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> unknown = context.madeBy(spec.from());
        if (unknown.isPresent()) {
            Preview<Output> preview = Preview.<Output>knownAfter(unknown.get()).making(spec.to());
            return spec.quarantine().isPresent() ? preview.making(spec.quarantine().get()) : preview;
        }
        CorruptFiles corrupt = new CorruptFiles();
        DocumentCopy copy = new DocumentCopy(spec, context, corrupt::add);
        Output output;
        try (FirstSeen names = new FirstSeen(context.scratch().resolve("names.db"))) {
            output = copy.from(CopyCursor.START, names, new DocumentCopy.Sink() {
                @Override
                public void put(Path target, byte[] content, boolean isNew) {
                    // A preview writes nothing.
                }

                @Override
                public void quarantine(DocumentFile source, CorruptFile why) {
                    // A preview writes nothing.
                }

                @Override
                public void commit(CopyCursor cursor) {
                    // A preview writes nothing.
                }
            });
        }
        Preview<Output> preview = Preview.of(output)
                .making(spec.to())
                .change("write " + output.written() + " documents to " + spec.to());
        if (output.replaced() > 0) {
            preview = preview.change("replace " + output.replaced() + " documents in " + spec.to());
        }
        for (String line : corrupt.lines()) {
            preview = preview.change((output.quarantined() > 0 ? "quarantine " : "pass over ") + line);
        }
        if (output.quarantined() > 0) {
            preview = preview.making(spec.quarantine().orElseThrow());
        }
        Optional<String> target = context.madeBy(spec.to());
        return target.isEmpty()
                ? preview
                : new Preview<>(Optional.empty(), preview.changes(), preview.makes(),
                        Optional.of("which documents are there already is known after " + target.get()));
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        FileChanges changes = FileChanges.open(context);
        CopyCursor start = changes.cursor().map(cursor -> Json.bind(cursor, CopyCursor.class)).orElse(CopyCursor.START);
        Path seen = context.workspace().resolve("names.db");
        Output output;
        if (start.done()) {
            output = start.output();
        } else {
            DocumentCopy copy = new DocumentCopy(spec, context,
                    corrupt -> context.journal().append(CorruptFiles.LOG, List.of(corrupt)));
            try (FirstSeen names = new FirstSeen(seen)) {
                output = copy.from(start, names, new DocumentCopy.ToFiles(spec, context, changes));
            } catch (SQLException e) {
                throw FirstSeen.failure(USES, seen, e);
            }
        }
        FirstSeen.forget(seen);
        if (output.corrupt() > 0) {
            CorruptFiles.evidence(context);
        }
        return output;
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        FileChanges.open(context).undo();
        FirstSeen.forget(context.workspace().resolve("names.db"));
    }
}
