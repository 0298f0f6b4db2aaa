package dev.godwit.activities.tables.copy;

import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Copies rows that Godwit itself encodes: all are read and checked before the first is written ({@link RowSpool}), then
 * written in batches.
 *
 * @param <R> what was read
 */
abstract class SpooledCopy<R extends Record & SpooledCopy.Read> implements TableCopy {
    static final String READ = "rows-read";
    static final String DIRECTORY = "rows-";

    private final Class<R> type;

    /** What was read, as the journal has it. */
    interface Read {
        /** The spool's name in the workspace. */
        String directory();

        long rows();

        /** How many rows were left out. */
        long quarantined();

        /** What of the source's definition a table that is made will not have. */
        List<String> leftOut();
    }

    /** An open source, and what was decided by looking at both sides. */
    interface Reading extends AutoCloseable {
        /** How many rows there are, about; 0 if nobody knows. */
        long total() throws SQLException;

        /** Reads and checks all rows. */
        void rows(int parts, RowSource.Sink sink) throws Exception;

        /** What the copy would do, with so many rows; for people. */
        List<String> changes(long rows);

        /** What the copy would answer, with so many rows. */
        CopyTable.Output output(long rows);

        @Override
        void close() throws SQLException, IOException;
    }

    SpooledCopy(Class<R> type) {
        this.type = type;
    }

    /** Opens the source and decides; in a run as in a preview. */
    abstract Reading open(CopyTable.Spec spec, PreviewContext context) throws Exception;

    /** How many files the spool has. */
    abstract int parts(CopyTable.Spec spec);

    /** What was read, once all is on disk. */
    abstract R read(CopyTable.Spec spec, RunContext context, Reading reading, RowSpool spool, String directory,
            List<Long> parts) throws Exception;

    /** Writes what was read, and answers whether the table was made. */
    abstract boolean load(CopyTable.Spec spec, RunContext context, R read, RowSpool spool) throws Exception;

    abstract StepFailure failure(CopyTable.Spec spec, PreviewContext context, SQLException thrown) throws Exception;

    @Override
    public final Preview<CopyTable.Output> preview(CopyTable.Spec spec, PreviewContext context) throws Exception {
        try (Reading reading = open(spec, context)) {
            AtomicLong rows = new AtomicLong();
            long total = reading.total();
            reading.rows(1, (part, count, buffer) -> {
                context.checkpoint();
                context.progress(rows.addAndGet(count), total, "rows checked");
            });
            Preview<CopyTable.Output> preview = Preview.of(reading.output(rows.get()));
            for (String change : reading.changes(rows.get())) {
                preview = preview.change(change);
            }
            return preview;
        } catch (SQLException e) {
            throw failure(spec, context, e);
        }
    }

    @Override
    public final CopyTable.Output run(CopyTable.Spec spec, RunContext context) throws Exception {
        long began = System.nanoTime();
        try {
            Optional<R> kept = context.journal().read(READ, type);
            R read = kept.isPresent() ? kept.get() : spooled(spec, context);
            if (kept.isEmpty()) {
                context.journal().write(READ, read);
            }
            RowSpool spool = new RowSpool(context.workspace().resolve(read.directory()));
            boolean made = load(spec, context, read, spool);
            spool.delete();
            double seconds = (System.nanoTime() - began) / 1_000_000 / 1000.0;
            return new CopyTable.Output(read.rows(), made, seconds, 1, 0, made ? read.leftOut() : List.of(),
                    read.quarantined());
        } catch (SQLException e) {
            context.journal().checkToken();
            throw failure(spec, context, e);
        }
    }

    private R spooled(CopyTable.Spec spec, RunContext context) throws Exception {
        removeSpools(context);
        // An earlier attempt that is still at work must not write into the same files.
        Path directory = Files.createDirectory(context.workspace().resolve(DIRECTORY + context.token()));
        RowSpool spool = new RowSpool(directory);
        try (Reading reading = open(spec, context)) {
            AtomicLong rows = new AtomicLong();
            long total = reading.total();
            int count = parts(spec);
            List<Long> parts = spool.fill(count, sink -> reading.rows(count, (part, some, buffer) -> {
                context.checkpoint();
                sink.take(part, some, buffer);
                context.progress(rows.addAndGet(some), total, "rows checked");
            }));
            return read(spec, context, reading, spool, directory.getFileName().toString(), parts);
        } catch (Exception e) {
            spool.delete();
            throw e;
        }
    }

    /** What was read, if all was. */
    final Optional<R> read(RunContext context) {
        return context.journal().read(READ, type);
    }

    static void removeSpools(RunContext context) throws Exception {
        context.journal().checkToken();
        try (Stream<Path> entries = Files.list(context.workspace())) {
            for (Path entry : entries.filter(path -> path.getFileName().toString().startsWith(DIRECTORY)).toList()) {
                new RowSpool(entry).delete();
            }
        }
    }
}
