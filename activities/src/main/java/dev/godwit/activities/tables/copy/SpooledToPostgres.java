package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Copies rows into PostgreSQL that Godwit itself encodes; several batches at once. */
final class SpooledToPostgres extends SpooledCopy<SpooledToPostgres.Read> {
    private final Opening opening;

    /** Opens the source; in a run as in a preview. */
    @FunctionalInterface
    interface Opening {
        RowSource open(CopyTable.Spec spec, PreviewContext context) throws Exception;
    }

    /**
     * What was read.
     *
     * @param plan what was decided
     * @param directory the spool's name in the workspace
     * @param parts how many rows each part has
     * @param quarantined how many rows were left out
     */
    record Read(LoadPlan plan, String directory, List<Long> parts, long quarantined) implements SpooledCopy.Read {
        @Override
        public long rows() {
            return parts.stream().mapToLong(Long::longValue).sum();
        }

        @Override
        public List<String> leftOut() {
            return plan.leftOut();
        }
    }

    /** The source with the plan. */
    private record Planned(RowSource source, LoadPlan plan, String to) implements Reading {
        @Override
        public long total() throws SQLException {
            return source.rows();
        }

        @Override
        public void rows(int parts, RowSource.Sink sink) throws Exception {
            source.read(plan, parts, sink);
        }

        @Override
        public List<String> changes(long rows) {
            List<String> changes = new ArrayList<>(plan.create());
            changes.add("insert " + rows + " rows into " + to);
            changes.addAll(plan.after());
            changes.addAll(plan.foreignKeys());
            plan.leftOut().forEach(left -> changes.add("not carried over: " + left));
            if (plan.staged()) {
                changes.add("values of types that only the server reads are checked when it runs");
            }
            return changes;
        }

        @Override
        public CopyTable.Output output(long rows) {
            return new CopyTable.Output(rows, !plan.create().isEmpty(), 0, 1, 0, plan.leftOut(),
                    source.quarantined());
        }

        @Override
        public void close() throws SQLException, IOException {
            source.close();
        }
    }

    SpooledToPostgres(Opening opening) {
        super(Read.class);
        this.opening = opening;
    }

    @Override
    Reading open(CopyTable.Spec spec, PreviewContext context) throws Exception {
        ReadablePostgres to = context.reading(PostgresKind.class, spec.to());
        RowSource source = opening.open(spec, context);
        try {
            return new Planned(source, plan(spec, context, source, to), spec.to().toString());
        } catch (Exception e) {
            source.close();
            throw e;
        }
    }

    @Override
    int parts(CopyTable.Spec spec) {
        return spec.partitions();
    }

    @Override
    Read read(CopyTable.Spec spec, RunContext context, Reading reading, RowSpool spool, String directory,
            List<Long> parts) throws Exception {
        Planned planned = (Planned) reading;
        if (planned.plan().staged()) {
            new StagedRows(planned.plan()).check(spec, context, context.writing(PostgresKind.class, spec.to()), spool,
                    parts.size());
        }
        return new Read(planned.plan(), directory, parts, planned.source().quarantined());
    }

    @Override
    boolean load(CopyTable.Spec spec, RunContext context, Read read, RowSpool spool) throws Exception {
        return new SpoolLoad(spec, context, context.writing(PostgresKind.class, spec.to()), read, spool).run();
    }

    @Override
    StepFailure failure(CopyTable.Spec spec, PreviewContext context, SQLException thrown) {
        return PostgresFailures.translate(CopyTable.USES + ": " + spec.to(), thrown);
    }

    private static LoadPlan plan(CopyTable.Spec spec, PreviewContext context, RowSource source, ReadablePostgres to)
            throws Exception {
        try (Connection connection = to.open()) {
            TableName name = PostgresTable.fullName(connection, to.table());
            connection.setAutoCommit(false);
            PostgresTarget.withFullNames(connection);
            Optional<PostgresTable> found = PostgresTable.find(connection, name);
            PostgresTarget.refuse(connection, name, found, spec.schema(), spec.existing());
            return source.plan(name, found, other -> exists(connection, new TableName(name.schema(), other))
                    || isToBeMade(context, spec.to().resource(), new TableName(name.schema(), other)));
        }
    }

    /** Whether, in a dry-run, an earlier step of the plan would make a table. */
    private static boolean isToBeMade(PreviewContext context, String database, TableName name) {
        return context.madeBy(new Location(database, name.name())).isPresent()
                || context.madeBy(new Location(database, name.toString())).isPresent();
    }

    private static boolean exists(Connection connection, TableName name) {
        try {
            return PostgresTable.find(connection, name).isPresent();
        } catch (SQLException e) {
            throw PostgresFailures.translate(CopyTable.USES + ": " + name, e);
        }
    }

    @Override
    public void undo(CopyTable.Spec spec, RunContext context) throws Exception {
        new PostgresTarget(context, context.writing(PostgresKind.class, spec.to())).undo();
        removeSpools(context);
    }

    @Override
    public void forget(CopyTable.Spec spec, RunContext context) throws Exception {
        new PostgresTarget(context, context.writing(PostgresKind.class, spec.to())).forget();
        removeSpools(context);
    }
}
