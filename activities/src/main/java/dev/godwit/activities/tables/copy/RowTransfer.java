package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.LongStatement;
import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.database.PostgresJournal;
import dev.godwit.activities.database.PostgresSessions;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.activities.throttle.Throttle;
import dev.godwit.step.RunContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Copies the rows of tables from one PostgreSQL to another, by ranges of pages, several at once, all of one snapshot. A range
 * and its place in the source commit in one transaction.
 *
 * <p>Pages mean the same only as long as the snapshot lasts. An attempt that comes after it was lost takes a new one, and
 * goes on from those ranges of which it proves that the new snapshot sees in them what the old one saw
 * ({@link RangeProof}); the rows of the others are removed and copied again. So the target ends up as one snapshot, the
 * last, has the source.
 */
final class RowTransfer {
    private static final String RANGE = "range ";
    private static final String SNAPSHOT = "snapshot ";
    private static final String LOADED = "rows";

    private final RunContext context;
    private final ReadablePostgres from;
    private final WritablePostgres to;
    private final PostgresTarget target;
    private final Throttle throttle;
    private final int batch;
    private final int workers;
    private final Together together = new Together();
    private final PageCounter pages = new PageCounter();
    private final AtomicLong copied = new AtomicLong();

    /**
     * What came of it.
     *
     * @param rows how many rows the target got
     * @param snapshots how many snapshots of the source were taken
     * @param repeated how many rows were copied again
     */
    record Result(long rows, int snapshots, long repeated) {}

    /**
     * A snapshot, as the target remembers it.
     *
     * @param origin where and when it was taken
     * @param heaps what the pieces of the tables were then, by their object identifiers
     * @param repeated how many rows were removed from the target before copying from it
     */
    record Taken(SourceSnapshot.Origin origin, Map<String, String> heaps, long repeated) {}

    /**
     * @param batch how many rows one transaction writes, about
     * @param workers how many ranges are copied at once
     */
    RowTransfer(RunContext context, ReadablePostgres from, WritablePostgres to, PostgresTarget target,
            Throttle throttle, int batch, int workers) {
        this.context = context;
        this.from = from;
        this.to = to;
        this.target = target;
        this.throttle = throttle;
        this.batch = batch;
        this.workers = workers;
    }

    /** Copies all rows of some tables that are not in the target yet. */
    Result run(List<TableTransfer> tables) throws Exception {
        PostgresJournal journal = target.journal();
        try (Connection connection = to.openForWriting()) {
            Optional<Result> before = journal.cursor(connection, LOADED, Result.class);
            if (before.isPresent()) {
                return before.get();
            }
        }
        try (Connection reader = from.open()) {
            PostgresSessions.endEarlier(reader);
        }
        List<TableName> locked = tables.stream()
                .filter(table -> table.source().isLockable())
                .map(table -> table.source().name())
                .toList();
        try (SourceSnapshot snapshot = SourceSnapshot.take(from, locked)) {
            int number = plan(snapshot, tables);
            context.progress(copied.get(), copied.get() + pages.rowsLeft(), "rows");
            List<Together.Work> pieces = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                pieces.add(() -> work(snapshot, number));
            }
            together.run(workers, pieces);
        }
        return finish();
    }

    /** Takes over what earlier attempts copied, and finds what is left. */
    private int plan(SourceSnapshot snapshot, List<TableTransfer> tables) throws Exception {
        PostgresJournal journal = target.journal();
        try (Connection writer = to.openForWriting(); Connection reader = snapshot.open()) {
            Map<TableTransfer, List<SourceHeap>> heaps = new HashMap<>();
            for (TableTransfer table : tables) {
                heaps.put(table, SourceHeap.of(reader, table.source(), table.tree()));
            }
            reader.rollback();
            Map<String, Taken> taken = journal.cursors(writer, SNAPSHOT, Taken.class);
            int number = taken.size() + 1;
            Map<String, PageRange> done = journal.cursors(writer, RANGE, PageRange.class);
            List<SourceHeap> all = heaps.values().stream().flatMap(List::stream).toList();
            RangeProof proof = new RangeProof(context, snapshot, together, all);
            proof.judge(done, taken, workers);
            remember(writer, snapshot, number, all, done, proof.changed());
            for (String changed : proof.changed()) {
                done.remove(changed);
            }
            Map<Long, List<PageRange>> byHeap = done.values()
                    .stream()
                    .collect(Collectors.groupingBy(PageRange::heap));
            heaps.forEach((table, pieces) -> pieces
                    .forEach(heap -> pages.add(table, heap, byHeap.getOrDefault(heap.oid(), List.of()))));
            pages.sort();
            copied.set(done.values().stream().mapToLong(PageRange::rows).sum());
            return number;
        }
    }

    /** Removes the rows of ranges that have changed, in the transaction that remembers the new snapshot. */
    private void remember(Connection writer, SourceSnapshot snapshot, int number, List<SourceHeap> heaps,
            Map<String, PageRange> done, List<String> changed) throws Exception {
        long repeated = 0;
        writer.setAutoCommit(false);
        try {
            Map<String, List<String>> transactions = new HashMap<>();
            for (String name : changed) {
                PageRange range = done.get(name);
                repeated += range.rows();
                transactions.computeIfAbsent(tableOf(name), table -> new ArrayList<>()).add(range.transaction());
            }
            for (Map.Entry<String, List<String>> table : transactions.entrySet()) {
                new LongStatement(to, context).run(writer, () -> {
                    PostgresTarget.removeRows(writer, TableName.parse(table.getKey()), table.getValue());
                    return null;
                });
            }
            target.journal().remove(writer, changed);
            target.journal()
                    .advance(writer, SNAPSHOT + number,
                            new Taken(snapshot.origin(), heaps.stream()
                                    .collect(Collectors.toMap(heap -> Long.toString(heap.oid()), SourceHeap::identity)),
                                    repeated));
            writer.commit();
            writer.setAutoCommit(true);
        } catch (Exception | Error e) {
            writer.abort(Runnable::run);
            throw e;
        }
    }

    private void work(SourceSnapshot snapshot, int number) throws Exception {
        Together.Session reading = together.session(snapshot.open());
        Together.Session writing = together.session(to.openForWriting());
        Connection reader = reading.connection();
        Connection writer = writing.connection();
        try (reading; writing) {
            writer.setAutoCommit(false);
            RowPipe pipe = new RowPipe(context, reader, writer);
            for (Optional<PageCounter.Gap> gap = next(); gap.isPresent(); gap = next()) {
                copy(gap.get(), pipe, writer, number);
            }
            reader.rollback();
            writer.setAutoCommit(true);
            reading.done();
            writing.done();
        }
    }

    private Optional<PageCounter.Gap> next() throws Exception {
        context.checkpoint();
        throttle.pass(0); // A gate that is closed holds up the first rows, too.
        return pages.next(throttle.portion(batch));
    }

    private void copy(PageCounter.Gap gap, RowPipe pipe, Connection writer, int number) throws Exception {
        TableTransfer table = gap.transfer();
        long rows;
        try {
            rows = pipe.copy(table.read(gap.heap(), gap.from(), gap.to()), table.write());
        } catch (SQLException e) {
            context.journal().checkToken();
            throw PostgresFailures.translate(gap.heap().name() + " to " + table.target(), e);
        }
        String transaction = target.journal().rememberTransaction(writer);
        target.journal()
                .advance(writer, rangeName(table, gap),
                        new PageRange(gap.heap().oid(), gap.from(), gap.to(), rows, transaction, number));
        writer.commit();
        context.advanced();
        long sum = copied.addAndGet(rows);
        context.progress(sum, sum + pages.rowsLeft(), "rows");
        throttle.pass(rows);
    }

    private Result finish() throws SQLException {
        PostgresJournal journal = target.journal();
        try (Connection connection = to.openForWriting()) {
            Map<String, Taken> taken = journal.cursors(connection, SNAPSHOT, Taken.class);
            Result result = new Result(copied.get(), taken.size(),
                    taken.values().stream().mapToLong(Taken::repeated).sum());
            journal.advance(connection, LOADED, result);
            return result;
        }
    }

    private static String rangeName(TableTransfer table, PageCounter.Gap gap) {
        return RANGE + gap.heap().oid() + " " + gap.from() + " " + table.target().sql();
    }

    private static String tableOf(String rangeName) {
        return rangeName.split(" ", 4)[3];
    }
}
