package dev.godwit.activities.tables.copy;

import dev.godwit.activities.database.PostgresTable;
import dev.godwit.activities.database.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A piece of a table that is read by ranges of its pages: the table itself, or one of its partitions.
 *
 * @param name the piece as SQL writes it
 * @param oid its object identifier
 * @param pages how many there are; absent if it is read as a whole, as a view must be
 * @param rowsPerPage about how many rows a page has
 * @param identity changes when its rows move without being written, and when its columns change
 */
record SourceHeap(String name, long oid, Optional<Long> pages, double rowsPerPage, String identity) {

    /** From this version on the server reads some pages of a table without reading the others. */
    private static final int READS_RANGES = 14;
    /** Of a table about which the server knows nothing yet. */
    private static final double UNKNOWN_ROWS_PER_PAGE = 60;

    /**
     * The pieces of a table as a snapshot sees it; pages are counted after the snapshot was taken, so they hold all its rows.
     *
     * @param tree whether the rows of its partitions and of tables that inherit from it belong to it
     */
    static List<SourceHeap> of(Connection connection, PostgresTable table, boolean tree) throws SQLException {
        List<SourceHeap> heaps = new ArrayList<>();
        boolean ranges = connection.getMetaData().getDatabaseMajorVersion() >= READS_RANGES;
        try (PreparedStatement statement = connection.prepareStatement("WITH RECURSIVE tree AS ("
                + " SELECT ?::oid AS oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid"
                + " WHERE ?) SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples, c.relpages,"
                + " pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages,"
                + " concat_ws('/', pg_relation_filenode(c.oid), (SELECT md5(string_agg(concat_ws(':', a.attnum, a.attname,"
                + " a.atttypid, a.atttypmod), ',' ORDER BY a.attnum)) FROM pg_attribute a WHERE a.attrelid = c.oid"
                + " AND a.attnum > 0)) AS identity"
                + " FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace"
                + " WHERE c.relkind IN ('r', 'm', 'v', 'f') ORDER BY pages DESC, c.oid")) {
            statement.setLong(1, table.oid());
            statement.setBoolean(2, tree);
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    boolean byPage = ranges && "rm".contains(found.getString("relkind"));
                    double rows = found.getDouble("reltuples");
                    double pages = found.getDouble("relpages");
                    heaps.add(new SourceHeap(
                            new TableName(Optional.of(found.getString("nspname")), found.getString("relname")).sql(),
                            found.getLong("oid"), byPage ? Optional.of(found.getLong("pages")) : Optional.empty(),
                            rows > 0 && pages > 0 ? rows / pages : UNKNOWN_ROWS_PER_PAGE,
                            found.getString("identity")));
                }
            }
        }
        return heaps;
    }
}
