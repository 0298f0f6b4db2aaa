package dev.godwit.activities.tables;

import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.SqliteKind;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;
import dev.godwit.step.StepFailure;

/** How a table gets from one kind of resource to another: the verbs of {@link CopyTable} for a pair of kinds. */
interface TableCopy {
    Preview<CopyTable.Output> preview(CopyTable.Spec spec, PreviewContext context) throws Exception;

    CopyTable.Output run(CopyTable.Spec spec, RunContext context) throws Exception;

    void undo(CopyTable.Spec spec, RunContext context) throws Exception;

    void forget(CopyTable.Spec spec, RunContext context) throws Exception;

    /** The one for the kinds that a spec names. */
    static TableCopy of(CopyTable.Spec spec, PreviewContext context) {
        String from = context.kindOf(spec.from());
        String to = context.kindOf(spec.to());
        return switch (from + " to " + to) {
            case "postgres to postgres" -> new PostgresToPostgres();
            case "sqlite to postgres" -> new SpooledToPostgres((copied, reading) -> SqliteRowSource.open(copied,
                    reading.reading(SqliteKind.class, copied.from())));
            case "postgres to sqlite" -> new SpooledToSqlite((copied, reading) -> PostgresRowSource.open(copied,
                    reading.reading(PostgresKind.class, copied.from())));
            case "directory to postgres" -> new SpooledToPostgres(CsvRowSource::open);
            case "directory to sqlite" -> new SpooledToSqlite(CsvRowSource::open);
            default -> throw StepFailure.user("pair-unsupported", CopyTable.USES + ": cannot copy from " + spec.from()
                    + " (" + from + ") to " + spec.to() + " (" + to
                    + "); it copies sqlite, directory (CSV) and postgres"
                    + " to postgres, and postgres and directory (CSV) to sqlite");
        };
    }
}
