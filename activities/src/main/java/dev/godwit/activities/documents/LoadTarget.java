package dev.godwit.activities.documents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.godwit.step.StepFailure;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** A table that rows are loaded into, exactly once: each batch commits together with the cursor that stands behind it. */
interface LoadTarget extends AutoCloseable {
    /**
     * A row to be put.
     *
     * @param values by column
     * @param place what names it in errors
     * @param checksum what it adds to a table that the load has made
     * @param encoded its values as they are sent, where the target wants that
     */
    record Row(List<Object> values, String place, Checksum checksum, byte[] encoded) {}

    /**
     * What rows did to the table.
     *
     * @param rows how many they were
     * @param unchanged how many were there before
     * @param replaced how many were there before with other values
     * @param effect what they added to the table
     */
    record Put(long rows, long unchanged, long replaced, Checksum effect) {}

    /** Fences off earlier attempts, makes the table if there is none, and says how far they came. */
    LoadCursor begin() throws SQLException;

    void beginBatch() throws SQLException;

    /** Reads a JSON object as a row; may be called by several threads once the load has begun. */
    Row row(JsonNode object, String place);

    /**
     * Adds rows to a table that the load has made, many at a time.
     *
     * @return a row whose key the table has already, if this can be told now; the batch cannot be committed then
     */
    Optional<Row> append(List<Row> rows) throws SQLException;

    /** Puts rows into a table that was there before. */
    Put put(List<Row> rows) throws SQLException;

    /**
     * Sends what is still on its way.
     *
     * @return a row whose key the table has already; the batch cannot be committed then
     */
    Optional<Row> flush() throws SQLException;

    /** Commits the batch and the cursor, unless a later attempt has begun. */
    void commit(LoadCursor cursor) throws SQLException;

    /** Ends the transaction if there is one. */
    void rollback();

    /** The key of a row as people read it. */
    String keyText(Row row);

    /** That the table held the row's key before. */
    StepFailure exists(Row row);

    @Override
    void close() throws SQLException;
}
