package dev.godwit.activities.tables;

import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.activities.documents.Checksum;
import dev.godwit.activities.documents.DatabaseBefore;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.activities.resource.WritableSqlite;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies rows into SQLite: all are read and checked before the first is written ({@link RowSpool}), then written in batches.
 */
final class SpooledToSqlite implements TableCopy {
    private static final String READ = "rows-read";

    private final Opening opening;

    /** Opens the source; in a run as in a preview. */
    @FunctionalInterface
    interface Opening {
        StorageSource open(CopyTable.Spec spec, PreviewContext context) throws Exception;
    }

    /**
     * What was read.
     *
     * @param plan what was decided
     * @param directory the spool's name in the workspace
     * @param rows how many there are
     * @param quarantined how many were left out
     */
    record Read(StoragePlan plan, String directory, long rows, long quarantined) {}

    SpooledToSqlite(Opening opening) {
        this.opening = opening;
    }

    @Override
    public Preview<CopyTable.Output> preview(CopyTable.Spec spec, PreviewContext context) throws Exception {
        ReadableSqlite to = context.reading(SqliteKind.class, spec.to());
        try (StorageSource source = opening.open(spec, context)) {
            Decided decided = decide(spec, source, to);
            StoragePlan plan = decided.plan();
            Optional<SqliteTable> found = decided.found();
            AtomicLong rows = new AtomicLong();
            source.readStored(plan, (count, buffer) -> {
                context.checkpoint();
                context.progress(rows.addAndGet(count), 0, "rows checked");
            });
            Preview<CopyTable.Output> preview = Preview
                    .of(new CopyTable.Output(rows.get(), found.isEmpty(), 0, 1, 0,
                            found.isEmpty() ? plan.leftOut() : List.of(), source.quarantined()));
            if (found.isEmpty()) {
                preview = preview.change(plan.create(to.table()));
            }
            preview = preview.change("insert " + rows.get() + " rows into " + spec.to());
            for (String left : found.isEmpty() ? plan.leftOut() : List.<String>of()) {
                preview = preview.change("not carried over: " + left);
            }
            return preview;
        } catch (SQLException e) {
            throw SqliteFailures.translate(CopyTable.USES, to.file(), e);
        }
    }

    @Override
    public CopyTable.Output run(CopyTable.Spec spec, RunContext context) throws Exception {
        long began = System.nanoTime();
        WritableSqlite to = context.writing(SqliteKind.class, spec.to());
        try {
            Optional<Read> kept = context.journal().read(READ, Read.class);
            Read read = kept.isPresent() ? kept.get() : read(spec, context, to);
            if (kept.isEmpty()) {
                context.journal().write(READ, read);
            }
            RowSpool spool = new RowSpool(context.workspace().resolve(read.directory()));
            new DatabaseBefore(to.file(), context).keep();
            SqliteLoad.Cursor end;
            try (Connection connection = to.openForWriting()) {
                end = new SqliteLoad(spec, context, connection, to.table(), read).run(spool);
            }
            spool.delete();
            double seconds = (System.nanoTime() - began) / 1_000_000 / 1000.0;
            return new CopyTable.Output(read.rows(), end.made(), seconds, 1, 0,
                    end.made() ? read.plan().leftOut() : List.of(), read.quarantined());
        } catch (SQLException e) {
            context.journal().checkToken();
            throw SqliteFailures.translate(CopyTable.USES, to.file(), e);
        }
    }

    private Read read(CopyTable.Spec spec, RunContext context, WritableSqlite to) throws Exception {
        SpooledToPostgres.removeSpools(context);
        Path directory = Files
                .createDirectory(context.workspace().resolve(SpooledToPostgres.DIRECTORY + context.token()));
        RowSpool spool = new RowSpool(directory);
        try (StorageSource source = opening.open(spec, context); RowSpool.Writer writer = spool.write(0)) {
            StoragePlan plan = decide(spec, source, to).plan();
            AtomicLong rows = new AtomicLong();
            source.readStored(plan, (count, buffer) -> {
                context.checkpoint();
                writer.chunk(count, buffer);
                context.progress(rows.addAndGet(count), 0, "rows checked");
            });
            writer.sync();
            spool.sync();
            return new Read(plan, directory.getFileName().toString(), rows.get(),
                    source.quarantined());
        } catch (Exception e) {
            spool.delete();
            throw e;
        }
    }

    /**
     * What is decided by looking at both sides.
     *
     * @param plan what is copied
     * @param found the target table, if it is there
     */
    private record Decided(StoragePlan plan, Optional<SqliteTable> found) {}

    private static Decided decide(CopyTable.Spec spec, StorageSource source, ReadableSqlite to) throws Exception {
        if (!to.exists()) {
            SqliteTarget.refuseMissing(spec);
            return new Decided(source.storagePlan(Optional.empty()), Optional.empty());
        }
        try (Connection connection = to.open()) {
            Optional<SqliteTable> found = SqliteTable.find(connection, to.table());
            StoragePlan plan = source.storagePlan(found);
            SqliteTarget.require(connection, found, spec, plan);
            return new Decided(plan, found);
        }
    }

    @Override
    public void undo(CopyTable.Spec spec, RunContext context) throws Exception {
        WritableSqlite to = context.writing(SqliteKind.class, spec.to());
        Set<String> made = new HashSet<>();
        context.journal()
                .read(READ, Read.class)
                .ifPresent(read -> read.plan()
                        .indexes()
                        .forEach(index -> made.add(index.name().toLowerCase(Locale.ROOT))));
        try {
            new DatabaseBefore(to.file(), context).restore(to.table(), made,
                    now -> new SqliteJournal(context).cursor(now, SqliteLoad.Cursor.class)
                            .map(SqliteLoad.Cursor::effect)
                            .orElse(Checksum.ZERO));
        } catch (SQLException e) {
            throw SqliteFailures.translate(CopyTable.USES, to.file(), e);
        }
        SpooledToPostgres.removeSpools(context);
    }

    @Override
    public void forget(CopyTable.Spec spec, RunContext context) throws Exception {
        WritableSqlite to = context.writing(SqliteKind.class, spec.to());
        SpooledToPostgres.removeSpools(context);
        if (!to.exists()) {
            return; // The run itself, or someone after it, has removed it.
        }
        try (Connection connection = to.openForWriting()) {
            new SqliteJournal(context).forget(connection);
        } catch (SQLException e) {
            throw SqliteFailures.translate(CopyTable.USES, to.file(), e);
        }
    }
}
