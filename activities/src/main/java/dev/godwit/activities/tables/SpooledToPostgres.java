package dev.godwit.activities.tables;

import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.plan.Location;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Copies rows into PostgreSQL that Godwit itself encodes: all are read and checked before the first is written
 * ({@link RowSpool}), then written in batches, several at once.
 */
final class SpooledToPostgres implements TableCopy {
    private static final String READ = "rows-read";
    static final String DIRECTORY = "rows-";

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
    record Read(LoadPlan plan, String directory, List<Long> parts, long quarantined) {
        long rows() {
            return parts.stream().mapToLong(Long::longValue).sum();
        }
    }

    SpooledToPostgres(Opening opening) {
        this.opening = opening;
    }

    @Override
    public Preview<CopyTable.Output> preview(CopyTable.Spec spec, PreviewContext context) throws Exception {
        ReadablePostgres to = context.reading(PostgresKind.class, spec.to());
        try (RowSource source = opening.open(spec, context)) {
            LoadPlan plan = plan(spec, context, source, to);
            AtomicLong rows = new AtomicLong();
            long total = source.rows();
            source.read(plan, 1, (part, count, buffer) -> {
                context.checkpoint();
                context.progress(rows.addAndGet(count), total, "rows checked");
            });
            Preview<CopyTable.Output> preview = Preview
                    .of(new CopyTable.Output(rows.get(), !plan.create().isEmpty(), 0, 1, 0, plan.leftOut(),
                            source.quarantined()));
            for (String statement : plan.create()) {
                preview = preview.change(statement);
            }
            preview = preview.change("insert " + rows.get() + " rows into " + spec.to());
            for (String statement : plan.after()) {
                preview = preview.change(statement);
            }
            for (String left : plan.leftOut()) {
                preview = preview.change("not carried over: " + left);
            }
            return plan.staged()
                    ? preview.change("values of types that only the server reads are checked when it runs")
                    : preview;
        } catch (SQLException e) {
            throw PostgresFailures.translate(CopyTable.USES + ": " + spec.to(), e);
        }
    }

    @Override
    public CopyTable.Output run(CopyTable.Spec spec, RunContext context) throws Exception {
        long began = System.nanoTime();
        WritablePostgres to = context.writing(PostgresKind.class, spec.to());
        try {
            Optional<Read> kept = context.journal().read(READ, Read.class);
            Read read = kept.isPresent() ? kept.get() : read(spec, context, to);
            if (kept.isEmpty()) {
                context.journal().write(READ, read);
            }
            RowSpool spool = new RowSpool(context.workspace().resolve(read.directory()));
            boolean made = new SpoolLoad(spec, context, to, read, spool).run();
            spool.delete();
            double seconds = (System.nanoTime() - began) / 1_000_000 / 1000.0;
            return new CopyTable.Output(read.rows(), made, seconds, 1, 0, made ? read.plan().leftOut() : List.of(),
                    read.quarantined());
        } catch (SQLException e) {
            context.journal().checkToken();
            throw PostgresFailures.translate(CopyTable.USES + ": " + spec.to(), e);
        }
    }

    private Read read(CopyTable.Spec spec, RunContext context, WritablePostgres to) throws Exception {
        removeSpools(context);
        // An earlier attempt that is still at work must not write into the same files.
        Path directory = Files.createDirectory(context.workspace().resolve(DIRECTORY + context.token()));
        RowSpool spool = new RowSpool(directory);
        try (RowSource source = opening.open(spec, context)) {
            LoadPlan plan = plan(spec, context, source, to);
            RowSpool.Writer[] writers = new RowSpool.Writer[spec.partitions()];
            try {
                for (int i = 0; i < writers.length; i++) {
                    writers[i] = spool.write(i);
                }
                AtomicLong rows = new AtomicLong();
                long total = source.rows();
                source.read(plan, writers.length, (part, count, buffer) -> {
                    context.checkpoint();
                    writers[part].chunk(count, buffer);
                    context.progress(rows.addAndGet(count), total, "rows checked");
                });
                for (RowSpool.Writer writer : writers) {
                    writer.sync();
                }
            } finally {
                for (RowSpool.Writer writer : writers) {
                    if (writer != null) {
                        writer.close();
                    }
                }
            }
            spool.sync();
            if (plan.staged()) {
                new StagedRows(plan).check(spec, context, to, spool, writers.length);
            }
            return new Read(plan, directory.getFileName().toString(),
                    Stream.of(writers).map(RowSpool.Writer::rows).toList(), source.quarantined());
        } catch (Exception e) {
            spool.delete();
            throw e;
        }
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

    static void removeSpools(RunContext context) throws Exception {
        context.journal().checkToken();
        try (Stream<Path> entries = Files.list(context.workspace())) {
            for (Path entry : entries.filter(path -> path.getFileName().toString().startsWith(DIRECTORY)).toList()) {
                new RowSpool(entry).delete();
            }
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
