package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Copies rows between two PostgreSQL databases as the servers write and read them, without looking into them. */
final class PostgresToPostgres implements TableCopy {
    @Override
    public Preview<CopyTable.Output> preview(CopyTable.Spec spec, PreviewContext context) throws Exception {
        ReadablePostgres from = context.reading(PostgresKind.class, spec.from());
        ReadablePostgres to = context.reading(PostgresKind.class, spec.to());
        try (Connection reader = from.open(); Connection there = to.open()) {
            PostgresTable source = PostgresTable.require(reader, from.table());
            TableName name = PostgresTable.fullName(there, to.table());
            refuseItself(reader, there, source, name);
            reader.setAutoCommit(false);
            there.setAutoCommit(false);
            PostgresTarget.withFullNames(reader);
            PostgresTarget.withFullNames(there);
            source = PostgresTable.require(reader, source.name());
            Optional<PostgresTable> target = PostgresTable.find(there, name);
            if (!PostgresJournal.begun(there, context.identity())) {
                PostgresTarget.refuse(there, name, target, spec.schema(), spec.existing());
            }
            Preview<CopyTable.Output> preview = Preview.withoutOutput();
            if (target.isPresent()) {
                new Sink(reader, there, spec, source, definition(reader, spec, source, name)).check(target.get());
                if (spec.existing() == ExistingRows.REPLACE) {
                    preview = preview.change("replace the rows of " + name);
                }
            } else {
                TableDefinition definition = definition(reader, spec, source, name);
                MissingTypes.refuse(there, source, spec.columns(), spec.types());
                List<String> columns = TableTransfer.columns(source, spec.columns());
                BoundValues.refuseThoseOfTheServer(reader, source, columns);
                BoundValues.refuseNamesUnknownTo(there, reader, source, columns);
                preview = announced(there, preview, name, definition);
            }
            return preview.change("copy about " + Math.max(0, source.rows()) + " rows from " + source.name() + " of "
                    + from.address() + " to " + name + " of " + to.address());
        }
    }

    @Override
    public CopyTable.Output run(CopyTable.Spec spec, RunContext context) throws Exception {
        long began = System.nanoTime();
        ReadablePostgres from = context.reading(PostgresKind.class, spec.from());
        WritablePostgres to = context.writing(PostgresKind.class, spec.to());
        PostgresTarget target = new PostgresTarget(context, to);
        try (Connection reader = from.open(); Connection writer = to.openForWriting()) {
            PostgresTable found = PostgresTable.require(reader, from.table());
            TableName name = PostgresTable.fullName(writer, to.table());
            refuseItself(reader, writer, found, name);
            target.begin(writer);
            reader.setAutoCommit(false);
            PostgresTarget.withFullNames(reader);
            PostgresTable source = PostgresTable.require(reader, found.name());
            TableDefinition definition = definition(reader, spec, source, name);
            Sink sink = new Sink(reader, writer, spec, source, definition);
            PostgresTarget.Prepared prepared = target.prepare(writer, name, spec.schema(), spec.existing(), sink);
            if (sink.transfer == null) {
                writer.setAutoCommit(false);
                PostgresTarget.withFullNames(writer);
                sink.check(PostgresTable.require(writer, name));
                writer.rollback();
                writer.setAutoCommit(true);
            }
            reader.rollback();
            RowTransfer.Result result = new RowTransfer(context, from, to, target,
                    ReplicationLag.throttle(context, spec.rate(), spec.gate(), to),
                    spec.batch(), spec.partitions()).run(List.of(sink.transfer));
            TableFinish finish = new TableFinish(context, to, target, spec.partitions());
            List<String> leftOut = new ArrayList<>();
            if (prepared.made()) {
                finish.build(List.of(definition));
                leftOut.addAll(finish.connect(definition.foreignKeys()));
                finish.analyze(List.of(name));
                leftOut.addAll(definition.leftOut());
            }
            moveSequences(reader, writer, target, definition, sink.transfer);
            return new CopyTable.Output(result.rows(), prepared.made(), (System.nanoTime() - began) / 1e9,
                    result.snapshots(), result.repeated(), leftOut);
        }
    }

    @Override
    public void undo(CopyTable.Spec spec, RunContext context) throws Exception {
        WritablePostgres to = context.writing(PostgresKind.class, spec.to());
        new PostgresTarget(context, to).undo();
    }

    @Override
    public void forget(CopyTable.Spec spec, RunContext context) throws Exception {
        WritablePostgres to = context.writing(PostgresKind.class, spec.to());
        new PostgresTarget(context, to).forget();
    }

    /** Makes and checks the target. */
    private static final class Sink implements PostgresTarget.Definition {
        private final Connection reader;
        private final Connection writer;
        private final CopyTable.Spec spec;
        private final PostgresTable source;
        private final TableDefinition definition;
        private TableTransfer transfer;

        Sink(Connection reader, Connection writer, CopyTable.Spec spec, PostgresTable source,
                TableDefinition definition) {
            this.reader = reader;
            this.writer = writer;
            this.spec = spec;
            this.source = source;
            this.definition = definition;
        }

        @Override
        public List<String> statements() throws SQLException {
            MissingTypes.refuse(writer, source, spec.columns(), spec.types());
            return definition.statements();
        }

        @Override
        public void check(PostgresTable table) throws SQLException {
            transfer = TableTransfer.intoExisting(reader, source, table, spec.columns(), true);
            transfer.requireSameTypes(reader, writer, table);
            BoundValues.refuseThoseOfTheServer(reader, source, transfer.columns());
            BoundValues.refuseNamesUnknownTo(writer, reader, source, transfer.columns());
        }
    }

    /** A table that is copied by itself is made whole, whatever partitions the source has. */
    private static TableDefinition definition(Connection reader, CopyTable.Spec spec, PostgresTable source,
            TableName name) throws SQLException {
        return TableDefinition.read(reader, source, table -> table.equals(source.name()) ? name : table,
                spec.columns(), spec.types(), false);
    }

    private static Preview<CopyTable.Output> announced(Connection there, Preview<CopyTable.Output> first,
            TableName name, TableDefinition definition) throws SQLException {
        Preview<CopyTable.Output> preview = first.change("make the table " + name);
        for (TableDefinition.Addition addition : Stream
                .concat(definition.indexes().stream(), definition.constraints().stream())
                .toList()) {
            preview = preview.change("add " + addition.name());
        }
        for (TableDefinition.ForeignKey key : definition.foreignKeys()) {
            boolean possible = PostgresTable.find(there, key.referenced()).isPresent()
                    || key.referenced().equals(name);
            preview = preview.change(possible
                    ? "add " + key.addition().name() + " and check it"
                    : "leave out " + TableFinish.leftOut(key));
        }
        for (String line : definition.leftOut()) {
            preview = preview.change("leave out " + line);
        }
        return preview;
    }

    private static void moveSequences(Connection reader, Connection writer, PostgresTarget target,
            TableDefinition definition, TableTransfer transfer) throws SQLException {
        for (TableDefinition.FeedingSequence sequence : definition.sequences()) {
            Optional<String> there = SequenceMove.feeding(writer, transfer.target(), sequence.column());
            if (there.isPresent()) {
                SequenceMove.move(writer, target.journal(), there.get(),
                        SequenceMove.Place.of(reader, sequence.source()));
            }
        }
    }

    private static void refuseItself(Connection from, Connection to, PostgresTable source, TableName target)
            throws SQLException {
        if (source.name().equals(target) && identity(from).equals(identity(to))) {
            throw StepFailure.user("same-table",
                    source.name() + " is both what is copied and where it goes; correct one of the locations");
        }
    }

    private static String identity(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT concat_ws('/', (SELECT system_identifier FROM"
                        + " pg_control_system()), current_database(), inet_server_port())")) {
            result.next();
            return result.getString(1);
        }
    }
}
