package dev.godwit.activities.tables.copy;

import com.google.auto.service.AutoService;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.ReadablePostgres;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.activities.resource.WritablePostgres;
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
import java.util.Optional;

/**
 * Copies the schemas of a PostgreSQL database, or the tables of one of SQLite, to a PostgreSQL database: all tables under one snapshot, exactly once however often it
 * is retried, several at a time; then their indexes, several at a time, their constraints, and their foreign keys, which
 * the server checks.
 *
 * <pre>{@code
 * - name: move_parking
 *   uses: copy.database
 *   with:
 *     from: v1_db
 *     to: new_db
 *     exclude: [public.audit_*]
 *     jobs: 4
 * }</pre>
 *
 * <p>Copied are schemas, enums, domains, composite types, sequences with where they stand, tables with all that
 * {@code copy.table} copies of one, partitioned tables with their partitions, views and materialized views. Not copied are
 * functions, triggers, rules, policies, extensions, foreign tables, comments, owners and grants; what of these there is, and
 * a view that the target refuses, stands in {@code left_out} and in the preview. Make what the tables need of it (functions
 * in defaults, extensions) with an earlier step.
 *
 * <p>The tables of SQLite get the one schema that {@code schemas} names, and under that {@code include} and {@code exclude}
 * know them. As with {@code copy.table}, all rows of all tables are read and checked before the first is written, into the
 * step's workspace, which needs as much room as the rows have; a value that PostgreSQL cannot keep is refused with its table,
 * column, key and reason, and nothing was written. All tables are as of one moment. Keys and plain indexes follow the rows,
 * and foreign keys when all tables are there. Views, triggers and virtual tables stand in {@code left_out}.
 *
 * <p>Tables that the target has already are taken as {@code copy.table} takes them; {@code existing: replace} therefore
 * refuses tables that refer to each other by such foreign keys as {@code copy.table} names ({@code rows-referred}). How it goes on after a crash, and what an
 * undo takes back, is as with {@code copy.table}; all tables end up as one snapshot has them.
 *
 * <p>Errors: those of {@code copy.table}, {@code schema-missing}, and {@code schemas-many} (for tables of SQLite).
 */
@Uses(value = CopyDatabase.USES, kind = StepKind.DATABASE)
@AutoService(StepType.class)
public final class CopyDatabase implements StepType<CopyDatabase.Spec, CopyDatabase.Output> {
    static final String USES = "copy.database";

    /**
     * @param from the database
     * @param to the database that gets it
     * @param schemas which schemas, by their names, which they keep; for tables of SQLite the one that they get
     * @param include which tables, as {@code SCHEMA.TABLE}; {@code *} stands for any characters
     * @param exclude which of these not
     * @param schema who makes the tables: create (this step), check (someone else), or auto (this step where there is none)
     * @param existing what happens with tables that hold rows already: refuse, append or replace
     * @param batch how many rows one transaction writes, about
     * @param jobs how many parts of tables are copied at once
     * @param indexJobs how many indexes are built at once
     * @param rate how many rows a second at most; a {@code throttle} message changes it while the copy runs
     * @param gate what makes the copy wait
     */
    public record Spec(@Of( {
            "postgres", "sqlite"}) Location from, @Of("postgres") Location to,
            @Default("[\"public\"]") List<String> schemas, @Default("[\"*\"]") List<String> include,
            @Default("[]") List<String> exclude, @Default("auto") TargetSchema schema,
            @Default("refuse") ExistingRows existing, @Default("200000") int batch, @Default("2") int jobs,
            @Default("2") int indexJobs, Optional<Long> rate, Optional<LagGate> gate){
        public Spec {
            if (!from.path().isEmpty() || !to.path().isEmpty()) {
                throw new IllegalArgumentException("from and to name databases, without a table; say which schemas with"
                        + " 'schemas' and which tables with 'include'");
            }
            if (batch < 1) {
                throw new IllegalArgumentException("batch must be at least 1");
            }
            if (jobs < 1 || jobs > 12 || indexJobs < 1 || indexJobs > 12) {
                throw new IllegalArgumentException("jobs and index-jobs must be from 1 to 12");
            }
            if (rate.isPresent() && rate.get() < 1) {
                throw new IllegalArgumentException("rate must be at least 1 row a second; leave it out for no limit");
            }
        }

        /** Whether a table is to be copied. */
        boolean wants(TableName table) {
            String name = table.toString();
            return include.stream().anyMatch(pattern -> matches(pattern, name))
                    && exclude.stream().noneMatch(pattern -> matches(pattern, name));
        }

        private static boolean matches(String pattern, String name) {
            StringBuilder expression = new StringBuilder();
            for (String part : pattern.split("\\*", -1)) {
                expression.append(expression.isEmpty() ? "" : ".*").append(java.util.regex.Pattern.quote(part));
            }
            return name.matches(expression.toString());
        }
    }

    /**
     * @param tables how many tables were copied
     * @param made how many of them were made
     * @param rows how many rows they got
     * @param indexes how many indexes were built, those of keys included
     * @param seconds how long the attempt took that ended well
     * @param snapshots under how many snapshots of the source the copy was made; what is in the target is as of the last
     * @param repeated how many rows were copied again because the source had changed since an earlier snapshot
     * @param leftOut what the target has not of what the schemas have; the first of them, and all of them in the evidence
     */
    public record Output(int tables, int made, long rows, int indexes, double seconds, int snapshots, long repeated,
            List<String> leftOut) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> unknown = context.madeBy(spec.from()).or(() -> context.madeBy(spec.to()));
        if (unknown.isPresent()) {
            return Preview.<Output>knownAfter(unknown.get()).making(spec.to());
        }
        ReplicationLag.require(spec.gate(), spec.to(), context);
        ReadablePostgres to = context.reading(PostgresKind.class, spec.to());
        if (fromSqlite(spec, context)) {
            return new SqliteDatabaseCopy(spec, context.reading(SqliteKind.class, spec.from())).preview(context, to)
                    .making(spec.to());
        }
        ReadablePostgres from = context.reading(PostgresKind.class, spec.from());
        return new DatabasePreview(spec, context, from, to).find().making(spec.to());
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        ReplicationLag.require(spec.gate(), spec.to(), context);
        WritablePostgres to = context.writing(PostgresKind.class, spec.to());
        if (fromSqlite(spec, context)) {
            return new SqliteDatabaseCopy(spec, context.reading(SqliteKind.class, spec.from())).run(context, to);
        }
        ReadablePostgres from = context.reading(PostgresKind.class, spec.from());
        return new DatabaseCopy(spec, context, from, to).run();
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        new PostgresTarget(context, context.writing(PostgresKind.class, spec.to())).undo();
        SpooledCopy.removeSpools(context);
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        new PostgresTarget(context, context.writing(PostgresKind.class, spec.to())).forget();
        SpooledCopy.removeSpools(context);
    }

    private static boolean fromSqlite(Spec spec, PreviewContext context) {
        return context.kindOf(spec.from()).equals("sqlite");
    }
}
