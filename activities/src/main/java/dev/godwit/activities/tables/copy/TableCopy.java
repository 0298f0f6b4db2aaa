package dev.godwit.activities.tables.copy;

import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;
import java.util.Optional;

/** How a table gets from one kind of resource to another: the verbs of {@link CopyTable} for a pair of kinds. */
interface TableCopy {
    Preview<CopyTable.Output> preview(CopyTable.Spec spec, PreviewContext context) throws Exception;

    CopyTable.Output run(CopyTable.Spec spec, RunContext context) throws Exception;

    void undo(CopyTable.Spec spec, RunContext context) throws Exception;

    void forget(CopyTable.Spec spec, RunContext context) throws Exception;

    /**
     * The one for the kinds that a spec names.
     *
     * @throws StepFailure if there is none for them
     */
    static TableCopy of(CopyTable.Spec spec, PreviewContext context) {
        return find(spec, context).orElseThrow(() -> StepFailure.user("pair-unsupported", CopyTable.USES
                + ": cannot copy from " + spec.from() + " (" + context.kindOf(spec.from()) + ") to " + spec.to() + " ("
                + context.kindOf(spec.to()) + "); it copies sqlite, directory (CSV) and postgres"
                + " to postgres, and postgres and directory (CSV) to sqlite"));
    }

    /** The one for the kinds that a spec names; where there is none, nothing was ever copied. */
    static Optional<TableCopy> find(CopyTable.Spec spec, PreviewContext context) {
        return switch (context.kindOf(spec.from()) + " to " + context.kindOf(spec.to())) {
            case "postgres to postgres" -> Optional.of(new PostgresToPostgres());
            case "sqlite to postgres" -> Optional.of(new SpooledToPostgres((copied, reading) -> SqliteRowSource
                    .open(copied, reading.reading(SqliteKind.class, copied.from()))));
            case "postgres to sqlite" -> Optional.of(new SpooledToSqlite((copied, reading) -> PostgresRowSource
                    .open(copied, reading.reading(PostgresKind.class, copied.from()))));
            case "directory to postgres" -> Optional.of(new SpooledToPostgres(CsvRowSource::open));
            case "directory to sqlite" -> Optional.of(new SpooledToSqlite(CsvRowSource::open));
            default -> Optional.empty();
        };
    }
}
