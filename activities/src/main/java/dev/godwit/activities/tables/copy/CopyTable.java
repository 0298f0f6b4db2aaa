package dev.godwit.activities.tables.copy;

import com.google.auto.service.AutoService;
import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepKind;
import dev.godwit.step.StepType;
import dev.godwit.step.Uses;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Copies a table from one database to another, exactly once however often it is retried: the rows of a batch and the place
 * in the source commit in one transaction. The page {@code docs/reference/type-mapping.md}
 * says which types of one database stand for those of another.
 *
 * <p>Between two PostgreSQL databases rows go as the servers write and read them. All other copies read and check every row
 * before they write the first, into the step's workspace, which needs as much room as the rows have. A value that the target
 * cannot keep as it is, or a line of CSV that is no row, is refused with its column, its key or line and the reason, and
 * nothing was written; {@code csv: {bad-rows: quarantine}} leaves such lines out and keeps them in the evidence. A table that
 * is made gets primary key, unique and plain indexes, defaults, foreign keys and sequences as far as the other side can have
 * the same; {@code left_out} names the rest.
 *
 * <pre>{@code
 * - name: move_detections
 *   uses: copy.table
 *   with:
 *     from: v1_db:public.detections
 *     to: new_db:public.detections
 *     partitions: 4
 *     gate: {replication-lag: 5s}
 * }</pre>
 *
 * <p>A table that is made between two PostgreSQL databases has the columns of the source with their types, nulls,
 * defaults, identity and generated columns; keys, indexes, checks and foreign keys, the latter
 * added and checked by the database after the rows, indexes several at once; and sequences that go on behind the values of
 * the source. Its triggers, rules and policies stay behind, and so does a foreign key to a table that the target has not:
 * {@code left_out} names them. A table that is there must take every value exactly, which its types decide before anything
 * is written; only its rows and sequences are changed. Names of tables, functions, types and roles in columns of
 * {@code regclass} and its like must be known to the target. Generated columns are not copied: the target computes them.
 *
 * <p>From PostgreSQL to PostgreSQL (the source from version 14 on for batches, before that a table is one batch), rows travel
 * as the servers hold them, in parts of the table's pages, several at a time, all of one snapshot; a key is not needed. When
 * the snapshot is lost, with its worker or its server, the next attempt takes a new one. It keeps those parts of which it
 * proves that the new snapshot has in them what the old one had, and copies the others again; after a crash of the source's
 * server, and from a standby, nothing can be proved, and all are copied again. So the target always ends up as one snapshot
 * has the source. What is written to the source after that is found by {@code verify.table}, which can repair it.
 *
 * <p>Undo drops the table that the step made. From a table that was there it removes the rows that it wrote, puts back those
 * that it replaced, and sets sequences back that nobody has moved since. Rows that others wrote or changed meanwhile stay in
 * a table that was there, and are set aside as a CSV file from one that is dropped, as are those of partitions that others
 * added to it. Until the run is finalized the schema {@code godwit} in the target's database holds what is needed for that.
 * A database file of SQLite is put back as it was, byte by byte; if others wrote into it meanwhile, it is set aside as they
 * left it.
 *
 * <p>Rows of other tables in PostgreSQL that refer to rows which {@code existing: replace}, an undo or a part that is copied
 * again would delete, by a foreign key that says {@code ON DELETE CASCADE}, {@code SET NULL} or {@code SET DEFAULT}, would
 * go or change with them. That is refused before anything is deleted ({@code rows-referred}): drop such a foreign key and
 * make it again afterwards, or take those rows away first.
 *
 * <p>Errors: {@code table-missing}, {@code table-exists}, {@code table-not-empty}, {@code rows-referred}, {@code same-table},
 * {@code column-missing}, {@code columns-differ}, {@code type-missing}, {@code types-differ} (a type of the same name is
 * another one in the target), {@code value-unfit}, {@code gate-unsupported}, {@code rows-lost} (a trigger or
 * rule of the target left rows out), {@code permission-denied} (also where a policy would hide rows),
 * {@code constraint-violated}, {@code database-busy}, {@code database-unreachable}, {@code connection-lost},
 * {@code disk-full}; with SQLite and CSV also {@code column-type}, {@code type-mixed}, {@code types-missing},
 * {@code types-unsupported}, {@code name-too-long}, {@code file-missing}, {@code csv-empty}, {@code csv-header} and
 * {@code row-bad}.
 */
@Uses(value = CopyTable.USES, kind = StepKind.DATABASE)
@AutoService(StepType.class)
public final class CopyTable implements StepType<CopyTable.Spec, CopyTable.Output> {
    static final String USES = "copy.table";

    /**
     * @param from the table, as {@code DATABASE:TABLE}; or a CSV file, as {@code DIRECTORY:items.csv}
     * @param to the table, as {@code DATABASE:TABLE}
     * @param columns which columns are copied; by default all
     * @param types types for columns of a table that is made, by column, where the usual mapping is not wanted; for CSV, which
     *     has none, all of them
     * @param schema who makes the target table: create (this step), check (someone else), or auto (this step if there is none)
     * @param existing what happens if the target table holds rows already: refuse, append or replace
     * @param batch how many rows one transaction writes, about
     * @param partitions how many parts are copied at once
     * @param rate how many rows a second at most; a {@code throttle} message changes it while the copy runs
     * @param gate what makes the copy wait, into PostgreSQL
     * @param csv how the CSV file is written
     */
    public record Spec(@Of( {
            "postgres", "sqlite", "directory"}) Location from,
            @Of({"postgres", "sqlite"}) Location to, @Default("[]") List<String> columns,
            @Default("{}") Map<String, String> types, @Default("auto") TargetSchema schema,
            @Default("refuse") ExistingRows existing, @Default("200000") int batch, @Default("2") int partitions,
            Optional<Long> rate, Optional<LagGate> gate, Optional<CsvFormat> csv){
        public Spec {
            if (batch < 1) {
                throw new IllegalArgumentException("batch must be at least 1");
            }
            if (partitions < 1 || partitions > 16) {
                throw new IllegalArgumentException("partitions must be from 1 to 16");
            }
            if (rate.isPresent() && rate.get() < 1) {
                throw new IllegalArgumentException("rate must be at least 1 row a second; leave it out for no limit");
            }
        }
    }

    /**
     * @param rows how many rows were copied
     * @param made whether the table was made
     * @param seconds how long the attempt took that ended well
     * @param snapshots under how many snapshots of the source the copy was made; what is in the target is as of the last
     * @param repeated how many rows were copied again because the source had changed since an earlier snapshot
     * @param leftOut what the source table has and the one that was made has not: triggers, rules, policies, and foreign
     *     keys that lead to tables which are not in the target
     * @param quarantined how many lines of a CSV file were left out; they are in the evidence
     */
    public record Output(long rows, boolean made, double seconds, int snapshots, long repeated, List<String> leftOut,
            long quarantined) {
        Output(long rows, boolean made, double seconds, int snapshots, long repeated, List<String> leftOut) {
            this(rows, made, seconds, snapshots, repeated, leftOut, 0);
        }
    }

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> unknown = context.madeBy(spec.from()).or(() -> context.madeBy(spec.to()));
        if (unknown.isPresent()) {
            return Preview.<Output>knownAfter(unknown.get()).making(spec.to());
        }
        ReplicationLag.require(spec.gate(), spec.to(), context);
        return TableCopy.of(spec, context).preview(spec, context).making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        ReplicationLag.require(spec.gate(), spec.to(), context);
        return TableCopy.of(spec, context).run(spec, context);
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Optional<TableCopy> copy = TableCopy.find(spec, context);
        if (copy.isPresent()) {
            copy.get().undo(spec, context);
        }
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        Optional<TableCopy> copy = TableCopy.find(spec, context);
        if (copy.isPresent()) {
            copy.get().forget(spec, context);
        }
    }
}
