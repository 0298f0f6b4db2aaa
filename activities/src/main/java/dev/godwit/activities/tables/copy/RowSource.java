package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import dev.godwit.activities.tables.values.CopyBuffer;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Predicate;

/** Where rows come from that Godwit encodes for PostgreSQL. */
interface RowSource extends AutoCloseable {
    /**
     * Decides what is copied, and how.
     *
     * @param name the target table
     * @param found the target table, if it is there
     * @param inTarget whether a table of a name is in the target's schema
     */
    LoadPlan plan(TableName name, Optional<PostgresTable> found, Predicate<String> inTarget) throws Exception;

    /** How many rows there are, about; for progress only. */
    long rows() throws SQLException;

    /**
     * Reads, checks and encodes all rows.
     *
     * @param parts into how many parts; a source that cannot be divided fills only the first
     * @param sink takes the chunks; called by a thread of its own for each part
     */
    void read(LoadPlan plan, int parts, Sink sink) throws Exception;

    /** Takes chunks of encoded rows. */
    @FunctionalInterface
    interface Sink {
        void take(int part, int rows, CopyBuffer buffer) throws Exception;
    }

    /** How many rows were left out because they cannot be copied; known when all are read. */
    default long quarantined() {
        return 0;
    }

    @Override
    void close() throws SQLException, IOException;
}
