package dev.godwit.activities.tables.verify;

import dev.godwit.activities.database.PostgresFailures;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.SqliteFailures;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.activities.tables.verify.Layout.Which;
import dev.godwit.plan.Location;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.sqlite.SQLiteException;

/**
 * One comparison of two tables, each under one snapshot: first the sums of hashes by bucket, then the rows of those buckets
 * that are not the same.
 */
final class TableComparison {
    /** About as many rows as a server hashes in a fraction of a second. */
    private static final long ROWS_IN_PART = 500_000;

    private final VerifyTable.Spec spec;
    private final PreviewContext context;

    /** What is different, and how many rows were expected. */
    record Result(Layout layout, long compared, Differences differences, Optional<RepairList> repairs)
            implements
                AutoCloseable {
        @Override
        public void close() throws IOException {
            if (repairs.isPresent()) {
                repairs.get().close();
            }
        }
    }

    TableComparison(VerifyTable.Spec spec, PreviewContext context) {
        this.spec = spec;
        this.context = context;
    }

    /**
     * @param rate how many rows a second may be read at the beginning, if not as many as can be
     * @param before what an earlier attempt came to
     * @param save is told how far this one came
     * @param lines gets all differences, a JSON line each
     * @param toRepair whether the result has the rows to repair, and how these are written
     */
    Result run(Pace pace, Optional<Long> rate, ScanState before, Consumer<BucketScan> save, OutputStream lines,
            Optional<RepairForm> toRepair)
            throws Exception {
        try (TableSide expected = open(spec.expected(), Which.EXPECTED);
                TableSide actual = open(spec.actual(), Which.ACTUAL)) {
            Layout layout = Layout.of(spec, expected, actual);
            BucketScan scan = new BucketScan(layout, List.of(expected, actual),
                    rate.map(rows -> Math.clamp(rows, 1, ROWS_IN_PART)).orElse(ROWS_IN_PART), before, context);
            scan.run(spec.threads(), pace, save);
            Optional<RepairList> repairs = toRepair.isPresent()
                    ? Optional.of(new RepairList(Files.createTempFile(context.scratch(), "repairs", ".jsonl")))
                    : Optional.empty();
            Differences differences = new Differences(layout, lines,
                    repairs.map(list -> new Differences.Repairs(list, toRepair.orElseThrow())));
            BitSet buckets = scan.sums(0).differing(scan.sums(1));
            if (!buckets.isEmpty()) {
                Optional<BitSet> wanted = buckets.cardinality() == scan.buckets()
                        ? Optional.empty()
                        : Optional.of(buckets);
                try (TableSide.Rows ours = expected.rows(layout, wanted, scan.buckets());
                        TableSide.Rows theirs = actual.rows(layout, wanted, scan.buckets())) {
                    boolean across = expected.getClass() != actual.getClass();
                    new RowComparison(layout, differences, row -> across ? actual.read(layout, row) : row,
                            row -> across ? expected.read(layout, row) : row, context::checkpoint)
                            .compare(ours, theirs);
                }
            }
            return new Result(layout, scan.sums(0).rows(), differences, repairs);
        } catch (SQLException e) {
            if (e instanceof SQLiteException) {
                throw SqliteFailures.translate(VerifyTable.USES, context.scratch(), e);
            }
            throw PostgresFailures.translate(VerifyTable.USES + ": " + spec.expected() + " and " + spec.actual(), e);
        }
    }

    private TableSide open(Location location, Which which) throws Exception {
        String kind = context.kindOf(location);
        return switch (kind) {
            case "postgres" -> new PostgresSide(context.reading(PostgresKind.class, location), which, context);
            case "sqlite" -> new SqliteSide(context.reading(SqliteKind.class, location), which, context);
            default -> throw StepFailure.user("kind-unsupported",
                    VerifyTable.USES + ": " + location + " is of kind " + kind + ", which it cannot compare");
        };
    }
}
