package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.SQLException;

/** A PostgreSQL database that a run may write. */
public interface WritablePostgres extends ReadablePostgres {
    /**
     * A session that can write, like {@link #open}.
     *
     * @throws StepFailure if the database cannot be reached
     */
    Connection openForWriting() throws SQLException;

    /**
     * Another database of the same server, with the same login; it need not exist before a session is asked for. It is
     * closed with this one.
     */
    WritablePostgres sibling(String database);
}
