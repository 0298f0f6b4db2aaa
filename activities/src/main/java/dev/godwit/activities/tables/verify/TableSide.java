package dev.godwit.activities.tables.verify;

import dev.godwit.plan.Location;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** One of two tables to compare, as it is under one snapshot of its database. */
interface TableSide extends AutoCloseable {
    Location location();

    List<SideColumn> columns();

    /** The columns of the primary key; empty if there is none. */
    List<String> primaryKey();

    /** Whether names of columns are the same whatever their capitals. */
    boolean foldsNames();

    /** About how many rows there are. */
    long estimatedRows();

    /** What the parts of an earlier attempt were parts of; with another text they are of no use. */
    String identity();

    /**
     * Cuts the table into parts.
     *
     * @param rows about how many a part may have
     * @return how large parts are, in a measure of the table's own
     */
    long partSize(long rows);

    /** How many parts of a size there are. */
    int parts(long partSize);

    /** Adds the hashes of the rows of a part to their buckets. Several threads may do so at a time. */
    void scan(Layout layout, long partSize, int part, BucketSums into) throws Exception;

    /**
     * The rows of some buckets, ordered by the hash of their key (of all columns where there is no key).
     *
     * @param buckets absent for all rows
     * @param count how many buckets there are
     */
    Rows rows(Layout layout, Optional<BitSet> buckets, int count) throws Exception;

    /**
     * Reads values of a row of the other table as this one's types do, where only its database can do that, and where they
     * are of these types.
     */
    ComparedRow read(Layout layout, ComparedRow row) throws SQLException;

    @Override
    void close() throws SQLException;

    /** Rows, read one after the other. */
    interface Rows extends AutoCloseable {
        /** The next row; absent at the end. */
        Optional<ComparedRow> next() throws Exception;

        @Override
        void close() throws SQLException;
    }
}
