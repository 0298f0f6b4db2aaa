package dev.godwit.activities.database;

import dev.godwit.plan.Location;
import dev.godwit.step.Default;
import dev.godwit.step.Of;
import dev.godwit.step.PreviewContext;
import java.time.Duration;

/**
 * Rows that a step goes by.
 *
 * @param from the database
 * @param query in SQL; each row it gives is an object by column
 * @param within how long the whole answer may take
 */
public record RowSource(@Of( {
        "postgres", "sqlite"}) Location from, String query, @Default("10m") Duration within){

    /** Visits the rows; the database cannot be changed by it. */
    public void each(String uses, PreviewContext context, SqlQuery.Visitor visitor) throws Exception {
        new SqlQuery(uses, from, context).each(query, within, visitor);
    }
}
