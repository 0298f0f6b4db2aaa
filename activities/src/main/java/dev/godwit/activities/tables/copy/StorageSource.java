package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.SqliteTable;
import dev.godwit.activities.tables.values.ValueCodec;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;

/** Where rows come from that Godwit writes into SQLite. */
interface StorageSource extends AutoCloseable {
    /**
     * Decides what is copied.
     *
     * @param found the target table, if it is there
     */
    StoragePlan storagePlan(Optional<SqliteTable> found) throws Exception;

    /**
     * Reads and checks all rows, and hands them on in the form of a binary COPY in which every value is as
     * {@link ValueCodec#stored} reads it.
     */
    void readStored(StoragePlan plan, RowEncoder.Chunks chunks) throws Exception;

    /** How many rows were left out because they cannot be copied; known when all are read. */
    default long quarantined() {
        return 0;
    }

    @Override
    void close() throws SQLException, IOException;
}
