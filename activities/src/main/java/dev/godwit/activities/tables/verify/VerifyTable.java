package dev.godwit.activities.tables.verify;

import com.google.auto.service.AutoService;
import dev.godwit.activities.throttle.Throttle;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.io.OutputStream;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Compares two tables, row by row and value by value, and names each row that is missing, more, or different.
 *
 * <pre>{@code
 * - name: same_detections
 *   uses: verify.table
 *   with:
 *     expected: v1_db:public.detections
 *     actual: new_db:public.detections
 *     ignore: [updated_at]
 * }</pre>
 *
 * <p>Each table is read once, both at the same time and each under one snapshot; a server computes the hashes of its rows
 * itself and adds them up by the hash of the key. Only where these sums differ are rows read and compared. Rows are found by
 * the primary key or by {@code key}; in tables without one a row must stand there as often as on the other side. The order of
 * rows and of columns does not matter. Memory stays flat.
 *
 * <p>What is the same: between columns of one type, what the type writes, to the last digit: {@code -0.0} is not
 * {@code 0.0}, one {@code NaN} is the other; a {@code numeric} without a scale knows {@code 1.0} from {@code 1.00}; null is
 * no empty text; trailing spaces count but in {@code char(n)}; a {@code timestamptz} is a moment whatever the zone; a
 * {@code json} is its text. Numbers of different types are compared by value, {@code json} with {@code jsonb} by what
 * {@code jsonb} keeps, texts of different types by their characters. Other types that differ are refused.
 *
 * <p>All differences are in the evidence ({@code differences.jsonl}), a line each. After a crash the parts that were read
 * are not read again; what is different is as the last attempt saw it.
 *
 * <p>With {@code repair: true} exactly the rows that differ are inserted, replaced and deleted in the actual table, in
 * batches, and the tables are compared again, until nothing is left to do or {@code passes} are over: that is how a copy
 * ends whose source was written to meanwhile. Undo in PostgreSQL puts back the rows that were replaced and deleted, and
 * deletes those that were inserted; a row that others have changed since is set aside first. Neither a repair nor its undo
 * deletes a row with which rows of other tables would go or change, by a foreign key that says {@code ON DELETE CASCADE},
 * {@code SET NULL} or {@code SET DEFAULT}: take those away first (or repair their table first), or drop the foreign key
 * meanwhile. Undo in SQLite puts the database
 * back byte by byte from a copy that is kept before the first write; if others wrote to it too, it is first set aside as they
 * left it. The schema {@code godwit}, or the table {@code godwit_journal}, in the database belongs to Godwit and goes with
 * the undo, or when the run is finalized.
 *
 * <p>Errors: {@code tables-differ}, {@code columns-differ} (a column has no counterpart, or one of another type),
 * {@code column-missing}, {@code key-ignored}, {@code key-not-unique} and {@code key-wanted} (what cannot be repaired),
 * {@code rows-referred}, {@code value-unfit},
 * {@code constraint-violated}, {@code table-missing}, {@code database-unreachable}.
 */
@Uses(value = VerifyTable.USES, kind = StepKind.DATABASE)
@AutoService(StepType.class)
public final class VerifyTable implements StepType<VerifyTable.Spec, VerifyTable.Output> {
    static final String USES = "verify.table";
    private static final String SCAN = "scan";
    private static final long SAVE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** What it means that the actual table holds rows with keys that the expected one has not. */
    public enum Extra {
        /** It is a difference. */
        FAIL,
        /** They are counted and named, and are no difference. */
        REPORT
    }

    /**
     * @param expected the table as it must be, as {@code DATABASE:TABLE}
     * @param actual the table as it is
     * @param key the columns that name a row; by default the primary key
     * @param columns which columns of the expected table are compared; by default all, and each table's must have a
     *     counterpart
     * @param ignore which columns are not compared
     * @param renamed columns of the expected table that have another name in the actual one, by name
     * @param extra what more rows in the actual table mean: fail or report
     * @param fail whether the step fails on a difference; if not, its output says so
     * @param repair whether rows of the actual table are written and deleted until the two are the same; it must have a
     *     key
     * @param passes how often at most that is done; a table that others write to meanwhile needs more than one
     * @param threads how many parts of each table are read at a time
     * @param rate how many rows a second at most, both tables together; a {@code throttle} message changes it meanwhile
     */
    public record Spec(@Of( {
            "postgres", "sqlite"}) Location expected,
            @Of({"postgres", "sqlite"}) Location actual,
            @Default("[]") List<String> key, @Default("[]") List<String> columns, @Default("[]") List<String> ignore,
            @Default("{}") Map<String, String> renamed, @Default("fail") Extra extra, @Default("true") boolean fail,
            @Default("false") boolean repair, @Default("5") int passes, @Default("2") int threads, Optional<Long> rate){
        public Spec {
            Set<String> both = new LinkedHashSet<>(columns);
            both.retainAll(ignore);
            if (!both.isEmpty()) {
                throw new IllegalArgumentException("'columns' and 'ignore' both name " + String.join(", ", both));
            }
            if (passes < 1) {
                throw new IllegalArgumentException("passes must be at least 1");
            }
            if (threads < 1 || threads > 16) {
                throw new IllegalArgumentException("threads must be from 1 to 16");
            }
            if (rate.isPresent() && rate.get() < 1) {
                throw new IllegalArgumentException("rate must be at least 1 row a second; leave it out for no limit");
            }
        }
    }

    /**
     * @param compared how many rows the expected table has
     * @param missing how many of them have a key that the actual table lacks
     * @param different how many are there with other values
     * @param extra how many rows of the actual table have a key that the expected one lacks
     * @param equal whether there is no difference, or none is left
     * @param written how many rows of the actual table were inserted or replaced by a repair
     * @param deleted how many were deleted
     * @param examples the first 10 differences; what a repair ended is in the evidence only
     */
    public record Output(long compared, long missing, long different, long extra, boolean equal, long written,
            long deleted, List<Difference> examples) {}

    /**
     * A row that is not the same on both sides.
     *
     * @param what missing, different or extra
     * @param key its key, or all of it where there is none
     * @param fields how its columns differ, the first few
     */
    public record Difference(String what, String key, List<String> fields) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> unknown = context.madeBy(spec.actual()).or(() -> context.madeBy(spec.expected()));
        if (unknown.isPresent()) {
            Preview<Output> preview = Preview.knownAfter(unknown.get());
            return spec.repair() ? preview.making(spec.actual()) : preview;
        }
        Output output;
        try (TableComparison.Result result = new TableComparison(spec, context).run(Pace.UNLIMITED, spec.rate(),
                ScanState.NONE, scan -> {}, OutputStream.nullOutputStream(), Optional.empty())) {
            output = output(spec, result, RepairCursor.START);
        }
        if (!spec.repair() || output.equal()) {
            return Preview.of(accepted(spec, output));
        }
        return Preview.<Output>withoutOutput()
                .making(spec.actual())
                .change("insert " + output.missing() + " rows into " + spec.actual() + " and replace "
                        + output.different())
                .change("delete " + (spec.extra() == Extra.FAIL ? output.extra() : 0) + " rows of " + spec.actual());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        Throttle throttle = Throttle.of(context, "rows", spec.rate());
        Optional<Repair> repair = spec.repair()
                ? Optional.of(Repair.of(USES, spec.actual(), context))
                : Optional.empty();
        RepairCursor repaired = repair.isPresent() ? repair.get().begin() : RepairCursor.START;
        Output output = null;
        for (int pass = 1; output == null
                || repair.isPresent() && !output.equal() && pass <= spec.passes() + 1; pass++) {
            boolean repairs = repair.isPresent() && pass <= spec.passes();
            try (TableComparison.Result result = compare(spec, context, throttle, pass, repairs)) {
                output = output(spec, result, repaired);
                if (repairs && !output.equal()) {
                    repaired = repair.get()
                            .apply(result.layout().keyNames(Layout.Which.ACTUAL), result.repairs().orElseThrow(),
                                    spec.extra() == Extra.REPORT, Repair.Proof.NONE, throttle::pass);
                }
            }
        }
        context.evidence().json("comparison", output);
        return accepted(spec, output);
    }

    private static TableComparison.Result compare(Spec spec, RunContext context, Throttle throttle, int pass,
            boolean toRepair) throws Exception {
        Optional<Long> rate = context.throttle().isPresent()
                ? Optional.of(context.throttle().getAsLong())
                : spec.rate();
        ScanState before = context.journal().read(SCAN, ScanState.class).orElse(ScanState.NONE);
        TableComparison.Result result;
        try (OutputStream lines = context.evidence()
                .open(pass == 1 ? "differences.jsonl" : "differences-" + pass + ".jsonl")) {
            result = new TableComparison(spec, context).run(throttle::pass, rate, before, saving(context), lines,
                    toRepair ? Optional.of(form(spec, context)) : Optional.empty());
        }
        // Asked again, it looks again.
        context.journal().write(SCAN, ScanState.NONE);
        return result;
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        if (spec.repair()) {
            Repair.of(USES, spec.actual(), context).undo();
        }
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        if (spec.repair()) {
            Repair.of(USES, spec.actual(), context).forget();
        }
    }

    private static RepairForm form(Spec spec, RunContext context) {
        return context.kindOf(spec.actual()).equals("sqlite") ? RepairForm.SQLITE : RepairForm.POSTGRES;
    }

    private static Consumer<BucketScan> saving(RunContext context) {
        long[] last = {System.nanoTime()};
        return scan -> {
            if (System.nanoTime() - last[0] > SAVE_NANOS) {
                context.journal().write(SCAN, scan.state());
                context.advanced();
                last[0] = System.nanoTime();
            }
        };
    }

    private static Output output(Spec spec, TableComparison.Result result, RepairCursor repaired) {
        Differences found = result.differences();
        boolean equal = found.missing() == 0 && found.different() == 0
                && (found.extra() == 0 || spec.extra() == Extra.REPORT);
        return new Output(result.compared(), found.missing(), found.different(), found.extra(), equal,
                repaired.written(), repaired.deleted(), found.examples());
    }

    private static Output accepted(Spec spec, Output output) {
        if (output.equal() || !spec.fail()) {
            return output;
        }
        Difference first = output.examples().get(0);
        throw StepFailure.integrity("tables-differ", USES + ": of " + output.compared() + " rows in " + spec.expected()
                + ", " + output.missing() + " are missing and " + output.different() + " differ in " + spec.actual()
                + ", which has " + output.extra() + " more; the first: " + first.what() + " " + first.key()
                + (first.fields().isEmpty() ? "" : " (" + String.join(", ", first.fields()) + ")")
                + "; all are in the evidence, differences.jsonl");
    }
}
