package dev.godwit.activities.documents;

import dev.godwit.activities.files.FileBatch;
import dev.godwit.activities.files.FileChanges;
import dev.godwit.activities.resource.DirectoryKind;
import dev.godwit.step.RunContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a load passes over: named in the journal, and set aside where the plan says so, before the batch commits. */
final class PassedOver implements DocumentLoad.PassedOver {
    private final RunContext context;
    private final FileChanges changes;
    private final Optional<Quarantine> quarantine;
    private final List<CorruptFile> files = new ArrayList<>();
    private FileBatch batch;

    PassedOver(LoadDocuments.Spec spec, RunContext context) throws Exception {
        this.context = context;
        this.changes = FileChanges.open(context);
        this.quarantine = spec.quarantine().isEmpty()
                ? Optional.empty()
                : Optional.of(new Quarantine(context.writing(DirectoryKind.class, spec.quarantine().get()).path(),
                        FileChanges.Existing.REFUSE));
        this.batch = changes.batch();
    }

    @Override
    public void add(DocumentFile file, CorruptFile why) {
        files.add(why);
        if (quarantine.isPresent()) {
            try {
                quarantine.get().put(batch, file, why);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void commit() {
        if (files.isEmpty()) {
            return;
        }
        context.journal().append(CorruptFiles.LOG, files);
        files.clear();
        try {
            batch.commit("set aside");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        batch = changes.batch();
    }
}
