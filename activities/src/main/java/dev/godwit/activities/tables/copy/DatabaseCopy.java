package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One attempt at copying a database. */
final class DatabaseCopy {
    private static final int SHOWN = 50;

    private final CopyDatabase.Spec spec;
    private final RunContext context;
    private final ReadablePostgres from;
    private final WritablePostgres to;
    private final PostgresTarget target;
    private final List<String> leftOut = new ArrayList<>();
    private final List<TableTransfer> transfers = new ArrayList<>();
    private final List<TableDefinition> made = new ArrayList<>();
    private final List<TableDefinition> madePartitioned = new ArrayList<>();
    private final List<TableName> madeNames = new ArrayList<>();

    DatabaseCopy(CopyDatabase.Spec spec, RunContext context, ReadablePostgres from, WritablePostgres to) {
        this.spec = spec;
        this.context = context;
        this.from = from;
        this.to = to;
        this.target = new PostgresTarget(context, to);
    }

    CopyDatabase.Output run() throws Exception {
        long began = System.nanoTime();
        try (Connection reader = from.open(); Connection writer = to.openForWriting()) {
            target.begin(writer);
            reader.setAutoCommit(false);
            PostgresTarget.withFullNames(reader);
            DatabasePreview.requireSchemas(reader, spec.schemas());
            DatabaseDefinition definition = DatabaseDefinition.read(reader, spec.schemas(), spec::wants);
            leftOut.addAll(definition.leftOut());
            target.refuseTogether(writer, definition.tables().keySet().stream().map(PostgresTable::name).toList(),
                    spec.schema(), spec.existing());
            makeObjects(writer, definition);
            for (Map.Entry<PostgresTable, TableDefinition> table : definition.tables().entrySet()) {
                context.checkpoint();
                prepare(reader, writer, table.getKey(), table.getValue(), definition.partitionOf());
            }
            requireNames(reader, writer);
            // Its locks would keep a change of the source waiting for as long as the copy takes.
            reader.rollback();
            RowTransfer.Result result = new RowTransfer(context, from, to, target,
                    ReplicationLag.throttle(context, spec.rate(), spec.gate(), to), spec.batch(),
                    spec.jobs()).run(transfers);
            int indexes = finish();
            PostgresTarget.withFullNames(reader);
            moveSequences(reader, writer, definition);
            makeViews(writer, definition);
            context.evidence().json("left-out", leftOut);
            return new CopyDatabase.Output(transfers.size(), madeNames.size(), result.rows(), indexes,
                    (System.nanoTime() - began) / 1e9, result.snapshots(), result.repeated(),
                    leftOut.stream().limit(SHOWN).toList());
        }
    }

    private void makeObjects(Connection writer, DatabaseDefinition definition) throws SQLException {
        int number = 0;
        for (String schema : spec.schemas()) {
            String name = TableName.quoted(schema);
            makeUnlessThere(writer, number++, "to_regnamespace(?)", name,
                    new DatabaseObject("schema " + schema, "CREATE SCHEMA " + name, "DROP SCHEMA IF EXISTS " + name));
        }
        for (DatabaseObject type : definition.types()) {
            makeUnlessThere(writer, number++, "to_regtype(?)", type.name().substring("type ".length()), type);
        }
        for (Map.Entry<String, DatabaseObject> sequence : definition.sequences().entrySet()) {
            makeUnlessThere(writer, number++, "to_regclass(?)", sequence.getKey(), sequence.getValue());
        }
    }

    private void makeUnlessThere(Connection writer, int number, String looking, String name, DatabaseObject object)
            throws SQLException {
        try (PreparedStatement statement = writer.prepareStatement("SELECT " + looking + " IS NOT NULL")) {
            statement.setString(1, name);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                if (result.getBoolean(1)) {
                    return;
                }
            }
        }
        target.make(writer, true, number, object);
    }

    private void prepare(Connection reader, Connection writer, PostgresTable source, TableDefinition definition,
            Map<TableName, String> partitionOf) throws SQLException {
        Optional<String> partition = Optional.ofNullable(partitionOf.get(source.name()));
        Sink sink = new Sink(reader, writer, source, definition, partition);
        PostgresTarget.Prepared prepared = target.prepare(writer, source.name(), spec.schema(), spec.existing(), sink);
        if (sink.transfer == null) {
            writer.setAutoCommit(false);
            PostgresTarget.withFullNames(writer);
            sink.check(PostgresTable.require(writer, source.name()));
            writer.rollback();
            writer.setAutoCommit(true);
        }
        transfers.add(sink.transfer);
        if (prepared.made()) {
            leftOut.addAll(definition.leftOut());
            (source.kind() == 'p' ? madePartitioned : made).add(definition);
            madeNames.add(source.name());
        }
    }

    /** Some name tables that are there only now. */
    private void requireNames(Connection reader, Connection writer) throws SQLException {
        writer.setAutoCommit(false);
        PostgresTarget.withFullNames(writer);
        for (TableTransfer transfer : transfers) {
            BoundValues.refuseNamesUnknownTo(writer, reader, transfer.source(), transfer.columns());
        }
        writer.rollback();
        writer.setAutoCommit(true);
    }

    private int finish() throws Exception {
        TableFinish finish = new TableFinish(context, to, target, spec.indexJobs());
        finish.build(made);
        // They take over the indexes that their partitions have; those of partitions of partitions first.
        for (TableDefinition partitioned : madePartitioned.reversed()) {
            finish.build(List.of(partitioned));
        }
        List<TableDefinition> all = new ArrayList<>(made);
        all.addAll(madePartitioned);
        leftOut.addAll(finish.connect(all.stream().flatMap(table -> table.foreignKeys().stream()).toList()));
        finish.analyze(madeNames);
        return all.stream().mapToInt(table -> table.indexes().size()).sum();
    }

    private void moveSequences(Connection reader, Connection writer, DatabaseDefinition definition)
            throws SQLException {
        for (String sequence : definition.sequences().keySet()) {
            SequenceMove.move(writer, target.journal(), sequence, SequenceMove.Place.of(reader, sequence));
        }
        for (Map.Entry<PostgresTable, TableDefinition> table : definition.tables().entrySet()) {
            for (TableDefinition.FeedingSequence feeding : table.getValue().sequences()) {
                Optional<String> there = SequenceMove.feeding(writer, table.getKey().name(), feeding.column());
                if (there.isPresent()) {
                    SequenceMove.move(writer, target.journal(), there.get(),
                            SequenceMove.Place.of(reader, feeding.source()));
                }
            }
        }
    }

    private void makeViews(Connection writer, DatabaseDefinition definition) throws SQLException {
        int number = 0;
        for (DatabaseObject view : definition.views()) {
            context.checkpoint();
            try {
                target.make(writer, false, number++, view);
            } catch (SQLException refused) {
                StepFailure failure = PostgresFailures.translate(view.name(), refused);
                if (failure.retryable()) {
                    throw failure;
                }
                leftOut.add(failure.getMessage());
            }
        }
    }

    /** Makes and checks a table. */
    private static final class Sink implements PostgresTarget.Definition {
        private final Connection reader;
        private final Connection writer;
        private final PostgresTable source;
        private final TableDefinition definition;
        private final Optional<String> partition;
        private TableTransfer transfer;

        Sink(Connection reader, Connection writer, PostgresTable source, TableDefinition definition,
                Optional<String> partition) {
            this.reader = reader;
            this.writer = writer;
            this.source = source;
            this.definition = definition;
            this.partition = partition;
        }

        @Override
        public List<String> statements() throws SQLException {
            MissingTypes.refuse(writer, source, List.of(), Map.of());
            List<String> statements = new ArrayList<>(definition.statements());
            partition.ifPresent(statements::add);
            return statements;
        }

        @Override
        public void check(PostgresTable table) throws SQLException {
            transfer = TableTransfer.intoExisting(reader, source, table, List.of(), false);
            transfer.requireSameTypes(reader, writer, table);
            BoundValues.refuseThoseOfTheServer(reader, source, transfer.columns());
        }
    }
}
