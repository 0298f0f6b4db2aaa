package dev.godwit.activities.resource;

import dev.godwit.activities.database.TableName;
import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

/** A PostgreSQL database, and a table in it if the location names one. The table need not exist. */
public interface ReadablePostgres {
    /** How the plan names it. */
    Location location();

    /** How people know it: the address without user, password and parameters. */
    String address();

    /**
     * A session that cannot write. Closing gives it back for the next call; what is still open when the step ends is closed
     * then. Several threads may have one each, up to {@value PostgresDatabase#MOST_SESSIONS}.
     *
     * @throws StepFailure if the database cannot be reached
     */
    Connection open() throws SQLException;

    /**
     * What programs of PostgreSQL such as {@code pg_dump} read from their environment to reach this database:
     * {@code PGHOST}, {@code PGPASSWORD} and so on. For that environment only, and never for arguments, logs or messages.
     */
    Map<String, String> environment();

    /**
     * The table.
     *
     * @throws StepFailure if the location names none
     */
    default TableName table() {
        if (location().path().isEmpty()) {
            throw StepFailure.user("table-missing",
                    location() + " names a database where a table is wanted; write " + location() + ":TABLE");
        }
        return TableName.parse(location().path());
    }
}
