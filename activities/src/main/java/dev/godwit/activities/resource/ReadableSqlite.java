package dev.godwit.activities.resource;

import dev.godwit.plan.Location;
import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** An SQLite database, and a table in it if the location names one. Neither need exist. */
public interface ReadableSqlite {
    /** The database file. */
    Path file();

    /** How the plan names it. */
    Location location();

    /**
     * Opens a private copy of the database as it is now, and leaves not a trace beside the database. The copy is gone when
     * the step ends.
     *
     * @throws StepFailure if there is no database, or the file is none
     */
    Connection open() throws IOException, SQLException;

    /** Whether the database file exists. */
    default boolean exists() {
        return Files.exists(file());
    }

    /**
     * The table.
     *
     * @throws StepFailure if the location names none
     */
    default String table() {
        if (location().path().isEmpty()) {
            throw StepFailure.user("table-missing",
                    location() + " names a database where a table is wanted; write " + location() + ":TABLE");
        }
        return location().path();
    }
}
