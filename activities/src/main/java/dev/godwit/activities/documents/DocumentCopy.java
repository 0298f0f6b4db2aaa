package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.documents.Document.Corrupt;
import dev.godwit.activities.documents.Document.Sound;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
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
        /** @param isNew whether nothing had the name when it was looked for */
        void put(Path target, byte[] content, boolean isNew) throws IOException;

        void quarantine(DocumentFile source, CorruptFile why) throws IOException;

        /** Makes all that was put since the last commit durable, together. */
        void commit(CopyCursor cursor) throws IOException;
    }

    private enum State { NEW, SAME, DIFFERENT }

    /** What became of a file, with the new document if there is one. */
    private record Mapped(DocumentFile source, Optional<CorruptFile> corrupt, String target, byte[] content,
            State state) {}

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
        try (InOrder<Mapped> results = new InOrder<>(files.after(start.place()), this::map)) {
            do {
                cursor = batch(cursor, results, names, sink);
                context.progress(cursor.output().documents() + cursor.output().corrupt(), total, "documents");
            } while (!cursor.done());
        }
        return cursor.output();
    }

    private CopyCursor batch(CopyCursor start, InOrder<Mapped> results, FirstSeen names, Sink sink)
            throws IOException, SQLException {
        Tally tally = new Tally(start.output());
        Place last = start.place();
        long held = 0;
        for (int i = 0; i < spec.batch() && held < BATCH_BYTES && results.hasNext(); i++) {
            context.checkpoint();
            Mapped mapped = results.next();
            last = mapped.source().place();
            if (mapped.corrupt().isPresent()) {
                passOver(sink, mapped.source(), mapped.corrupt().get());
                tally.corrupt++;
                tally.quarantined += spec.corrupt() == Unreadable.QUARANTINE ? 1 : 0;
            } else {
                claim(names, mapped.target(), last);
                held += put(sink, mapped, tally);
            }
        }
        names.commit();
        CopyCursor end = new CopyCursor(last.file(), last.line(), tally.output(), !results.hasNext());
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
                            + " exists with other content than " + mapped.source().place()
                            + " would give; say 'existing: update' if this is a later pass, or move it away");
                }
                tally.replaced++;
            }
        }
        sink.put(to.resolve(mapped.target()), mapped.content(), mapped.state() == State.NEW);
        return mapped.content().length;
    }

    private void claim(FirstSeen names, String target, Place source) throws SQLException {
        if (name.isEmpty()) {
            return;
        }
        Optional<String> first = names.elsewhere(target, source.toString());
        if (first.isPresent()) {
            throw StepFailure.integrity("name-twice", CopyDocuments.USES + ": both " + first.get() + " and " + source
                    + " would become " + target + "; make 'name' tell them apart");
        }
    }

    private void passOver(Sink sink, DocumentFile source, CorruptFile why) throws IOException {
        switch (spec.corrupt()) {
            case STOP -> throw StepFailure.integrity("document-corrupt", CopyDocuments.USES + ": " + why
                    + " is no document; mend or exclude it, or say 'corrupt: quarantine' or 'corrupt: report'");
            case REPORT -> corrupt.accept(why);
            case QUARANTINE -> {
                corrupt.accept(why);
                sink.quarantine(source, why);
            }
        }
    }

    private Mapped map(DocumentFile file) {
        return switch (Document.read(file, spec.shape())) {
            case Corrupt source -> new Mapped(file, Optional.of(source.why()), "", new byte[0], State.NEW);
            case Sound source -> {
                Place place = file.place();
                String target = name.isEmpty()
                        ? file.line().isEmpty() ? file.name() : file.name() + "/" + place.line() + ".json"
                        : target(place, name.get().one(place, source.tree()));
                byte[] content = text.bytes(document.one(place, source.tree()));
                yield new Mapped(file, Optional.empty(), target, content, state(to.resolve(target), content));
            }
        };
    }

    private static String target(Place source, JsonNode name) {
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
        private long corrupt;
        private long quarantined;
        private long bytes;

        Tally(CopyDocuments.Output start) {
            documents = start.documents();
            written = start.written();
            unchanged = start.unchanged();
            replaced = start.replaced();
            corrupt = start.corrupt();
            quarantined = start.quarantined();
            bytes = start.bytes();
        }

        CopyDocuments.Output output() {
            return new CopyDocuments.Output(documents, written, unchanged, replaced, corrupt, quarantined, bytes);
        }
    }

    /** Writes to the target directory, in journalled batches. */
    static final class ToFiles implements Sink {
        private final RunContext context;
        private final FileChanges changes;
        private final FileChanges.Existing existing;
        private final Optional<Quarantine> quarantine;
        private FileBatch batch;

        ToFiles(CopyDocuments.Spec spec, RunContext context, FileChanges changes) throws Exception {
            this.context = context;
            this.changes = changes;
            this.existing = spec.existing() == Existing.UPDATE
                    ? FileChanges.Existing.REPLACE
                    : FileChanges.Existing.REFUSE;
            this.quarantine = spec.quarantine().isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Quarantine(context.writing(DirectoryKind.class, spec.quarantine().get()).path(),
                            existing));
            this.batch = changes.batch().makeDirectories(context.writing(DirectoryKind.class, spec.to()).path());
        }

        @Override
        public void put(Path target, byte[] content, boolean isNew) throws IOException {
            if (isNew) {
                batch.putNew(target, content);
            } else {
                batch.put(target, content, FileAttributes.DEFAULT, existing);
            }
        }

        @Override
        public void quarantine(DocumentFile source, CorruptFile why) throws IOException {
            quarantine.orElseThrow().put(batch, source, why);
        }

        @Override
        public void commit(CopyCursor cursor) throws IOException {
            batch.commit(cursor);
            context.advanced();
            batch = changes.batch();
        }
    }
}
