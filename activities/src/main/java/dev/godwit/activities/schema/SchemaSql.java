package dev.godwit.activities.schema;

import com.google.auto.service.AutoService;
import dev.godwit.activities.resource.DirectoryKind;
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
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Changes the schema of a PostgreSQL or SQLite database with SQL, all of it or nothing, and once however often it is
 * retried: the statements and the note that they were applied commit in one transaction.
 *
 * <pre>{@code
 * - name: plates_column
 *   uses: schema.sql
 *   with:
 *     to: v2_db
 *     up: {sql: 'ALTER TABLE detections ADD COLUMN country TEXT; CREATE INDEX by_country ON detections (country)'}
 * }</pre>
 *
 * <p>A preview applies the statements in a transaction and rolls it back: on PostgreSQL in the database itself, where it
 * holds their locks for that moment and waits for them no longer than {@code lock-timeout}; on SQLite in a private copy.
 *
 * <p>What cannot run in a transaction, such as {@code CREATE INDEX CONCURRENTLY}, needs {@code transaction: false}, on
 * PostgreSQL only. Then each statement is on its own and noted when it is done, a preview only reads the script, and after
 * a crash the statement under way is run once more: write it so that twice equals once ({@code IF NOT EXISTS}). An
 * invalid index, which an interrupted {@code CREATE INDEX CONCURRENTLY} leaves, is dropped before that.
 *
 * <p>Undo on PostgreSQL runs {@code down} in the same way, if {@code up} was applied; what others wrote into a column or
 * table that it drops is lost, so mark such a step as the pivot. Where nothing need be taken back, write
 * {@code down: {sql: ''}}. On SQLite it puts the database back byte by byte from a copy that is kept before the change; if
 * others wrote to it since, it is first set aside as they left it.
 *
 * <p>Errors: {@code sql-failed}, {@code constraint-violated} and others name the script, the line and the statement at fault.
 * {@code database-busy}, which is worth a retry, means that a lock was not to be had within {@code lock-timeout};
 * {@code sql-unreadable}, {@code transaction-statement} (the script itself begins or ends one), {@code down-missing}.
 */
@Uses(value = SchemaSql.USES, kind = StepKind.DATABASE)
@AutoService(StepType.class)
public final class SchemaSql implements StepType<SchemaSql.Spec, SchemaSql.Output> {
    static final String USES = "schema.sql";
    static final String UP = "up";
    static final String DOWN = "down";
    private static final int SHOWN = 20;
    private static final long LARGEST_SCRIPT = 16 << 20;

    /**
     * @param to the database
     * @param up what changes it
     * @param down what takes that back; PostgreSQL needs it, SQLite does not heed it
     * @param transaction whether all statements commit together
     * @param lockTimeout how long a statement may wait for a lock; while it waits, others wait behind it
     * @param statementTimeout how long a statement may take; any time by default
     */
    public record Spec(@Of( {
            "postgres", "sqlite"}) Location to, Script up, Optional<Script> down,
            @Default("true") boolean transaction, @Default("10s") Duration lockTimeout,
            Optional<Duration> statementTimeout){
        public Spec {
            if (lockTimeout.toMillis() < 1) {
                throw new IllegalArgumentException("lock-timeout must be at least 1ms");
            }
        }
    }

    /**
     * @param sql the statements themselves
     * @param file or a file of them
     */
    public record Script(Optional<String> sql, @Of("directory") Optional<Location> file) {
        public Script {
            if (sql.isPresent() == file.isPresent()) {
                throw new IllegalArgumentException("either sql or file must say what to run");
            }
        }
    }

    /**
     * @param statements how many were applied
     * @param sha256 of the script
     */
    public record Output(int statements, String sha256) {}

    @Override
    public Preview<Output> preview(Spec spec, PreviewContext context) throws Exception {
        Optional<String> maker = spec.up().file().flatMap(context::madeBy);
        if (maker.isPresent()) {
            return Preview.<Output>knownAfter(maker.get()).making(spec.to());
        }
        requireFit(spec, context);
        SqlScript up = read(spec.up(), UP, context);
        if (spec.down().isPresent() && spec.down().get().file().flatMap(context::madeBy).isEmpty()) {
            read(spec.down().get(), DOWN, context);
        }
        Preview<Output> preview = Preview.of(new Output(up.statements().size(), up.sha256())).making(spec.to());
        preview = preview.change("apply " + up.statements().size() + " statements of " + up.name() + " to " + spec.to()
                + "; " + tried(spec, up, context));
        for (SqlStatement statement : up.statements().subList(0, Math.min(SHOWN, up.statements().size()))) {
            preview = preview.change("line " + statement.line() + ": " + statement);
        }
        return up.statements().size() > SHOWN ? preview.change("and more") : preview;
    }

    private static String tried(Spec spec, SqlScript up, PreviewContext context) throws Exception {
        Optional<String> maker = context.madeBy(spec.to());
        if (maker.isPresent()) {
            return "whether they work is known after " + maker.get();
        }
        if (!spec.transaction()) {
            return "they were not tried, since what runs outside of a transaction cannot be rolled back";
        }
        Optional<String> untried = isPostgres(spec, context)
                ? PostgresSchema.attempt(spec, up, context)
                : SqliteSchema.attempt(spec, up, context);
        return untried.map(why -> "they were not tried: " + why)
                .orElse("they work: they were tried, and rolled back");
    }

    @Override
    public Output run(Spec spec, RunContext context) throws Exception {
        requireFit(spec, context);
        if (context.journal().read(UP, Kept.class).isEmpty()) {
            // The files may be others when it is to be taken back, or when a retry goes on.
            Optional<String> down = spec.down().isPresent()
                    ? Optional.of(read(spec.down().get(), DOWN, context).text())
                    : Optional.empty();
            context.journal().write(UP, new Kept(read(spec.up(), UP, context).text(), down));
        }
        SqlScript up = SqlScript.parse(name(spec.up(), UP), context.journal().read(UP, Kept.class).orElseThrow().up());
        if (isPostgres(spec, context)) {
            new PostgresSchema(spec, context).up(up);
        } else {
            SqliteSchema.up(spec, up, context);
        }
        return new Output(up.statements().size(), up.sha256());
    }

    @Override
    public void undo(Spec spec, RunContext context) throws Exception {
        Optional<Kept> kept = context.journal().read(UP, Kept.class);
        if (kept.isEmpty()) {
            return; // It never began.
        }
        if (isPostgres(spec, context)) {
            String down = kept.get().down().orElseThrow();
            new PostgresSchema(spec, context).down(SqlScript.parse(name(spec.down().orElseThrow(), DOWN), down));
        } else {
            SqliteSchema.down(spec, context);
        }
    }

    @Override
    public void forget(Spec spec, RunContext context) throws Exception {
        if (isPostgres(spec, context)) {
            new PostgresSchema(spec, context).forget();
        } else {
            SqliteSchema.forget(spec, context);
        }
    }

    /**
     * The scripts as they were when the step began.
     *
     * @param up what changes the database
     * @param down what takes that back
     */
    private record Kept(String up, Optional<String> down) {}

    private static void requireFit(Spec spec, PreviewContext context) {
        if (isPostgres(spec, context)) {
            if (spec.down().isEmpty()) {
                throw StepFailure.user("down-missing", USES + ": " + spec.to() + " is a PostgreSQL database, so 'down'"
                        + " must say how the change is taken back; where nothing need be, write down: {sql: ''}");
            }
        } else if (!spec.transaction()) {
            throw StepFailure.user("transaction-needed", USES + ": " + spec.to()
                    + " is an SQLite database, where all statements run in one transaction; leave transaction out");
        }
    }

    private static boolean isPostgres(Spec spec, PreviewContext context) {
        return context.kindOf(spec.to()).equals("postgres");
    }

    private static String name(Script script, String role) {
        return script.file().map(Location::toString).orElse(role);
    }

    private static SqlScript read(Script script, String role, PreviewContext context) throws Exception {
        if (script.sql().isPresent()) {
            return SqlScript.parse(role, script.sql().get());
        }
        Path file = context.reading(DirectoryKind.class, script.file().orElseThrow()).path();
        if (Files.size(file) > LARGEST_SCRIPT) {
            throw StepFailure.user("sql-unreadable", USES + ": " + file + " has " + Files.size(file) + " bytes, and "
                    + LARGEST_SCRIPT + " are taken; load data with another step");
        }
        try {
            return SqlScript.parse(name(script, role), Files.readString(file));
        } catch (CharacterCodingException e) {
            throw StepFailure.user("sql-unreadable", USES + ": " + file + " is not UTF-8; convert it").causedBy(e);
        }
    }

    /** What a failure is about. */
    static String subject(SqlScript script, SqlStatement statement, int line) {
        return USES + ": " + script.name() + ", line " + line + " (" + statement + ")";
    }
}
