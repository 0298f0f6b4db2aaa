package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.activities.files.FileAttributes;
import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.activities.tables.verify.Pace;
import dev.godwit.activities.tables.verify.Repair;
import dev.godwit.activities.tables.verify.RepairCursor;
import dev.godwit.activities.tables.verify.RepairList;
import dev.godwit.json.Json;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** Writes and deletes documents of a directory; each is a file with one value. */
final class DirectoryRepair implements Repair {
    static final String FILE = "file";
    static final String VALUE = "value";
    static final String DOCUMENT = "document";

    private static final int BATCH = 500;

    private final VerifyDocuments.Spec spec;
    private final RunContext context;
    private final Path directory;
    private final Mapping rows;
    private final DocumentText text = new DocumentText(2);

    DirectoryRepair(VerifyDocuments.Spec spec, RunContext context) throws Exception {
        this.spec = spec;
        this.context = context;
        this.directory = context.writing(DirectoryKind.class, spec.actual().from()).path();
        this.rows = new Mapping(VerifyDocuments.USES, spec.actual().rows(), context);
    }

    @Override
    public RepairCursor begin() throws IOException {
        return cursor(FileChanges.open(context));
    }

    @Override
    public RepairCursor apply(List<String> key, RepairList list, boolean keepsExtra, Proof proof, Pace pace)
            throws Exception {
        FileChanges changes = FileChanges.open(context);
        list.read(BATCH, entries -> {
            context.checkpoint();
            pace.pass(entries.size());
            RepairCursor cursor = cursor(changes);
            FileBatch batch = changes.batch();
            long written = 0;
            long deleted = 0;
            for (RepairList.Entry entry : entries) {
                Path file = directory.resolve(entry.key().get(FILE));
                // What has changed meanwhile, or is in the way, is found by a later pass.
                if (entry.what().equals("extra")) {
                    if (!keepsExtra && holds(file, entry)) {
                        batch.remove(file);
                        deleted++;
                    }
                } else if (entry.what().equals("different")
                        ? holds(file, entry)
                        : !Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                    JsonNode document = Json.read(entry.values().get(DOCUMENT), JsonNode.class);
                    proof.require(entry, document);
                    batch.makeDirectories(file.getParent())
                            .put(file, text.bytes(document), FileAttributes.DEFAULT, FileChanges.Existing.REPLACE);
                    written++;
                }
            }
            batch.commit(new RepairCursor(cursor.batches() + 1, cursor.written() + written,
                    cursor.deleted() + deleted));
        });
        return cursor(changes);
    }

    /** Whether a document still has the value that was compared, and no other. */
    private boolean holds(Path file, RepairList.Entry entry) {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        DocumentFile listed = new DocumentFile(entry.key().get(FILE), file, Document.Look.at(file));
        if (!(Document.read(listed, spec.actual().shape()) instanceof Document.Sound sound)) {
            return false;
        }
        List<JsonNode> values = rows.all(listed.place(), sound.tree());
        return values.size() == 1 && RepairEntries.hash(values.get(0)).equals(entry.key().get(VALUE));
    }

    @Override
    public void undo() throws IOException {
        FileChanges.open(context).undo();
    }

    @Override
    public void forget() {
        // What the files were is in the step's own journal and workspace.
    }

    private static RepairCursor cursor(FileChanges changes) {
        return changes.cursor()
                .map(cursor -> Json.read(cursor.toString(), RepairCursor.class))
                .orElse(RepairCursor.START);
    }
}
