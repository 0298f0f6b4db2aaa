package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.SqliteJournal;
import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.documents.Checksum;
import dev.godwit.activities.documents.DatabaseBefore;
import dev.godwit.activities.resource.ReadableSqlite;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.activities.resource.WritableSqlite;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Copies rows into SQLite that Godwit itself encodes. */
final class SpooledToSqlite extends SpooledCopy<SpooledToSqlite.Read> {
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
    record Read(StoragePlan plan, String directory, long rows, long quarantined) implements SpooledCopy.Read {
        @Override
        public List<String> leftOut() {
            return plan.leftOut();
        }
    }

    /**
     * The source with the plan.
     *
     * @param makes whether the table is to be made
     */
    private record Planned(StorageSource source, StoragePlan plan, boolean makes,
            ReadableSqlite to) implements Reading {
        @Override
        public long total() {
            return 0;
        }

        @Override
        public void rows(int parts, RowSource.Sink sink) throws Exception {
            source.readStored(plan, (count, buffer) -> sink.take(0, count, buffer));
        }

        @Override
        public List<String> changes(long rows) {
            List<String> changes = new ArrayList<>();
            if (makes) {
                changes.add(plan.create(to.table()));
            }
            changes.add("insert " + rows + " rows into " + to.location());
            leftOut().forEach(left -> changes.add("not carried over: " + left));
            return changes;
        }

        @Override
        public CopyTable.Output output(long rows) {
            return new CopyTable.Output(rows, makes, 0, 1, 0, leftOut(), source.quarantined());
        }

        private List<String> leftOut() {
            return makes ? plan.leftOut() : List.of();
        }

        @Override
        public void close() throws SQLException, IOException {
            source.close();
        }
    }

    SpooledToSqlite(Opening opening) {
        super(Read.class);
        this.opening = opening;
    }

    @Override
    Reading open(CopyTable.Spec spec, PreviewContext context) throws Exception {
        ReadableSqlite to = context.reading(SqliteKind.class, spec.to());
        StorageSource source = opening.open(spec, context);
        try {
            return decide(spec, source, to);
        } catch (Exception e) {
            source.close();
            throw e;
        }
    }

    @Override
    int parts(CopyTable.Spec spec) {
        return 1;
    }

    @Override
    Read read(CopyTable.Spec spec, RunContext context, Reading reading, RowSpool spool, String directory,
            List<Long> parts) {
        Planned planned = (Planned) reading;
        return new Read(planned.plan(), directory, parts.get(0), planned.source().quarantined());
    }

    @Override
    boolean load(CopyTable.Spec spec, RunContext context, Read read, RowSpool spool) throws Exception {
        WritableSqlite to = context.writing(SqliteKind.class, spec.to());
        new DatabaseBefore(to.file(), context).keep();
        try (Connection connection = to.openForWriting()) {
            return new SqliteLoad(spec, context, connection, to.table(), read).run(spool).made();
        }
    }

    @Override
    StepFailure failure(CopyTable.Spec spec, PreviewContext context, SQLException thrown) throws Exception {
        return SqliteFailures.translate(CopyTable.USES, context.reading(SqliteKind.class, spec.to()).file(), thrown);
    }

    private static Planned decide(CopyTable.Spec spec, StorageSource source, ReadableSqlite to) throws Exception {
        if (!to.exists()) {
            SqliteTarget.refuseMissing(spec);
            return new Planned(source, source.storagePlan(Optional.empty()), true, to);
        }
        try (Connection connection = to.open()) {
            Optional<SqliteTable> found = SqliteTable.find(connection, to.table());
            StoragePlan plan = source.storagePlan(found);
            SqliteTarget.require(connection, found, spec, plan);
            return new Planned(source, plan, found.isEmpty(), to);
        }
    }

    @Override
    public void undo(CopyTable.Spec spec, RunContext context) throws Exception {
        WritableSqlite to = context.writing(SqliteKind.class, spec.to());
        Set<String> made = new HashSet<>();
        read(context)
                .ifPresent(read -> read.plan()
                        .indexes()
                        .forEach(index -> made.add(index.name().toLowerCase(Locale.ROOT))));
        try {
            new DatabaseBefore(to.file(), context).restore(to.table(), made,
                    now -> new SqliteJournal(context).cursor(now, SqliteLoad.Cursor.class)
                            .map(SqliteLoad.Cursor::effect)
                            .orElse(Checksum.ZERO));
        } catch (SQLException e) {
            throw failure(spec, context, e);
        }
        removeSpools(context);
    }

    @Override
    public void forget(CopyTable.Spec spec, RunContext context) throws Exception {
        WritableSqlite to = context.writing(SqliteKind.class, spec.to());
        removeSpools(context);
        if (!to.exists()) {
            return; // The run itself, or someone after it, has removed it.
        }
        try (Connection connection = to.openForWriting()) {
            new SqliteJournal(context).forget(connection);
        } catch (SQLException e) {
            throw failure(spec, context, e);
        }
    }
}
