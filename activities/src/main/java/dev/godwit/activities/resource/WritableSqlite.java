package dev.godwit.activities.resource;

import dev.godwit.step.StepFailure;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;

/** An SQLite database that a run may write. */
public interface WritableSqlite extends ReadableSqlite {
    /**
     * Opens the database itself, and makes it if it does not exist.
     *
     * @throws StepFailure if the file is not a database
     */
    Connection openForWriting() throws IOException, SQLException;
}
