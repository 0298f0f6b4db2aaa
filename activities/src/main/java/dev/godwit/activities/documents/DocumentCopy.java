package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.documents.Document.Corrupt;
import dev.godwit.activities.documents.Document.Sound;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.json.Json;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/** Copies documents: the one way that run and preview take, with different sinks. */
final class DocumentCopy {
    /** A batch ends early when it holds this much, so that large documents do not fill the memory. */
    private static final long BATCH_BYTES = 32L * 1024 * 1024;

    private final CopyDocuments.Spec spec;
    private final PreviewContext context;
    private final Consumer<CorruptFile> corrupt;
    private final Path to;
    private final DocumentFiles files;
    private final Mapping document;
    private final Optional<Mapping> name;
    private final DocumentText text;

    /** Where new documents go. */
    interface Sink {
        void put(Path target, byte[] content) throws IOException;

        void quarantine(DocumentFile source, CorruptFile why) throws IOException;

        /** Makes all that was put since the last commit durable, together. */
        void commit(CopyCursor cursor) throws IOException;
    }

    private enum State { NEW, SAME, DIFFERENT }

    /** What became of a file, with the new document if there is one. */
    private record Mapped(Document source, String target, byte[] content, State state) {}

    /** @param corrupt is told of files that are no documents */
    DocumentCopy(CopyDocuments.Spec spec, PreviewContext context, Consumer<CorruptFile> corrupt) throws Exception {
        this.spec = spec;
        this.context = context;
        this.corrupt = corrupt;
        Path from = context.reading(DirectoryKind.class, spec.from()).directory();
        this.to = context.reading(DirectoryKind.class, spec.to()).path();
        this.files = new DocumentFiles(CopyDocuments.USES, from, spec.include(), spec.exclude());
        this.document = new Mapping(CopyDocuments.USES, spec.document(), context);
        this.name = spec.name().map(jq -> new Mapping(CopyDocuments.USES, jq, context));
        this.text = new DocumentText(spec.indent());
        if (to.startsWith(from) && files.reaches(from.relativize(to).toString())) {
            throw StepFailure.user("overlap", CopyDocuments.USES + ": " + spec.to() + " lies where the documents of "
                    + spec.from() + " are looked for; choose another directory, or exclude it");
        }
    }

    /** Goes on behind a cursor, up to the last document. */
    CopyDocuments.Output from(CopyCursor start, FirstSeen names, Sink sink) throws IOException, SQLException {
        long total = files.count();
        CopyCursor cursor = start;
        try (InOrder<Mapped> results = new InOrder<>(files.after(start.file()), this::map)) {
            do {
                cursor = batch(cursor, results, names, sink);
                context.progress(cursor.output().documents() + cursor.output().quarantined(), total, "documents");
            } while (!cursor.done());
        }
        return cursor.output();
    }

    private CopyCursor batch(CopyCursor start, InOrder<Mapped> results, FirstSeen names, Sink sink)
            throws IOException, SQLException {
        Tally tally = new Tally(start.output());
        String last = start.file();
        long held = 0;
        for (int i = 0; i < spec.batch() && held < BATCH_BYTES && results.hasNext(); i++) {
            context.checkpoint();
            Mapped mapped = results.next();
            last = mapped.source().file().name();
            switch (mapped.source()) {
                case Corrupt source -> {
                    refuseUnlessQuarantined(source.why());
                    corrupt.accept(source.why());
                    sink.quarantine(source.file(), source.why());
                    tally.quarantined++;
                }
                case Sound source -> {
                    claim(names, mapped.target(), last);
                    held += put(sink, mapped, tally);
                }
            }
        }
        names.commit();
        CopyCursor end = new CopyCursor(last, tally.output(), !results.hasNext());
        sink.commit(end);
        return end;
    }

    private long put(Sink sink, Mapped mapped, Tally tally) throws IOException {
        tally.documents++;
        tally.bytes += mapped.content().length;
        switch (mapped.state()) {
            case NEW -> tally.written++;
            case SAME -> {
                tally.unchanged++;
                return 0;
            }
            case DIFFERENT -> {
                if (spec.existing() == Existing.REFUSE) {
                    throw StepFailure.user("file-exists", CopyDocuments.USES + ": " + to.resolve(mapped.target())
                            + " exists with other content than " + mapped.source().file().name()
                            + " would give; say 'existing: update' if this is a later pass, or move it away");
                }
                tally.replaced++;
            }
        }
        sink.put(to.resolve(mapped.target()), mapped.content());
        return mapped.content().length;
    }

    private void claim(FirstSeen names, String target, String source) throws SQLException {
        if (name.isEmpty()) {
            return;
        }
        Optional<String> first = names.elsewhere(target, source);
        if (first.isPresent()) {
            throw StepFailure.integrity("name-twice", CopyDocuments.USES + ": both " + first.get() + " and " + source
                    + " would become " + target + "; make 'name' tell them apart");
        }
    }

    private void refuseUnlessQuarantined(CorruptFile why) {
        if (spec.corrupt() == CopyDocuments.Unreadable.STOP) {
            throw StepFailure.integrity("document-corrupt", CopyDocuments.USES + ": " + why
                    + " is no document; mend or exclude it, or say 'corrupt: quarantine'");
        }
    }

    private Mapped map(DocumentFile file) {
        Document source = Document.read(file, spec.shape());
        if (!(source instanceof Sound sound)) {
            return new Mapped(source, "", new byte[0], State.NEW);
        }
        String target = name.isEmpty() ? file.name() : target(file.name(), name.get().one(file.name(), sound.tree()));
        byte[] content = text.bytes(document.one(file.name(), sound.tree()));
        return new Mapped(source, target, content, state(to.resolve(target), content));
    }

    private static String target(String source, JsonNode name) {
        String text = name.isTextual() ? name.textValue() : "";
        Path path = text.isEmpty() || text.indexOf('\0') >= 0 ? Path.of("/") : Path.of(text).normalize();
        if (path.isAbsolute() || path.startsWith("..") || path.toString().isEmpty()) {
            throw StepFailure.user("name-invalid", CopyDocuments.USES + ": " + source + ": 'name' gives " + name
                    + " where a path within the target directory is wanted; correct 'name'");
        }
        return path.toString();
    }

    private static State state(Path target, byte[] content) {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return State.NEW;
        }
        try {
            boolean same = Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)
                    && Files.size(target) == content.length
                    && Arrays.equals(Files.readAllBytes(target), content);
            return same ? State.SAME : State.DIFFERENT;
        } catch (IOException e) {
            throw StepFailure.user("file-unreadable", CopyDocuments.USES + ": cannot read " + target + " ("
                    + e.getMessage() + "); run the worker as a user that may, or move it away").causedBy(e);
        }
    }

    private static final class Tally {
        private long documents;
        private long written;
        private long unchanged;
        private long replaced;
        private long quarantined;
        private long bytes;

        Tally(CopyDocuments.Output start) {
            documents = start.documents();
            written = start.written();
            unchanged = start.unchanged();
            replaced = start.replaced();
            quarantined = start.quarantined();
            bytes = start.bytes();
        }

        CopyDocuments.Output output() {
            return new CopyDocuments.Output(documents, written, unchanged, replaced, quarantined, bytes);
        }
    }

    /** Writes to the target directory, in journalled batches. */
    static final class ToFiles implements Sink {
        private final FileChanges changes;
        private final FileChanges.Existing existing;
        private final Optional<Path> quarantine;
        private FileBatch batch;

        ToFiles(CopyDocuments.Spec spec, RunContext context, FileChanges changes) throws Exception {
            this.changes = changes;
            this.existing = spec.existing() == Existing.UPDATE
                    ? FileChanges.Existing.REPLACE
                    : FileChanges.Existing.REFUSE;
            this.quarantine = spec.quarantine().isEmpty()
                    ? Optional.empty()
                    : Optional.of(context.writing(DirectoryKind.class, spec.quarantine().get()).path());
            this.batch = changes.batch().makeDirectories(context.writing(DirectoryKind.class, spec.to()).path());
        }

        @Override
        public void put(Path target, byte[] content) throws IOException {
            batch.put(target, content, FileAttributes.DEFAULT, existing);
        }

        @Override
        public void quarantine(DocumentFile source, CorruptFile why) throws IOException {
            Path copy = quarantine.orElseThrow().resolve(source.name());
            if (Files.isRegularFile(source.path()) && Files.isReadable(source.path())) {
                batch.copy(source.path(), copy, existing);
            }
            batch.put(copy.resolveSibling(copy.getFileName() + ".reason.json"),
                    Json.pretty(why).getBytes(StandardCharsets.UTF_8), FileAttributes.DEFAULT, existing);
        }

        @Override
        public void commit(CopyCursor cursor) throws IOException {
            batch.commit(cursor);
            batch = changes.batch();
        }
    }
}
