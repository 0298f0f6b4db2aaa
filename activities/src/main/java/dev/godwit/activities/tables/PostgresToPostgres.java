package dev.godwit.activities.tables;

import dev.godwit.activities.resource.PostgresKind;
import dev.godwit.activities.resource.WritablePostgres;
import dev.godwit.step.Preview;
import dev.godwit.step.PreviewContext;
import dev.godwit.step.RunContext;

/** Copies rows between two PostgreSQL databases as the servers write and read them, without looking into them. */
final class PostgresToPostgres implements TableCopy {
    @Override
    public Preview<CopyTable.Output> preview(CopyTable.Spec spec, PreviewContext context) throws Exception {
        return Preview.withoutOutput();
    }

    @Override
    public CopyTable.Output run(CopyTable.Spec spec, RunContext context) throws Exception {
        throw new UnsupportedOperationException();
    }

    @Override
    public void undo(CopyTable.Spec spec, RunContext context) throws Exception {
        WritablePostgres to = context.writing(PostgresKind.class, spec.to());
        new PostgresTarget(context, to).undo();
    }

    @Override
    public void forget(CopyTable.Spec spec, RunContext context) throws Exception {
        WritablePostgres to = context.writing(PostgresKind.class, spec.to());
        new PostgresTarget(context, to).forget();
    }
}
